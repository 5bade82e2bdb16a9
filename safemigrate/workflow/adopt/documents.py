"""The files around a project as `init` would have them: each change on its own, none where nothing is to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

from safemigrate.errors import ProjectError
from safemigrate.prisma.project import Project
from safemigrate.workflow.adopt.changes import Change
from safemigrate.workflow.adopt.surroundings import Surroundings, gate, scripts

# Prisma's CLI as scripts call it.
PRISMA = r"(?:(?:npx|bunx|pnpm(?: exec| dlx)?|yarn(?: run| exec)?|npm exec)(?: --\S*)*\s+)?prisma(?:@[\w.-]+)?"
_PUSH = re.compile(PRISMA + r"\s+db\s+push\b([^&|;]*)")
# Where these run is another machine, or a database that is made for one run: a person must decide.
_ELSEWHERE = re.compile(
    r"(^|:|-)(build|postbuild|heroku|vercel|postinstall|prepare|start|prestart|test|pretest|e2e|ci|reset)"
)

_WORKFLOW = """\
# Reads, rehearses and proves the migrations of a pull request before anybody applies them.
name: safemigrate

on:
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
{defaults}    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # back to where the branch began
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: {install} # schema.prisma is compared with the history by the project's own Prisma
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install safemigrate
      - run: safemigrate check --format github
"""
_INSTALL = {
    "npm": "npm ci",
    "pnpm": "corepack enable && pnpm install --frozen-lockfile",
    "yarn": "corepack enable && yarn install --immutable",
    "bun": "npm install --global bun && bun install --frozen-lockfile",
}


def settings(project: Project, schema: Path | None, major: int) -> Change | None:
    """Settings of the project, where it has none: what differs from the defaults, and no more."""
    path = project.root / "safemigrate.toml"
    own = project.root / "pyproject.toml"
    if path.exists() or (own.is_file() and "[tool.safemigrate" in own.read_text(encoding="utf-8")):
        return None
    lines = ["# Settings of safemigrate; what is not here has its default."]
    if schema:
        shown = schema.relative_to(project.root) if schema.is_relative_to(project.root) else schema
        lines += ["", "# One of several; a flag would have to name it every time.", f'schema = "{shown.as_posix()}"']
    if major:
        lines += [
            "",
            "# The server's major version: migrations are read for it where no server is asked.",
            f"postgres = {major}",
        ]
    return Change(str(path), None, "\n".join(lines) + "\n") if len(lines) > 1 else None


def ignored(project: Project, around: Surroundings) -> Change | None:
    """`.safemigrate/` holds rows of the database: git must not take it."""
    if not around.in_git:
        return None
    places = [folder / ".gitignore" for folder in dict.fromkeys((project.root, around.top))]
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in places if path.is_file()}
    if any(re.search(r"^/?(\*\*/)?\.safemigrate/?\s*$", text, re.MULTILINE) for text in texts.values()):
        return None
    path = next(iter(texts), places[0])
    before = texts.get(path)
    end = "\r\n" if before and "\r\n" in before else "\n"
    head = before if not before or before.endswith("\n") else before + end
    return Change(str(path), before, f"{head or ''}.safemigrate/{end}")


def package_scripts(project: Project) -> tuple[Change | None, list[str]]:
    """Let `db:push` run `safemigrate apply`; every other character of package.json stays.

    Returns in words what is left for a person: scripts that run where the site is built or tested.
    """
    path = project.root / "package.json"
    known, left = scripts(project.root), []
    if not known:
        return None, []
    before = path.read_bytes().decode("utf-8")
    after = before
    for name, command in known.items():
        found = _PUSH.search(command)
        if not found:
            continue
        if _ELSEWHERE.search(name) or "--force-reset" in found[1]:
            left.append(f'package.json: "{name}" runs `prisma db push`, and was left alone: {_why(name, found[1])}')
            continue
        after = _replaced(after, name, command, applied(command, project.major))
    if after == before:
        return None, left
    return Change(str(path), before, after), left


def applied(command: str, major: int) -> str:
    """Return a command with `safemigrate apply` in the place of `prisma db push`."""
    return _PUSH.sub(lambda match: _apply(match, major), command, count=1)


def workflow(project: Project, around: Surroundings) -> Change | None:
    """The gate in GitHub's CI, where no file of CI has it."""
    if not around.on_github or gate(around.top):
        return None
    below = project.root.relative_to(around.top).as_posix()
    defaults = "" if below == "." else f"    defaults:\n      run:\n        working-directory: {json.dumps(below)}\n"
    text = _WORKFLOW.format(defaults=defaults, install=_INSTALL[project.package.manager])
    return Change(str(around.top / ".github" / "workflows" / "safemigrate.yml"), None, text)


def _apply(match: re.Match[str], major: int) -> str:
    """What takes the place of `db push`, which up to 6.x also generates the client unless it is told not to."""
    flags = match[1]
    schema = re.search(r" --schema[ =]\S+", flags)
    of = schema[0] if schema else ""
    generates = 0 < major < 7 and "--skip-generate" not in flags and "prisma generate" not in match.string
    tail = " " if flags.endswith(" ") else ""
    return f"safemigrate apply{of}{f' && prisma generate{of}' if generates else ''}{tail}"


def _why(name: str, flags: str) -> str:
    if "--force-reset" in flags:
        return "it empties a database on purpose"
    return "what runs it needs safemigrate on its machine" if "test" not in name else "it makes a database for a test"


def _replaced(text: str, name: str, command: str, wanted: str) -> str:
    """Change one script in the text of a package.json. Raises ProjectError where the text is not to be found."""
    for plain in (True, False):  # JSON may spell what is not ASCII either way
        key, old = (json.dumps(each, ensure_ascii=not plain) for each in (name, command))
        pattern = re.compile(rf"({re.escape(key)}\s*:\s*){re.escape(old)}")
        if not (found := pattern.search(text)):
            continue
        replaced = text[: found.start()] + found[1] + json.dumps(wanted, ensure_ascii=not plain) + text[found.end() :]
        if json.loads(replaced)["scripts"][name] == wanted:
            return replaced
    raise ProjectError(
        f'the script "{name}" of package.json is written in a way that cannot be changed safely',
        fix=(f"npm pkg set {json.dumps(f'scripts.{name}={wanted}')}", "safemigrate init   # again"),
    )
