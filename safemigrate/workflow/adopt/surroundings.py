"""What stands around a project: where its database lives, where it is deployed, and what still bypasses safemigrate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safemigrate import git
from safemigrate.db.url import DatabaseUrl
from safemigrate.prisma import package
from safemigrate.prisma.project import Project

_HOSTS: Final = (
    (r"\.neon\.(tech|build)$", "Neon"),
    (r"\.vercel-storage\.com$", "Vercel Postgres"),
    (r"\.supabase\.(co|com|net)$", "Supabase"),
    (r"\.(rlwy\.net|railway\.(app|internal))$", "Railway"),
    (r"\.render\.com$|^dpg-", "Render"),
    (r"\.prisma\.io$|\.prisma-data\.net$", "Prisma Postgres"),
    (r"\.rds\.amazonaws\.com(\.cn)?$", "Amazon RDS"),
    (r"\.compute(-\d+)?\.amazonaws\.com$", "Heroku"),
    (r"\.postgres\.database\.azure\.com$", "Azure"),
    (r"\.ondigitalocean\.com$", "DigitalOcean"),
    (r"\.aivencloud\.com$", "Aiven"),
    (r"\.(flycast|fly\.dev|internal)$", "Fly.io"),
    (r"\.tsdb\.cloud\.timescale\.com$", "Timescale"),
    (r"^(localhost|127\..*|::1|/.*|host\.docker\.internal)$", "this machine"),
)
_PLATFORMS: Final = {
    "vercel.json": "Vercel",
    ".vercel": "Vercel",
    "netlify.toml": "Netlify",
    "render.yaml": "Render",
    "railway.json": "Railway",
    "railway.toml": "Railway",
    "fly.toml": "Fly.io",
    "Procfile": "Heroku",
    "Dockerfile": "Docker",
}
# Where commands that run on a deploy, in CI or by hand are written, from the project's folder and the repository's.
_PLACES: Final = (
    *("vercel.json", "netlify.toml", "render.yaml", "railway.json", "railway.toml", "nixpacks.toml", "fly.toml"),
    *("Procfile", "app.json", "Makefile", "Jenkinsfile", "justfile", "Taskfile.yml", "cloudbuild.yaml"),
    *(".gitlab-ci.yml", ".circleci/config.yml", "bitbucket-pipelines.yml", "azure-pipelines.yml", ".travis.yml"),
    *(".github/workflows/*.yml", ".github/workflows/*.yaml", "Dockerfile*", "*.Dockerfile", "docker/*"),
    *("docker-compose*", "compose*.y*ml", "*.sh", "scripts/*", "bin/*"),
)
_LARGEST: Final = 200_000
BYPASS: Final = re.compile(r"\bprisma(?:@[\w.-]+)?[\"',\s]+(db[\"',\s]+push|migrate[\"',\s]+deploy)\b")


@dataclass(frozen=True, slots=True)
class Bypass:
    """A place that changes a database without safemigrate; `where` is a script of package.json, or a line of a file."""

    path: Path
    where: str
    command: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found. `top` is the repository's folder, the project's own outside of one; `origin` is a URL or ""."""

    top: Path
    in_git: bool
    origin: str
    platforms: tuple[str, ...]

    @property
    def on_github(self) -> bool:
        """Whether pull requests are GitHub's."""
        return "github" in self.origin.lower() or (self.top / ".github").is_dir()

    @property
    def on_gitlab(self) -> bool:
        """Whether merge requests are GitLab's."""
        return (self.top / ".gitlab-ci.yml").is_file() or "gitlab" in self.origin.lower()


def look(project: Project) -> Surroundings:
    """Look around a project."""
    state = git.describe(project.root)
    top = state.root if state else project.root
    found = [name for file, name in _PLATFORMS.items() for place in (project.root, top) if (place / file).exists()]
    return Surroundings(top, state is not None, git.origin(top) if state else "", tuple(dict.fromkeys(found)))


def host(url: DatabaseUrl) -> str:
    """Say whose machine a database is on, "" where its name tells nothing."""
    return next((name for pattern, name in _HOSTS if re.search(pattern, url.host.lower())), "")


def scripts(root: Path) -> dict[str, str]:
    """Return the scripts of a package.json."""
    found = (package.manifest(root) or {}).get("scripts") or {}
    return {str(name): str(command) for name, command in found.items()} if isinstance(found, dict) else {}


def bypasses(project: Project, top: Path) -> Iterator[Bypass]:
    """Find what runs `prisma db push` or `prisma migrate deploy`, in scripts first, then in files of deploys and CI."""
    for root in dict.fromkeys((project.root, top)):
        for name, command in scripts(root).items():
            if match := BYPASS.search(command):
                yield Bypass(root / "package.json", name, _words(match))
    seen = set()
    for root in dict.fromkeys((project.root, top)):
        for path in (path for pattern in _PLACES for path in sorted(root.glob(pattern))):
            if path in seen or not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            seen.add(path)
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if not line.lstrip().startswith(("#", "//")) and (match := BYPASS.search(line)):
                    yield Bypass(path, f"line {number}", _words(match))


def gate(top: Path) -> Path | None:
    """Return the file of CI that runs `safemigrate check`."""
    places = (".github/workflows/*.y*ml", ".gitlab-ci.yml", ".circleci/config.yml", "bitbucket-pipelines.yml")
    more = ("azure-pipelines.yml", "Jenkinsfile", ".pre-commit-config.yaml")
    for path in (path for pattern in (*places, *more) for path in sorted(top.glob(pattern))):
        if path.is_file() and "safemigrate" in path.read_text(encoding="utf-8", errors="replace"):
            return path
    return None


def _words(match: re.Match[str]) -> str:
    return "prisma " + " ".join(re.findall(r"\w+", match[1]))
