"""Options that several commands share, and what they mean beside the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from safemigrate.config import SHADOWS, Settings, duration


class Scope(StrEnum):
    """Whose rows a snapshot holds."""

    SCOPED = "scoped"
    FULL = "full"
    NONE = "none"


class Require(StrEnum):
    """The least that a rollback must be proven to be."""

    EXACT = "exact"
    LOSSY = "lossy"
    ANY = "any"


def _place(value: str | None) -> str | None:
    if value is None or value in SHADOWS or "://" in value:
        return value
    raise typer.BadParameter(f"it is {', '.join(SHADOWS)} or a URL.")


def _url(value: str | None) -> str | None:
    if value is None or "://" in value:
        return value
    raise typer.BadParameter("it is a URL: postgresql://...")


def _seconds(value: float | None) -> float | None:
    if value is None or value > 0:
        return value
    raise typer.BadParameter("it is above 0: PostgreSQL takes 0 for waiting without end.")


def _age(value: str | None) -> str | None:
    if value is None or duration(value):
        return value
    raise typer.BadParameter("it is a number of hours, days or weeks: 12h, 30d, 8w.")


Shadow = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE",
        callback=_place,
        help="Where to rehearse: local, docker, embedded or a URL; the first that is there unless set.",
    ),
]
ShadowUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        callback=_url,
        help="An empty database to rehearse in; SAFEMIGRATE_SHADOW_URL in the environment is safer.",
    ),
]
LockTimeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", callback=_seconds, help="Longest wait for one lock; 3 unless set.")
]
BatchRows = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Rows that go back in one transaction; more go in batches. 50,000 unless set."
    ),
]
Rows = Annotated[int, typer.Option(metavar="N", min=0, help="Rows made for each table that a migration touches.")]
Retries = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Tries after one that did not get its locks; 5 unless set.")
]


Age = Annotated[
    str | None,
    typer.Option("--older-than", metavar="AGE", callback=_age, help="What is older than this: 30d, 8w, 12h."),
]


def shadow_of(
    settings: Settings, shadow: str | None, shadow_url: str | None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The shadow asked for: flags, then SAFEMIGRATE_SHADOW_URL, then settings; None where none says."""
    if shadow and shadow_url and shadow != shadow_url:
        raise typer.BadParameter("--shadow and --shadow-url name two places; give one.")
    named = shadow or shadow_url or environment.get("SAFEMIGRATE_SHADOW_URL")
    return named or settings.shadow_url or settings.shadow
