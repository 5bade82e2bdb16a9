from __future__ import annotations

import json
from pathlib import Path

import pytest

from safemigrate.errors import ProjectError
from safemigrate.prisma import package


def write(root: Path, files: dict[str, str]) -> Path:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "version", "major"),
    [
        (
            {
                "node_modules/prisma/package.json": '{"version": "6.19.3"}',
                "package.json": '{"devDependencies": {"prisma": "5"}}',
            },
            "6.19.3",
            6,
        ),
        ({"package.json": '{"devDependencies": {"prisma": "^5.22.0"}}'}, "5.22.0", 5),
        ({"package.json": '{"dependencies": {"prisma": "~6.1"}}'}, "6.1", 6),
        ({"package.json": '{"dependencies": {"prisma": "7.x"}}'}, "7.x", 7),
        ({"package.json": '{"dependencies": {"@prisma/client": "5.1.0"}}'}, "5.1.0", 5),
        ({"package.json": '{"devDependencies": {"prisma": "8.0.0-rc.19"}}'}, "8.0.0-rc.19", 8),
        ({"package.json": '{"devDependencies": {"prisma": "latest"}}'}, "", 0),
        ({"package.json": '{"devDependencies": {"prisma": ">=5 <7"}}'}, "", 0),
        ({"package.json": '{"devDependencies": {"prisma": "workspace:*"}}'}, "", 0),
        ({}, "", 0),
        (
            {"package-lock.json": '{"packages": {"node_modules/prisma": {"version": "5.22.0"}}}'},
            "5.22.0",
            5,
        ),
        ({"package-lock.json": '{"dependencies": {"prisma": {"version": "4.16.2"}}}'}, "4.16.2", 4),
        ({"pnpm-lock.yaml": "packages:\n\n  prisma@6.1.0:\n    resolution: {}\n"}, "6.1.0", 6),
        ({"pnpm-lock.yaml": "packages:\n\n  /prisma@5.2.0:\n    resolution: {}\n"}, "5.2.0", 5),
        (
            {"pnpm-lock.yaml": "packages:\n\n  /@prisma/client/4.2.0:\n  /prisma/4.2.0:\n    resolution: {}\n"},
            "4.2.0",
            4,
        ),
        ({"yarn.lock": 'prisma@^5.0.0:\n  version "5.22.0"\n  resolved "x"\n'}, "5.22.0", 5),
        ({"yarn.lock": '"prisma@npm:^6.0.0":\n  version: 6.19.3\n  resolution: "x"\n'}, "6.19.3", 6),
        ({"bun.lock": '    "prisma": ["prisma@7.10.0", "", {}],\n'}, "7.10.0", 7),
    ],
)
def test_version(files: dict[str, str], version: str, major: int, tmp_path: Path) -> None:
    found = package.read(write(tmp_path, files))
    assert (found.version, found.major) == (version, major)


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({}, ("npx", "--no-install", "prisma")),
        ({"package-lock.json": "{}"}, ("npx", "--no-install", "prisma")),
        ({"pnpm-lock.yaml": ""}, ("pnpm", "exec", "prisma")),
        ({"yarn.lock": ""}, ("yarn", "prisma")),
        ({"bun.lockb": ""}, ("bunx", "prisma")),
        ({"bun.lock": "", "package.json": '{"packageManager": "pnpm@9.1.0+sha512.x"}'}, ("pnpm", "exec", "prisma")),
    ],
)
def test_command(files: dict[str, str], command: tuple[str, ...], tmp_path: Path) -> None:
    assert package.read(write(tmp_path, files)).command == command


def test_a_workspace_finds_what_the_root_has(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pnpm-lock.yaml": "",
            "node_modules/prisma/package.json": '{"version": "6.19.3"}',
            "node_modules/.bin/prisma": "",
            "packages/db/package.json": "{}",
        },
    )
    found = package.read(tmp_path / "packages" / "db")
    assert (found.manager, found.major, found.install) == ("pnpm", 6, "pnpm install")
    assert found.command == (str(tmp_path / "node_modules/.bin/prisma"),)


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"yarn.lock": ""})
    inner = write(tmp_path / "inner", {"package.json": "{}"})
    assert package.read(inner).manager == "npm"


@pytest.mark.parametrize("text", ["{", "[]", "<<<<<<< HEAD\n{}"])
def test_a_broken_package_json_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"package\.json cannot be read"):
        package.read(write(tmp_path, {"package.json": text}))


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"prisma": "6.0.0"}}), encoding="utf-8-sig")
    assert package.read(tmp_path).major == 6
