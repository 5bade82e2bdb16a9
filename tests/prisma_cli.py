"""The real Prisma CLIs for the tests, installed once into the user's cache.

Prisma's engine comes from npm too: tests/prisma_engine is its WASM build behind the binary's protocol, so that no test
needs binaries.prisma.sh. SAFEMIGRATE_TEST_ENGINE=download takes the binary instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import pytest

VERSIONS = ("5.22.0", "6.19.3", "7.10.0")
_ENGINE = Path(__file__).with_name("prisma_engine")

GENERATOR = 'generator client {\n  provider = "prisma-client-js"\n}\n'
CONFIG = """\
import { defineConfig, env } from 'prisma/config'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: env('DATABASE_URL') },
})
"""


@dataclass(frozen=True)
class PrismaCli:
    """One version of Prisma's CLI. `environment` is what it needs besides the database's URL."""

    version: str
    folder: Path
    environment: dict[str, str]

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def project(self, folder: Path, models: str, provider: str = "postgresql") -> Path:
        """Make a project that asks for DATABASE_URL: prisma/schema.prisma, package.json, and a config for 7."""
        (folder / "prisma").mkdir(parents=True, exist_ok=True)
        url = "" if self.major >= 7 else '  url      = env("DATABASE_URL")\n'
        datasource = f'datasource db {{\n  provider = "{provider}"\n{url}}}\n'
        (folder / "prisma" / "schema.prisma").write_text(f"{GENERATOR}\n{datasource}\n{models}")
        (folder / "package.json").write_text(
            f'{{"private": true, "devDependencies": {{"prisma": "{self.version}"}}}}\n'
        )
        if self.major >= 7:
            (folder / "prisma.config.ts").write_text(CONFIG)
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(self.folder / "node_modules")
        return folder

    def run(self, folder: Path, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
        """Run `prisma ...` in a project; `url` becomes DATABASE_URL."""
        environment = {**os.environ, **self.environment, **({"DATABASE_URL": url} if url else {})}
        return subprocess.run(
            [folder / "node_modules" / ".bin" / "prisma", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )


def npm_installed(name: str, package: dict[str, bytes], *wanted: str) -> Path:
    """Install npm packages once, whichever worker comes first; nothing is run while installing."""
    digest = hashlib.sha256(b"\0".join([*package.values(), *(word.encode() for word in wanted)])).hexdigest()[:12]
    cache = Path(os.environ.get("SAFEMIGRATE_TEST_CACHE") or platformdirs.user_cache_dir("safemigrate-tests"))
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{digest}"
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            for file, content in package.items():
                (part / file).write_bytes(content)
            npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *wanted]
            done = subprocess.run(npm, cwd=part, capture_output=True, text=True)
            if done.returncode:
                pytest.fail(f"{' '.join(npm)}\n{done.stdout}{done.stderr}")
            part.rename(folder)
    return folder


def _engine() -> dict[str, str]:
    if os.environ.get("SAFEMIGRATE_TEST_ENGINE") == "download":
        return {}
    files = {name: (_ENGINE / name).read_bytes() for name in ("package.json", "schema-engine.mjs")}
    folder = npm_installed("engine", files)
    (folder / "schema-engine.mjs").chmod(0o755)
    (folder / "none.node").touch()
    return {
        "PRISMA_SCHEMA_ENGINE_BINARY": str(folder / "schema-engine.mjs"),
        "PRISMA_QUERY_ENGINE_LIBRARY": str(folder / "none.node"),
    }


def _require_node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("CI"):
            pytest.fail("CI must have Node 20 and npm: the tests with the real Prisma would be skipped")
        pytest.skip("needs Node 20 and npm")


def cli(version: str) -> PrismaCli:
    """Install one version, or skip without Node; in CI that is a failure."""
    _require_node()
    folder = npm_installed(f"prisma-{version}", {"package.json": b'{"private": true}'}, f"prisma@{version}")
    return PrismaCli(version, folder, {**_engine(), "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"})


_SCHEMA_ENGINES = {
    "5": "5.22.0-44.605197351a3c8bdd595af2d2a9bc3025bca48ea2",
    "6": "7.1.1-3.c2990dca591cba766e3b7ef5d9e8a84796e47ab7",
}
_VALIDATE = """
const { version, texts } = JSON.parse(require('fs').readFileSync(0))
const engine = require(`engine-${version}`)
console.log(JSON.stringify(texts.map((text) => {
  try { engine.validate(JSON.stringify({ prismaSchema: [['schema.prisma', text]], noColor: true })); return '' }
  catch (error) { return error.message }
})))
"""


def validated(version: str, texts: Sequence[str]) -> list[str]:
    """What `prisma validate` of a major says of each schema, "" for a valid one: the module it calls, started once."""
    _require_node()
    packages = {f"engine-{one}": f"npm:@prisma/prisma-schema-wasm@{exact}" for one, exact in _SCHEMA_ENGINES.items()}
    package = json.dumps({"private": True, "dependencies": packages}).encode()
    folder = npm_installed("schema", {"package.json": package})
    asked = json.dumps({"version": version, "texts": list(texts)})
    said = subprocess.run(
        ["node", "-e", _VALIDATE], cwd=folder, input=asked, capture_output=True, text=True, check=True
    )
    return [str(one) for one in json.loads(said.stdout)]


def only(*versions: str) -> pytest.MarkDecorator:
    """Mark a test for some of the versions."""
    return pytest.mark.parametrize("installed_prisma", versions, indirect=True)


@pytest.fixture(scope="session", params=VERSIONS)
def installed_prisma(request: pytest.FixtureRequest) -> PrismaCli:
    """Each of the three CLIs in turn."""
    return cli(str(request.param))


@pytest.fixture
def prisma(installed_prisma: PrismaCli, monkeypatch: pytest.MonkeyPatch) -> PrismaCli:
    """Each of the three CLIs, ready for safemigrate too: what the CLI needs is in the environment, no URL is."""
    for name in ("DATABASE_URL", "SAFEMIGRATE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in installed_prisma.environment.items():
        monkeypatch.setenv(name, value)
    return installed_prisma
