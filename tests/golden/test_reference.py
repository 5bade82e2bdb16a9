"""docs/reference: commands, settings and exit codes, written from the code; and README's words for the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from safemigrate import config, errors
from safemigrate.cli.app import COMMANDS, SNAPSHOT_COMMANDS, application
from safemigrate.cli.exit import ExitCode, of_error, of_result
from safemigrate.cli.shared import SHARED
from safemigrate.model import Result
from tests.golden.pages import DOCS, current

PAGES = DOCS / "reference"
ENDING = "\nWritten from the code: `SAFEMIGRATE_GOLDEN=write pytest tests/golden/test_reference.py`.\n"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer takes these for a terminal's."""
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_the_commands_are_current() -> None:
    parts = ["# Commands\n", "\n`safemigrate COMMAND --help` says the same.\n"]
    for name in (*COMMANDS, *SNAPSHOT_COMMANDS):
        found, context = _command(name)
        own = [each for each in found.params if each.name not in (*SHARED, "help")]
        words = " ".join(found.collect_usage_pieces(context))
        parts.append(f"\n## {name}\n\n    safemigrate {name} {words}\n\n{found.help}\n")
        parts.extend(_table("option", own, context))
    common = [each for each in found.params if each.name in SHARED]
    parts += ["\n## Options of every command\n", *_table("option", common, context)]
    current(PAGES / "commands.md", "".join(parts) + ENDING)


def test_the_settings_are_current() -> None:
    parts = [
        "# Settings\n\n",
        "In `safemigrate.toml`, or `[tool.safemigrate]` in `pyproject.toml`: "
        "the nearest from the project's folder up to the top of its repository.\n"
        "A flag wins over a setting. Paths are from the file's own folder on. An unknown setting is an error.\n\n",
        "| setting | does | value | unless set |\n|---|---|---|---|\n",
    ]
    described = config.described()
    defaults = {each.name: each.default for each in fields(config.Settings)}
    for key, setting in described.items():
        default = defaults[key]
        said = "" if default in (None, ()) else f"`{str(default).lower() if default is False else default}`"
        parts.append(f"| `{key}` | {setting.means} | {setting.must.removeprefix('must be ')} | {said} |\n")
    examples = sorted((setting.example for setting in described.values()), key=lambda example: example.startswith("["))
    parts.append("\nA file that sets everything, with other values than it has by itself:\n\n```toml\n")
    parts += [f"{example}\n" if not example.startswith("[") else f"\n{example}\n" for example in examples]
    parts.append(
        "```\n\nWhat `rules` takes: [the rules](../rules/README.md), and [reading.md](../reading.md#settings).\n"
        "What `pair` takes: [two-schemas.md](../two-schemas.md#the-settings).\n"
        "\n## In the environment\n\n| variable | does |\n|---|---|\n"
        "| `SAFEMIGRATE_DATABASE_URL` | the database to work on; comes before the project's own, after `--url` |\n"
        "| `SAFEMIGRATE_SHADOW_URL` | like `shadow_url`, and comes before it |\n"
        "| `SAFEMIGRATE_POSTGRES_BIN` | the folder of PostgreSQL's programs, or `none` to use none of the machine's |\n"
        "| `NO_COLOR` | no colours |\n"
    )
    current(PAGES / "settings.md", "".join(parts) + ENDING)


@pytest.mark.parametrize(("key", "setting"), config.described().items())
def test_an_example_sets_what_it_is_an_example_of(key: str, setting: config.Setting, tmp_path: Path) -> None:
    assert set(tomllib.loads(setting.example)) == {key}
    (tmp_path / "safemigrate.toml").write_text(setting.example)
    assert getattr(config.load(tmp_path), key) != getattr(config.Settings(), key)


def test_the_exit_codes_are_current() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.SafemigrateError)]
    rows = [
        (
            str(code.value),
            code.meaning,
            ", ".join(f"`{result}`" for result in Result if of_result(result) is code),
            ", ".join(f"`{kind.__name__}`" for kind in kinds if of_error(kind.__new__(kind)) is code),
        )
        for code in ExitCode
    ]
    text = (
        "# Exit codes\n\nThe same for every command.\n\n"
        "| code | means | `outcome` in `--json` | or, where that is `error`, its `kind` |\n|--:|---|---|---|\n"
        + "".join(f"| {' | '.join(row)} |\n" for row in rows)
        + "\n"
        "0 alone lets a pipeline go on. 1 and 3 are for a person to decide, by changing the migration or by agreeing.\n"
        "2 is for whoever keeps the pipeline. After 4 the database is as it was: mend the migration and go again.\n"
        "After 5 wake somebody: [A deploy went wrong](../rollback.md).\n"
    )
    current(PAGES / "exit-codes.md", text + ENDING)


def test_the_readme_names_every_exit_code_and_command() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \| (.+) \|$", readme, flags=re.MULTILINE) == [
        (str(code.value), code.meaning) for code in ExitCode
    ]
    table = readme[readme.index("| command |") : readme.index("\n\n", readme.index("| command |"))]
    for name in (*COMMANDS, *(name.removeprefix("snapshot ") for name in SNAPSHOT_COMMANDS)):
        assert re.search(rf"`(snapshot )?{name}\b", table), name


def _command(name: str) -> tuple[Any, Any]:
    command: Any = get_command(application())
    context = None
    for word in name.split():
        context = command.make_context(word, [], parent=context, resilient_parsing=True)
        command = command.commands[word]
    return command, command.make_context(name, [], parent=context, resilient_parsing=True)


def _table(title: str, parameters: list[Any], context: Any) -> Iterator[str]:
    records = [record for each in parameters if (record := each.get_help_record(context))]
    if records:
        yield f"\n| {title} | |\n|---|---|\n"
    for name, text in records:
        yield f"| `{name.replace('|', chr(92) + '|')}` | {text} |\n"
