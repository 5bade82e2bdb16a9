"""The console entry, and the one boundary where errors end."""

from __future__ import annotations

import gc
import re
import signal
import sys
from collections.abc import Sequence
from pkgutil import resolve_name
from types import FrameType
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from safemigrate import __version__
from safemigrate.cli.console import Console
from safemigrate.cli.exit import ExitCode, of_error
from safemigrate.cli.shared import Group, add
from safemigrate.errors import SafemigrateError

# Where each is: its module is imported when it is asked for.
COMMANDS = {
    "init": "init:init",
    "apply": "apply:apply",
    "check": "check:check",
    "rollback": "rollback:rollback",
    "release": "release:release",
    "prove": "prove:prove",
    "status": "status:status",
    "prune": "prune:prune",
    "erase": "erase:erase",
    "doctor": "doctor:doctor",
    "rules": "rules:rules",
    "explain": "rules:explain",
    "demo": "demo:demo",
}
SNAPSHOT_COMMANDS = {
    "snapshot create": "snapshot:create",
    "snapshot list": "snapshot:list_",
    "snapshot verify": "snapshot:verify",
    "snapshot restore": "snapshot:restore",
    "snapshot prune": "snapshot:prune",
}


def application(asked: str = "") -> typer.Typer:
    """The command line, with the one command that is asked for; with all where it is none of them."""
    # Typer's own panels would cost each --help another 0.1 s of imports.
    whole = typer.Typer(cls=Group, rich_markup_mode=None)
    whole.callback(invoke_without_command=True)(_root)
    for name, place in COMMANDS.items():
        if asked == name or asked not in (*COMMANDS, "snapshot"):
            add(whole, name, resolve_name(f"safemigrate.cli.{place}"))
    if asked not in COMMANDS:
        snapshots = typer.Typer(cls=Group, rich_markup_mode=None, help="Backups that are known to restore.")
        for name, place in SNAPSHOT_COMMANDS.items():
            add(snapshots, name, resolve_name(f"safemigrate.cli.{place}"))
        whole.add_typer(snapshots, name="snapshot")
    return whole


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        import platform

        Console().data(f"safemigrate {__version__} (Python {platform.python_version()})")
        raise typer.Exit


def _root(
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
    gc.set_threshold(50_000)  # most of what a command makes it keeps; 7 % of a check went into looking for garbage
    code = main(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing raised leaves here."""
    console = Console()
    try:
        command = get_command(application(*arguments[:1]))
        code = command.main(list(arguments), prog_name="safemigrate", standalone_mode=False)
        return int(code or 0)
    except SafemigrateError as error:
        from safemigrate.report import text

        console.error(text.render_error(error, width=console.width, colour=console.colour(console.stderr)))
        return of_error(error)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        help_ = f"{context.command_path if context else 'safemigrate'} --help"
        return _tell(console, arguments, ExitCode.FAILED, error.format_message(), fix=help_)
    except typer.Abort:
        return _tell(console, arguments, ExitCode.CONSENT, "Nobody answered.")
    except KeyboardInterrupt:
        return _tell(console, arguments, ExitCode.INTERRUPTED, "Interrupted.", fix="safemigrate status")
    except OSError as error:  # a full disk, a folder that may not be written, a program that hangs
        place = f"{error.filename}: " if error.filename else ""
        said, why = f"{place}{error.strerror or error}", _record(error, arguments)
        return _tell(console, arguments, ExitCode.FAILED, said, why, "safemigrate status")
    except Exception as error:
        said, why = f"This is a bug in safemigrate: {type(error).__name__}", _record(error, arguments)
        return _tell(console, arguments, ExitCode.BUG, said, why, "safemigrate status")


def _tell(
    console: Console, arguments: Sequence[str], code: ExitCode, summary: str, why: str = "", fix: str = ""
) -> ExitCode:
    """Say what no command could say itself, as text and, where JSON was asked for, as that."""
    asked = " ".join(arguments)
    if re.search(r"(^| )(--json|--format[ =]json)( |$)", asked):
        from safemigrate.report import json_v1

        command = next((name for name in (*SNAPSHOT_COMMANDS, *COMMANDS) if f"{asked} ".startswith(f"{name} ")), "")
        console.data(json_v1.render_error(command, SafemigrateError(summary, why, (fix,) if fix else ())))
    console.error("\n".join((f"✖ {summary}", *([f"  {why}"] if why else ()), *([f"  → {fix}"] if fix else ()))))
    return code


def _record(error: Exception, arguments: Sequence[str]) -> str:
    from safemigrate.cli import crash

    try:
        return f"What happened is in {crash.record(error, arguments)}"
    except OSError:  # the disk is full here too
        return ""


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one must not stop the cleaning up
    raise KeyboardInterrupt
