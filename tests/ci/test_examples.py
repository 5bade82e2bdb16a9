"""examples/ci/check.sh, as any CI would run it; the schemas of the YAML files are held against them by `make lint`."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from tests.ci.project import DROPS, git, write

SCRIPT = Path(__file__).parents[2] / "examples" / "ci" / "check.sh"


def test_a_shallow_clone_is_checked_against_its_base(project: Path, tmp_path: Path) -> None:
    write(project, "20260102000000_slim_user", DROPS)
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "slim user")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", project.as_uri(), str(clone))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))}
    path = os.pathsep.join((sysconfig.get_path("scripts"), kept["PATH"]))
    done = subprocess.run([SCRIPT, "origin/main", clone], env={**kept, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "20260102000000_slim_user" in (clone / "reports" / "safemigrate.md").read_text()
    assert (clone / "reports" / "safemigrate.xml").stat().st_size
