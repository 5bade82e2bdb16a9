"""Consent to loss: by name, in a terminal, from nobody."""

from __future__ import annotations

import os
import pty

import pytest

from tests.e2e.project import NAME as SECOND
from tests.e2e.project import Project, refused
from tests.terminal import typing


@pytest.fixture
def project(baselined: Project) -> Project:
    """A project with one migration, which Prisma has applied, and rows."""
    return baselined


def test_loss_takes_consent(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    says = ("nobody agreed", '"User"."bio"', f"safemigrate apply --confirm {project.url.database}")
    again = f"safemigrate apply --snapshot none --confirm {project.url.database}"
    refused(project, "apply", "--snapshot", "none", "--yes", code=3, says=(says[0], again))
    refused(project, "apply", "--yes", "--no-interactive", code=3, says=says)
    refused(project, "apply", "--confirm", "prod", code=3, says=('--confirm names "prod"', project.url.database))


def test_stdin_that_is_closed(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    before = project.state()
    ended = project.start("apply", closed_stdin=True).end()
    assert ended.code == 3, ended.stderr
    assert "nobody agreed" in ended.stderr
    assert project.state() == before


@pytest.mark.parametrize(("typed", "code"), [("\x03", 130), ("no\n", 3), ("\x04", 3), ("{database}\n", 0)])
def test_answers_at_the_prompt(project: Project, typed: str, code: int) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    before = project.state()
    status, screen = in_terminal(project, typed.format(database=project.url.database), "apply", "--no-generate")
    assert status == code, screen
    assert "This would be lost" in screen
    assert "Traceback" not in screen
    if code:
        assert project.state() == before
    assert project.leftovers() == []


def in_terminal(project: Project, typed: str, *arguments: str) -> tuple[int, str]:
    """Run in a terminal of its own, type once a question stands there; return the exit code and the screen."""
    ours, theirs = pty.openpty()
    running = project.start(*arguments, terminal=theirs)
    os.close(theirs)
    screen = typing(ours, b"to go on: ", typed)
    os.close(ours)
    return running.process.wait(60), screen
