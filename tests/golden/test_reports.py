"""Every kind of outcome and error, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from safemigrate import errors
from safemigrate.model import (
    Confirmation,
    Conflict,
    Diagnosis,
    Finding,
    Kept,
    KeptKind,
    KeptOutcome,
    Measured,
    MigrationOutcome,
    Outcome,
    Proof,
    Result,
    Severity,
    SnapshotOutcome,
    Span,
    Trace,
    Verdict,
)
from safemigrate.report import json_v1, text

DATABASE = "postgresql://app@db.example:5432/shop"
CHECKSUM = "ab" * 32

FINDINGS = (
    Finding(
        "index-not-concurrent",
        Severity.WARNING,
        'building "Post_author_idx" blocks writes to "Post" (4,300 rows) until it is done',
        "20260105120000_slim_user",
        Span(120, 180, 7, 1, 7, 61),
        '"Post"',
        "CREATE INDEX CONCURRENTLY, in a migration of its own",
    ),
    Finding(
        "required-column-without-default",
        Severity.ERROR,
        "is required and has no default: the statement fails on 4,300 rows",
        "20260105120000_slim_user",
        Span(60, 118, 5, 1, 6, 20),
        '"User"."role"',
        "add it nullable, fill it, then set it NOT NULL",
        4300,
    ),
    Finding(
        "drop-column",
        Severity.ERROR,
        '"User"."bio" holds 12,431 values; kept for rollback',
        "20260105120000_slim_user",
        Span(0, 40, 3, 1, 3, 41),
        '"User"."bio"',
        "",
        12431,
        "replaced by profiles in March",
        loses=True,
    ),
    Finding(
        "drop-table",
        Severity.WARNING,
        '"Draft" is dropped; it holds 20 rows',
        "20260105120000_slim_user",
        Span(200, 220, 9, 1, 9, 21),
        '"Draft"',
        'if it was only renamed: ALTER TABLE "Draft" RENAME TO "Post";',
        20,
        loses=True,
    ),
)
JUDGED = (
    replace(
        FINDINGS[0],
        verdict=Confirmation.CONFIRMED,
        measured=Measured(
            '"public"."Post"', "ShareLock", 1.2, scans=50_000, rows=50_000, target_rows=2_000_000, estimate=48.0
        ),
    ),
    Finding(
        "type-change",
        Severity.NOTICE,
        '"Post"."note" becomes note: the table is rewritten',
        "20260105120000_slim_user",
        Span(190, 198, 8, 1, 8, 9),
        '"Post"."note"',
        verdict=Confirmation.CLEARED,
        because="no row is read and nothing is rewritten",
        measured=Measured('"public"."Post"', "AccessExclusiveLock", 0.001, rows=50_000),
    ),
    Finding(
        "seen-lock",
        Severity.WARNING,
        '"public"."User" is rewritten while reads and writes wait',
        "20260105120000_slim_user",
        Span(200, 220, 9, 1, 9, 21),
        '"public"."User"',
        verdict=Confirmation.SEEN,
        measured=Measured('"public"."User"', "AccessExclusiveLock", 0.001, rewritten=True, rows=0),
    ),
)
TRACES = (
    Trace(
        3,
        'ALTER TABLE "User"\n  DROP COLUMN "bio"',
        0.0123,
        {'"User"': "ACCESS EXCLUSIVE", '"User_pkey"': "ACCESS SHARE"},
    ),
    Trace(
        5,
        'UPDATE "Post" SET "title" = trim("title"), "slug" = lower(regexp_replace("title", \'[^a-z]\', \'-\'))',
        1.5,
        {'"Post"': "ROW EXCLUSIVE"},
        ('"Post"',),
        {'"Post"': (0, 4300, 0)},
        {'"Post"': 4300},
    ),
)
EXACT = Proof(Verdict.EXACT, (), 12, 4300, "15.18", 0.4)
LOSSY = Proof(
    Verdict.LOSSY, ("the new label 'archived' of \"Status\" stays: 3 rows may use it by then",), 1, 1, "15.18", 0.4
)
KEPT = (
    Kept(KeptKind.COLUMN, '"User"."bio"', '"safemigrate"."kept_1"'),
    Kept(KeptKind.TABLE, '"Draft"', '"safemigrate"."kept_2"'),
)
SLIM = "20260105120000_slim_user"
DOWN = f"prisma/migrations/{SLIM}/down.sql"
SNAPSHOT = SnapshotOutcome(
    "20260105T130501-slim_user",
    "/srv/shop/.safemigrate/snapshots/20260105T130501-slim_user",
    "scoped",
    1_234_567,
    ('"User"', '"Draft"', '"Post"'),
    True,
    datetime(2026, 1, 5, 13, 5, 1, tzinfo=UTC),
)
OLDER = SnapshotOutcome(
    "20251201T080000-full", "/srv/backup", "full", 812, (), False, datetime(2025, 12, 1, 8, tzinfo=UTC)
)

OUTCOMES = {
    "apply": Outcome(
        "apply",
        Result.APPLIED,
        DATABASE,
        (
            MigrationOutcome(
                SLIM,
                CHECKSUM,
                "applied",
                (FINDINGS[0], *FINDINGS[2:]),
                TRACES,
                EXACT,
                DOWN,
                ('"User"."bio": 12,431 values', '"Draft": 20 rows'),
                KEPT,
            ),
            MigrationOutcome("20260106090000_archive", CHECKSUM, "applied", proof=LOSSY),
        ),
        (SNAPSHOT,),
        notes=("schema.prisma is ahead of the migrations: --generate writes the next one",),
        next=("safemigrate rollback --last 2",),
        seconds=2.84,
    ),
    "apply-blocked": Outcome(
        "apply",
        Result.BLOCKED,
        DATABASE,
        (MigrationOutcome(SLIM, CHECKSUM, "pending", FINDINGS),),
        next=(f"$EDITOR prisma/migrations/{SLIM}/migration.sql",),
        seconds=0.4,
    ),
    "apply-dry-run": Outcome(
        "apply",
        Result.REHEARSED,
        DATABASE,
        (MigrationOutcome(SLIM, CHECKSUM, "rehearsed", JUDGED, TRACES, EXACT, DOWN),),
        (SNAPSHOT,),
        next=("safemigrate apply",),
        seconds=2.0,
    ),
    "apply-nothing": Outcome("apply", Result.NOTHING, DATABASE, seconds=0.1),
    "rollback": Outcome(
        "rollback",
        Result.ROLLED_BACK,
        DATABASE,
        (MigrationOutcome(SLIM, CHECKSUM, "rolled back", proof=EXACT, returns=('"User"."bio": 12,431 values',)),),
        notes=(f"{SLIM} is on hold: apply refuses it until it is released",),
        next=(f"safemigrate release {SLIM}",),
        seconds=1.0,
    ),
    "rollback-dry-run": Outcome(
        "rollback",
        Result.REHEARSED,
        DATABASE,
        (
            MigrationOutcome(
                SLIM,
                CHECKSUM,
                "applied",
                proof=EXACT,
                returns=('"User"."bio": 12,431 values',),
                script='ALTER TABLE "User" ADD COLUMN "bio" text;\n'
                'UPDATE "User" SET "bio" = k."bio" FROM "safemigrate"."kept_1" k WHERE "User"."id" = k."id";\n',
            ),
        ),
        next=("safemigrate rollback",),
        seconds=1.0,
    ),
    "rollback-conflicts": Outcome(
        "rollback",
        Result.CONFLICTS,
        DATABASE,
        (MigrationOutcome(SLIM, CHECKSUM, "applied", proof=EXACT),),
        conflicts=(
            Conflict(
                SLIM,
                '"User"."email"',
                "27 rows written since have no value for a column that is required again",
                27,
                ("1041", "1042", "1043"),
                ('safemigrate rollback --fill \'"User"."email"=unknown@example.org\'',),
            ),
        ),
        seconds=0.2,
    ),
    "status": Outcome(
        "status",
        Result.NOT_OK,
        DATABASE,
        (
            *(MigrationOutcome(f"202501{day:02}000000_step", CHECKSUM, "applied") for day in range(1, 15)),
            MigrationOutcome(SLIM, CHECKSUM, "applied", proof=EXACT, returns=('"User"."bio": 12,431 values',)),
            MigrationOutcome(
                "20260106090000_a_migration_with_a_name_that_is_so_long_that_no_table_holds_it_in_one_line",
                CHECKSUM,
                "edited",
                detail="migration.sql is not the file that was applied",
            ),
            MigrationOutcome(
                "20260107090000_half",
                CHECKSUM,
                "interrupted",
                proof=LOSSY,
                detail="1 of its 3 parts is in the database",
            ),
            MigrationOutcome(
                "20260108090000_gone", CHECKSUM, "held", detail="on hold since 2026-01-09 10:00: rolled back"
            ),
            MigrationOutcome("20260109090000_next", CHECKSUM, "pending"),
        ),
        kept=(
            KeptOutcome(KEPT[0], SLIM, datetime(2026, 1, 5, 13, tzinfo=UTC), 1_146_880, returned=False, days=40),
            KeptOutcome(KEPT[1], SLIM, datetime(2026, 1, 5, 13, tzinfo=UTC), 16_384, returned=True, days=40),
        ),
        notes=("a rollback of 20260105120000_slim_user is exact",),
        next=("safemigrate rollback --failed",),
        seconds=0.3,
    ),
    "prune": Outcome(
        "prune",
        Result.PRUNED,
        DATABASE,
        kept=(
            KeptOutcome(
                KEPT[0],
                SLIM,
                datetime(2026, 1, 5, 13, tzinfo=UTC),
                1_146_880,
                returned=False,
                days=40,
                due=True,
                loss=f'a rollback of {SLIM} cannot bring back "User"."bio": 12,431 values',
            ),
            KeptOutcome(
                Kept(KeptKind.LEFT, '"Org"', "safemigrate.left_1"),
                SLIM,
                datetime(2026, 1, 7, 13, tzinfo=UTC),
                16_384,
                returned=True,
                days=38,
            ),
            KeptOutcome(
                Kept(KeptKind.TABLE, "safemigrate.kept_0badcafe_1", "safemigrate.kept_0badcafe_1"),
                "",
                None,
                8_192,
                returned=False,
                loss="safemigrate.kept_0badcafe_1: 3 rows; no run knows what they are",
            ),
        ),
        notes=("1,171,456 bytes are free again in database shop",),
        next=("safemigrate status",),
        seconds=0.2,
    ),
    "prove": Outcome(
        "prove",
        Result.NOT_OK,
        migrations=(
            MigrationOutcome("20260101090000_init", CHECKSUM, "proven", proof=EXACT),
            MigrationOutcome(
                SLIM,
                CHECKSUM,
                "proven",
                proof=EXACT,
                detail='tested without rows in "public"."User": with rows it fails: '
                'column "role" of relation "User" contains null values',
            ),
            MigrationOutcome("20260106090000_archive", CHECKSUM, "proven", proof=LOSSY),
            MigrationOutcome("20260107090000_empty", CHECKSUM, "changes nothing", proof=EXACT),
            MigrationOutcome(
                "20260108090000_policies",
                CHECKSUM,
                "does not run",
                detail='line 3 failed: CREATE POLICY p ON "User" TO anon: role "anon" does not exist',
            ),
        ),
        seconds=6.3,
    ),
    "status-empty": Outcome("status", Result.OK, DATABASE, seconds=0.1),
    "doctor": Outcome(
        "doctor",
        Result.NOT_OK,
        DATABASE,
        diagnoses=(
            Diagnosis("project", True, "Prisma 6.19 in /srv/shop, 24 migrations"),
            Diagnosis("server", True, "PostgreSQL 15.18, not a superuser"),
            Diagnosis(
                "pg_dump",
                False,
                "14.2 at /usr/bin/pg_dump is older than the server; it refuses to dump it",
                ("apt-get install postgresql-client-15",),
            ),
        ),
        seconds=0.2,
    ),
    "doctor-ok": Outcome(
        "doctor", Result.OK, DATABASE, diagnoses=(Diagnosis("disk", True, "42 GB free"),), seconds=0.2
    ),
    "init": Outcome(
        "init",
        Result.ADOPTED,
        DATABASE,
        diagnoses=(
            Diagnosis("project", True, "Prisma 6.19.3 with pnpm, prisma/schema.prisma, postgresql"),
            Diagnosis(
                "database", True, "PostgreSQL 15.18 at Neon, from DATABASE_URL (url in schema.prisma); schema public"
            ),
            Diagnosis("around it", True, "git, GitHub, Vercel"),
            Diagnosis("baseline", True, "0_init makes 12 tables, and beyond schema.prisma 1 view, 2 triggers"),
            Diagnosis("written", True, "prisma/migrations/0_init/migration.sql"),
            Diagnosis("changed", True, "package.json"),
            Diagnosis("recorded", True, "0_init as applied; no table was touched"),
        ),
        notes=("left out of the baseline: schema auth, which is supabase_admin's",),
        next=("safemigrate apply   # what schema.prisma says beyond the database", "safemigrate init --undo"),
        seconds=2.1,
    ),
    "init-nothing": Outcome("init", Result.NOTHING, DATABASE, diagnoses=(Diagnosis("project", True, "Prisma 7.10.0"),)),
    "init-undo": Outcome(
        "init",
        Result.UNDONE,
        DATABASE,
        notes=("/srv/shop/safemigrate.toml was edited since and stays", "0_init no longer recorded as applied"),
        seconds=0.4,
    ),
    "snapshot-create": Outcome("snapshot create", Result.OK, DATABASE, snapshots=(SNAPSHOT,), seconds=3.0),
    "snapshot-list": Outcome("snapshot list", Result.OK, snapshots=(OLDER, SNAPSHOT), seconds=0.1),
    "snapshot-list-empty": Outcome("snapshot list", Result.NOTHING, next=("safemigrate snapshot create",)),
    "release": Outcome("release", Result.OK, DATABASE, next=("safemigrate apply",), seconds=0.1),
}

ERRORS = {
    "connection": errors.ConnectionFailed(
        f"{DATABASE} does not answer",
        "Nothing listens on port 5432 of db.example.",
        ("docker compose up -d db", "safemigrate status --url postgresql://..."),
    ),
    "consent": errors.ConsentRequired(
        '"User"."bio" would lose 12,431 values that no snapshot holds, and nobody agreed',
        "With --snapshot none there is no way back for them but what the database itself keeps, and that goes too.",
        ("safemigrate apply --snapshot scoped", "safemigrate apply --snapshot none --confirm shop"),
    ),
    "restored": errors.Restored(
        f'{SLIM} failed; "shop" is where it was', 'line 5: relation "Draft" does not exist', ("safemigrate status",)
    ),
    "not-restored": errors.NotRestored(
        f"{SLIM} failed half way and could not be taken back",
        "2 of 3 groups are in place. Nothing else was changed.",
        ("safemigrate status", "safemigrate rollback --failed"),
    ),
    "interrupted": errors.Interrupted("Interrupted", "Nothing was changed.", ("safemigrate apply",)),
    "bare": errors.ProjectError("There is no schema.prisma in /srv/shop"),
}

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_as_text(name: str, golden: Golden) -> None:
    golden(f"text/{name}.txt", text.render(OUTCOMES[name]))


@pytest.mark.parametrize("name", ["apply", "apply-dry-run", "status", "prove"])
def test_verbose_outcome_as_text(name: str, golden: Golden) -> None:
    golden(f"text/{name}-verbose.txt", text.render(OUTCOMES[name], verbose=True))


def test_outcome_in_colour(golden: Golden) -> None:
    golden("text/apply-blocked-colour.txt", text.render(OUTCOMES["apply-blocked"], colour=True))


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_as_json(name: str, golden: Golden) -> None:
    golden(f"json/{name}.json", json_v1.render(OUTCOMES[name]))


@pytest.mark.parametrize("name", ERRORS)
def test_error_as_text(name: str, golden: Golden) -> None:
    golden(f"error/{name}.txt", text.render_error(ERRORS[name]))


@pytest.mark.parametrize("name", ERRORS)
def test_error_as_json(name: str, golden: Golden) -> None:
    golden(f"json/error-{name}.json", json_v1.render_error("apply", ERRORS[name]))
