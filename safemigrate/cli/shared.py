"""The options that every command takes after its name, and the one way in which every command runs."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from safemigrate import config
from safemigrate.cli.console import Console
from safemigrate.cli.exit import ExitCode, of_result
from safemigrate.cli.steps import Steps
from safemigrate.cli.telling import Telling
from safemigrate.errors import ConsentRequired, Interrupted, SafemigrateError, word
from safemigrate.model import Outcome
from safemigrate.model.value import dataclass
from safemigrate.report.formats import Format

if TYPE_CHECKING:
    from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The options of every command; their single definition."""

    project: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the Prisma project.", show_default=False)] = (
        Path()
    )
    schema: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Schema file or folder, where it is not found by itself.")
    ] = None
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Database to work on instead of the project's own. "
            "Others can read arguments: SAFEMIGRATE_DATABASE_URL in the environment is safer.",
        ),
    ] = field(default=None, repr=False)
    no_interactive: Annotated[bool, typer.Option("--no-interactive", help="Never ask.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Answer harmless questions; never consents to loss.")] = False
    confirm: Annotated[
        str | None, typer.Option(metavar="DATABASE", help="Consent to the losses listed, by the database's name.")
    ] = None
    format: Annotated[Format, typer.Option(help="How stdout is written.")] = Format.TEXT
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=PATH", help="Write a report to a file too; repeatable.", show_default=False),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but data and errors.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more: locks, times, progress in full.")] = False


SHARED = tuple(each.name for each in fields(Shared))


class Invocation:
    """One run of one command: what its shared options mean."""

    def __init__(self, shared: Shared, console: Console, steps: Steps) -> None:
        self._shared = shared
        self._console = console
        self.progress = steps

    @functools.cached_property
    def settings(self) -> config.Settings:
        """The project's settings."""
        return config.load(self._shared.project)

    @property
    def request(self) -> Request:
        """What every workflow takes."""
        from safemigrate.workflow.request import Request

        return Request(
            project=self._shared.project.resolve(),
            schema=self._shared.schema or self.settings.schema,
            url=self._shared.url,
            settings=self.settings,
            on_progress=self.progress,
            interactive=self._console.can_ask,
            confirm=self._shared.confirm,
            ask_name=self.ask_name if self._console.can_ask else None,
            consent=self.consent,
            proceed=self.proceed,
            rewrite=self.rewrite,
            show=self.say,
        )

    @property
    def draws(self) -> bool:
        """Whether a report shows the schema before and after."""
        asked = {self._shared.format.value, *(output.partition("=")[0] for output in self._shared.output or ())}
        return self._shared.json or bool(asked & {"json", "html"})

    def say(self, text: str) -> None:
        """Tell the user something between two steps."""
        self.progress.pause()
        self._console.say(text)

    def read_stdin(self) -> bytes:
        """What was piped in."""
        return self._console.read()

    def consent(self, database: str, losses: Sequence[str]) -> bool:
        """Have the loss agreed to by the database's name, from --confirm or typed; False where nobody can be asked.

        Raises ConsentRequired for a --confirm that names another database: that is a mistake, not an answer.
        """
        confirmed = self._shared.confirm
        if confirmed is not None:
            if confirmed != database:
                raise ConsentRequired(
                    f'--confirm names "{confirmed}", but this would change "{database}"',
                    f"Nothing was changed. To agree, look at the losses and give the name {database}.",
                )
            return True
        if not self._console.can_ask:
            return False
        self.progress.pause()
        listed = "".join(f"  ✖ {loss}\n" for loss in losses)
        question = f'This would be lost:\n{listed}\nType the name of the database, "{database}", to go on: '
        return self._console.ask(question) == database

    def proceed(self, question: str) -> bool:
        """Ask a harmless question; --yes answers it, and nobody there to answer means no."""
        if self._shared.yes:
            return True
        if not self._console.can_ask:
            return False
        self.progress.pause()
        return self._console.ask(f"{question} [y/N] ").lower() in ("y", "yes")

    def rewrite(self, difference: str) -> bool:
        """Show how files would be rewritten, and ask; --fix itself is the answer where nobody can be asked."""
        self.say(difference)
        return not self._console.can_ask or self.proceed("Write this?")

    def ask_name(self, default: str) -> str:
        """Ask for the name of a migration."""
        self.progress.pause()
        return self._console.ask(f"Name of the migration [{default}]: ") or default


Command = Callable[Concatenate[Invocation, ...], Outcome]


def add(application: typer.Typer, name: str, function: Command) -> None:
    """Add a command under its full name ("snapshot list"): the function's own options, then the shared ones.

    What runs renders the Outcome and returns its exit code; errors pass through to the boundary in `app`.
    """

    @functools.wraps(function)
    def run(**values: Any) -> ExitCode:
        shared = Shared(**{key: values.pop(key) for key in SHARED})
        return _execute(name, shared, lambda invocation: function(invocation, **values))

    _, *own = inspect.signature(function, eval_str=True).parameters.values()
    parameters = [each.replace(kind=each.KEYWORD_ONLY) for each in (*own, *_common())]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    application.command(name.split()[-1], cls=_GroupedHelp)(run)


@functools.cache
def _common() -> list[inspect.Parameter]:
    hints = get_type_hints(Shared, include_extras=True)
    return [each.replace(annotation=hints[each.name]) for each in inspect.signature(Shared).parameters.values()]


def _execute(name: str, shared: Shared, function: Callable[[Invocation], Outcome]) -> ExitCode:
    console = Console(quiet=shared.quiet, interactive=not shared.no_interactive)
    stdout = Format.JSON if shared.json else shared.format
    telling = Telling(console, name, stdout, shared.output or (), verbose=shared.verbose)
    try:
        telling.prepare()
        with Steps(console, verbose=shared.verbose) as steps:
            try:
                outcome = function(Invocation(shared, console, steps))
            except KeyboardInterrupt as error:
                why = "A transaction that was open is rolled back."
                raise Interrupted("Interrupted", why, ("safemigrate status",)) from error
            except BrokenPipeError as error:  # Typer would take it for our stdout and exit 1, silently
                raise RuntimeError("a pipe or connection broke") from error
    except SafemigrateError as error:
        error.fix = _pasted(error.fix, shared)
        telling.error(error)
        raise
    except Exception as error:
        telling.bug(error)
        raise
    conflicts = tuple(replace(each, choices=_pasted(each.choices, shared)) for each in outcome.conflicts)
    outcome = replace(outcome, next=_pasted(outcome.next, shared), conflicts=conflicts)
    telling.outcome(outcome, quiet=shared.quiet)
    return of_result(outcome.result)


def _pasted(commands: Sequence[str], shared: Shared) -> tuple[str, ...]:
    """The commands with the project, schema and URL of this run: pasted as they are, they mean the same database.

    The URL goes without its password.
    """
    project = "" if shared.project == Path() else str(shared.project)
    flags = [("--project", project), ("--schema", str(shared.schema or ""))]
    if shared.url:
        from safemigrate.db.url import DatabaseUrl

        with contextlib.suppress(SafemigrateError):  # an URL that cannot be read is what the error speaks of
            flags.append(("--url", str(DatabaseUrl.parse(shared.url))))
    given = []
    for command in commands:
        line, *comment = command.split("   #", 1)
        if line.startswith("safemigrate "):
            words = line.split()
            line += "".join(f" {flag} {word(value)}" for flag, value in flags if value and flag not in words)
        given.append("   #".join((line, *comment)))
    return tuple(given)


class _AsItIs:
    """Takes a value that needs no conversion; to find that out Typer 0.29 imports pydantic, a tenth of a second."""

    def __init__(self, parameter: Any) -> None:
        self._convert = parameter.get_runtime_param
        self._type = parameter.type_descriptor.annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        if many and self._type == list[str] and not isinstance(value, str):
            return list(value)
        if isinstance(self._type, type) and isinstance(value, self._type):
            return value
        return self._convert().coerce(value, param=param, ctx=ctx)

    @classmethod
    def for_all(cls, parameters: Sequence[Any]) -> None:
        for parameter in parameters:
            if hasattr(parameter, "get_runtime_param") and hasattr(parameter, "type_descriptor"):
                vars(parameter)["get_runtime_param"] = functools.partial(lambda known: known, cls(parameter))


class Group(TyperGroup):
    """Commands under one name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as Typer does, without converting what needs no conversion."""
        _AsItIs.for_all(self.get_params(ctx))
        return super().parse_args(ctx, args)


class _GroupedHelp(TyperCommand):
    """Help that lists a command's own options before those of every command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _AsItIs.for_all(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Options of every command": []}
        for parameter in self.get_params(ctx):
            argument = parameter.param_type_name == "argument"
            title = "Arguments" if argument else "Options"
            if parameter.name in (*SHARED, "help"):
                title = "Options of every command"
            if record := parameter.get_help_record(ctx):
                groups[title].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
