"""The npm package: what it starts, what passes through it, and that npm, pnpm and Yarn install and run it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest

from safemigrate import __version__
from tests.prisma_cli import npm_installed

pytestmark = pytest.mark.node

PACKAGE = Path(__file__).parents[2] / ".github" / "npm"
LAUNCHER = PACKAGE / "safemigrate.js"
# What it is started in: nothing of ours is on PATH.
BARE = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "SAFEMIGRATE_BIN")}
SAYS_ALL = '#!/bin/sh\necho "$(basename "$0") $*"; cat; exit 3\n'
# sh cannot trap a signal that its parent ignored, as a runner may SIGINT.
WAITS = """\
#!/usr/bin/env node
let times = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {
  times += 1;
  setTimeout(() => { console.log(`${signal} ${times}`); process.exit(130); }, 300);
});
setInterval(() => {}, 1000);
console.log("ready");
"""


def program(folder: Path, name: str, text: str = SAYS_ALL) -> Path:
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with sh's tools and node, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("sh", "cat", "basename", "node"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def waiting(tools: Path, tmp_path: Path) -> dict[str, str]:
    """An environment whose safemigrate waits for a signal, and then says how many came."""
    return {**BARE, "SAFEMIGRATE_BIN": str(program(tmp_path, "safemigrate", WAITS)), "PATH": str(tools)}


def launch(cwd: Path, *folders: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", LAUNCHER, "check", "--base", "origin/main"],
        cwd=cwd,
        input="from stdin\n",
        env={**BARE, "PATH": os.pathsep.join(map(str, folders)), **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("safemigrate", ""), ("uvx", f"safemigrate@{__version__} "), ("pipx", f"run safemigrate=={__version__} ")],
)
def test_what_it_finds_gets_arguments_and_input_and_gives_its_exit_code(
    name: str, arguments: str, tools: Path, tmp_path: Path
) -> None:
    program(tmp_path / "found", name)
    done = launch(tmp_path, tmp_path / "found", tools)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{name} {arguments}check --base origin/main\nfrom stdin\n"


def test_the_order_in_which_it_looks(tools: Path, tmp_path: Path) -> None:
    project, found = tmp_path / "monorepo" / "apps" / "web", tmp_path / "found"
    project.mkdir(parents=True)

    def first_word() -> str:
        return launch(project, found, tools, **chosen).stdout.split()[0]

    chosen: dict[str, str] = {}
    for folder, name in (
        (found, "pipx"),
        (found, "uvx"),
        (found, "safemigrate"),
        (tmp_path / "monorepo" / ".venv" / "bin", "safemigrate"),
        (tmp_path / "active" / "bin", "safemigrate"),
    ):
        program(folder, name, f"#!/bin/sh\necho {folder / name}\n")
        if folder == tmp_path / "active" / "bin":
            chosen["VIRTUAL_ENV"] = str(tmp_path / "active")
        assert first_word() == str(folder / name)
    chosen["SAFEMIGRATE_BIN"] = str(program(tmp_path, "mine", "#!/bin/sh\necho mine\n"))
    assert first_word() == "mine"


def test_it_says_what_to_install_where_there_is_nothing(tools: Path, tmp_path: Path) -> None:
    done = launch(tmp_path, tools)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("✖ safemigrate is not installed here\n")
    assert f"→ pipx install safemigrate=={__version__}\n" in done.stderr


def test_it_never_starts_itself(tools: Path, tmp_path: Path) -> None:
    again = f'#!/bin/sh\nexec node "{LAUNCHER}" "$@"\n'
    program(tmp_path / "node_modules" / ".bin", "safemigrate", again)
    program(tmp_path / "yarns", "safemigrate", again)
    passed_by = (tmp_path / "node_modules" / ".bin", tmp_path / "yarns", tools)
    done = launch(tmp_path, *passed_by)
    assert (done.returncode, done.stdout) == (2, "")
    assert "safemigrate is not installed here" in done.stderr
    program(tmp_path / "found", "safemigrate")
    chosen = str(tmp_path / "yarns" / "safemigrate")
    assert launch(tmp_path, *passed_by, tmp_path / "found", SAFEMIGRATE_BIN=chosen).stdout.startswith(
        "safemigrate check"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_what_it_started(number: signal.Signals, waiting: dict[str, str]) -> None:
    process = subprocess.Popen(["node", LAUNCHER], stdout=subprocess.PIPE, text=True, env=waiting)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=20)[0] == f"{number.name} 1\n"
    assert process.returncode == 130


def test_control_c_at_a_terminal_reaches_it_once(waiting: dict[str, str]) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("node", ["node", str(LAUNCHER)], waiting)
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    try:
        while data := os.read(terminal, 1000):
            said += data
    except OSError:  # Linux's word for the other end being gone
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert b"SIGINT 1\r\n" in said


def test_the_package_has_no_dependencies_no_scripts_and_safemigrates_version() -> None:
    package = json.loads((PACKAGE / "package.json").read_text())
    assert package["version"] == __version__
    assert not package.keys() & {"scripts", "dependencies", "optionalDependencies", "peerDependencies"}


def test_npm_pnpm_and_yarn_install_and_run_it(tmp_path: Path) -> None:
    managers = npm_installed("managers", {}, "pnpm@10", "@yarnpkg/cli-dist@4") / "node_modules" / ".bin"
    environment = {
        **BARE,
        "PATH": os.pathsep.join((str(managers), sysconfig.get_path("scripts"), os.environ["PATH"])),
        "npm_config_update_notifier": "false",
        "YARN_ENABLE_TELEMETRY": "0",
        "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",  # in CI it refuses to write a lockfile
    }

    def run(folder: Path, *command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    packed = json.loads(run(PACKAGE, "npm", "pack", "--json", "--pack-destination", str(tmp_path)))[0]
    assert {file["path"] for file in packed["files"]} == {"README.md", "package.json", "safemigrate.js"}
    archive = f"file:{tmp_path / packed['filename']}"
    for name, install, start in (
        ("npm", ("npm", "install", "--no-audit", "--no-fund"), ("npx", "safemigrate")),
        ("pnpm", ("pnpm", "install", "--offline"), ("pnpm", "safemigrate")),
        ("yarn", ("yarn", "install"), ("yarn", "safemigrate")),
    ):
        project = tmp_path / name
        project.mkdir()
        (project / "package.json").write_text(json.dumps({"devDependencies": {"safemigrate": archive}}))
        if name == "yarn":
            (project / "yarn.lock").touch()  # its sign of where the project begins
        run(project, *install)
        assert f"safemigrate {__version__} (Python" in run(project, *start, "--version")
