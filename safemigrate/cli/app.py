"""The console entry, and the one boundary where errors end."""

from __future__ import annotations

import platform
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from safemigrate import __version__
from safemigrate.cli import apply, crash, demo, doctor, release, rollback, snapshot, status
from safemigrate.cli.console import Console
from safemigrate.cli.exit import ExitCode, of_error
from safemigrate.cli.shared import Command, add
from safemigrate.errors import SafemigrateError

COMMANDS: dict[str, Command] = {
    "apply": apply.apply,
    "rollback": rollback.rollback,
    "release": release.release,
    "status": status.status,
    "doctor": doctor.doctor,
    "demo": demo.demo,
}
SNAPSHOT_COMMANDS: dict[str, Command] = {
    "snapshot create": snapshot.create,
    "snapshot list": snapshot.list_,
    "snapshot verify": snapshot.verify,
    "snapshot restore": snapshot.restore,
}

# Typer's own panels would cost each --help another 0.1 s of imports.
application = typer.Typer(rich_markup_mode=None)
snapshots = typer.Typer(rich_markup_mode=None, help="Backups that are known to restore.")
for name, function in COMMANDS.items():
    add(application, name, function)
for name, function in SNAPSHOT_COMMANDS.items():
    add(snapshots, name, function)
application.add_typer(snapshots, name="snapshot")


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        Console().data(f"safemigrate {__version__} (Python {platform.python_version()})")
        raise typer.Exit


@application.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> ExitCode | None:
    """prisma db push, but you can always get back."""
    if context.invoked_subcommand is not None:
        return None
    Console().error(context.get_help())
    return ExitCode.FAILED


def run() -> NoReturn:
    """Run the command line of this process and exit."""
    for name in ("SIGTERM", "SIGHUP"):  # a cancelled job, a lost terminal: clean up as for Ctrl-C
        if number := getattr(signal, name, None):
            signal.signal(number, _interrupt)
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing raised leaves here."""
    console = Console()
    try:
        code = get_command(application).main(list(arguments), prog_name="safemigrate", standalone_mode=False)
        return int(code or 0)
    except SafemigrateError as error:
        from safemigrate.report import text

        console.error(text.render_error(error, width=console.width, colour=console.colour(console.stderr)))
        return of_error(error)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        console.error(f"✖ {error.format_message()}\n  → {context.command_path if context else 'safemigrate'} --help")
        return ExitCode.FAILED
    except typer.Abort:
        console.error("✖ Nobody answered.")
        return ExitCode.CONSENT
    except KeyboardInterrupt:
        console.error("✖ Interrupted.\n  → safemigrate status")
        return ExitCode.INTERRUPTED
    except OSError as error:  # a full disk, a folder that may not be written, a program that hangs
        place = f"{error.filename}: " if error.filename else ""
        console.error(f"✖ {place}{error.strerror or error}\n{_record(error, arguments)}  → safemigrate status")
        return ExitCode.FAILED
    except Exception as error:
        console.error(
            f"✖ This is a bug in safemigrate: {type(error).__name__}\n{_record(error, arguments)}  → safemigrate status"
        )
        return ExitCode.BUG


def _record(error: Exception, arguments: Sequence[str]) -> str:
    try:
        return f"  What happened is in {crash.record(error, arguments)}\n"
    except OSError:  # the disk is full here too
        return ""


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one must not stop the cleaning up
    raise KeyboardInterrupt
