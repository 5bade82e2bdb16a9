"""`python -m safemigrate`."""

from safemigrate.cli.app import run

run()
