"""A whole history, migration by migration, in several databases at once."""

from safemigrate.model import Verdict

BEGIN = "begin"  # the database that every lane starts as a copy of

# What satisfies --require; a migration that does not run has no verdict, and satisfies `any` alone.
REQUIRED = {
    "exact": frozenset({Verdict.EXACT}),
    "lossy": frozenset({Verdict.EXACT, Verdict.LOSSY}),
    "any": frozenset(Verdict),
}
