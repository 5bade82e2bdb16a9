"""A change such as projects make, with all that there is to tell of it: what docs show and the browser looks at."""

from __future__ import annotations

from datetime import UTC, datetime

from safemigrate.model import (
    Column,
    ColumnChange,
    Confirmation,
    Detail,
    Fate,
    Finding,
    ForeignKey,
    ForeignKeyChange,
    Key,
    Measured,
    MigrationOutcome,
    Outcome,
    Proof,
    Result,
    SchemaChange,
    Severity,
    SnapshotOutcome,
    Span,
    TableChange,
    Trace,
    Verdict,
)

NAME = "20260301090000_slim_user"
TEXT = """\
-- AlterTable
ALTER TABLE "User" DROP COLUMN "bio",
  ALTER COLUMN "email" SET NOT NULL;

-- AlterTable
ALTER TABLE "Order" ALTER COLUMN "total" SET DATA TYPE DECIMAL(10,2);

-- DropTable
DROP TABLE "Draft";

-- CreateTable
CREATE TABLE "Address" (
    "id" SERIAL NOT NULL,
    "userId" INTEGER NOT NULL,
    "city" TEXT NOT NULL,
    CONSTRAINT "Address_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Order_userId_createdAt_idx" ON "Order"("userId", "createdAt");

-- AddForeignKey
ALTER TABLE "Address" ADD CONSTRAINT "Address_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id");
"""
ACCESS, SHARE, SHARE_ROW = "AccessExclusiveLock", "ShareLock", "ShareRowExclusiveLock"
USER, ORDER, DRAFT, ADDRESS = (f'"public"."{name}"' for name in ("User", "Order", "Draft", "Address"))


def finding(rule: str, severity: Severity, message: str, begins: str, subject: str, **more: object) -> Finding:
    start = TEXT.index(begins)
    end = TEXT.index(";", start)
    line, last = TEXT.count("\n", 0, start) + 1, TEXT.count("\n", 0, end) + 1
    span = Span(start, end, line, 1, last, end - TEXT.rfind("\n", 0, end))
    return Finding(rule, severity, message, NAME, span, subject, **more)  # type: ignore[arg-type]


FINDINGS = (
    finding(
        "drop-column",
        Severity.WARNING,
        '"User"."bio" is dropped; it holds 12,431 values',
        'ALTER TABLE "User"',
        '"User"."bio"',
        help="remove it from the code, release that, drop it in a later migration",
        count=12_431,
        loses=True,
        verdict=Confirmation.CONFIRMED,
    ),
    finding(
        "type-change-rewrites",
        Severity.WARNING,
        'all 50,000 rows of "Order" are written anew to change "total", while reads and writes wait',
        'ALTER TABLE "Order"',
        '"Order"."total"',
        help="for a big table: a new column, filled in batches",
        verdict=Confirmation.CONFIRMED,
        measured=Measured(ORDER, ACCESS, 1.42, rewritten=True, rows=50_000, target_rows=2_000_000, estimate=57.0),
    ),
    finding(
        "index-not-concurrent",
        Severity.WARNING,
        '"Order_userId_createdAt_idx" is built while writes to "Order" wait',
        "CREATE INDEX",
        '"Order_userId_createdAt_idx"',
        help="CREATE INDEX CONCURRENTLY, in a migration of its own",
        verdict=Confirmation.CONFIRMED,
        measured=Measured(ORDER, SHARE, 0.31, scans=50_000, rows=50_000, target_rows=2_000_000, estimate=13.0),
    ),
    finding(
        "drop-table",
        Severity.WARNING,
        '"Draft" is dropped; it holds 20 rows',
        "DROP TABLE",
        '"Draft"',
        count=20,
        loses=True,
        allowed="replaced by Post in January",
    ),
)
TRACES = (
    Trace(2, TEXT[14:87], 0.004, {USER: ACCESS}, scans={USER: 4_300}),
    Trace(6, 'ALTER TABLE "Order" ALTER COLUMN "total" SET DATA TYPE DECIMAL(10,2)', 1.42, {ORDER: ACCESS}, (ORDER,)),
    Trace(9, 'DROP TABLE "Draft"', 0.002, {DRAFT: ACCESS}),
    Trace(12, 'CREATE TABLE "Address" (...)', 0.006, {ADDRESS: ACCESS}),
    Trace(20, 'CREATE INDEX "Order_userId_createdAt_idx"', 0.31, {ORDER: SHARE}, scans={ORDER: 50_000}),
    Trace(
        23, 'ALTER TABLE "Address" ADD CONSTRAINT "Address_userId_fkey"', 0.003, {USER: SHARE_ROW, ADDRESS: SHARE_ROW}
    ),
)
DOWN = """\
-- safemigrate: the way back of 20260301090000_slim_user
DROP TABLE "Address";
DROP INDEX "Order_userId_createdAt_idx";
ALTER TABLE "safemigrate"."kept_2" SET SCHEMA "public";
ALTER TABLE "Order" ALTER COLUMN "total" SET DATA TYPE numeric(12,6);
UPDATE "Order" AS t SET "total" = k."total" FROM "safemigrate"."kept_3" AS k WHERE t."id" = k."id";
ALTER TABLE "User" ADD COLUMN "bio" text, ALTER COLUMN "email" DROP NOT NULL;
UPDATE "User" AS t SET "bio" = k."bio" FROM "safemigrate"."kept_1" AS k WHERE t."id" = k."id";
"""


def column(name: str, kind: str, *, required: bool = True, default: str = "", key: Key = Key.NONE) -> Column:
    return Column(name, kind, required, default, key)


def same(*columns: Column) -> tuple[ColumnChange, ...]:
    return tuple(ColumnChange(each, each) for each in columns)


ID = column("id", "integer", default="nextval('x'::regclass)", key=Key.PRIMARY)
CREATED = column("createdAt", "timestamp(3) without time zone", default="CURRENT_TIMESTAMP")
EMAIL = column("email", "text", required=False, key=Key.UNIQUE)
USER_ID = column("userId", "integer")


def table(name: str, *columns: ColumnChange, before: bool = True, after: bool = True) -> TableChange:
    quoted = f'"public"."{name}"'
    return TableChange(quoted if before else "", quoted if after else "", columns)


def key(table: str, to: str, on: str, fate: Fate = Fate.SAME, on_delete: str = "") -> ForeignKeyChange:
    one = ForeignKey(f"{table}_{on}_fkey", f'"public"."{table}"', (on,), f'"public"."{to}"', ("id",), on_delete)
    return ForeignKeyChange(None if fate is Fate.ADDED else one, None if fate is Fate.REMOVED else one, fate)


def gone(*columns: Column) -> tuple[ColumnChange, ...]:
    return tuple(ColumnChange(each, None) for each in columns)


def born(*columns: Column) -> tuple[ColumnChange, ...]:
    return tuple(ColumnChange(None, each) for each in columns)


CHANGE = SchemaChange(
    (
        table("Address", *born(ID, USER_ID, column("city", "text")), before=False),
        table("Draft", *gone(ID, column("postId", "integer"), column("body", "text")), after=False),
        table("Invoice", *same(ID, column("orderId", "integer"), column("sentAt", "date", required=False))),
        TableChange(
            ORDER,
            ORDER,
            (
                *same(ID, USER_ID, column("status", '"OrderStatus"', default="'OPEN'::\"OrderStatus\"")),
                ColumnChange(column("total", "numeric(12,6)"), column("total", "numeric(10,2)")),
                *same(CREATED),
            ),
            (
                Detail(
                    "index", "Order_userId_createdAt_idx", Fate.ADDED, "", 'CREATE INDEX ... ("userId", "createdAt")'
                ),
            ),
        ),
        table("Post", *same(ID, column("authorId", "integer"), column("title", "text"), CREATED)),
        table("Session", *same(ID, USER_ID, column("token", "text", key=Key.UNIQUE))),
        table("Tag", *same(ID, column("label", "text"))),
        table(
            "User",
            *same(ID),
            ColumnChange(EMAIL, column("email", "text", key=Key.UNIQUE)),
            *same(column("name", "text", required=False)),
            *gone(column("bio", "text", required=False)),
            *same(CREATED),
        ),
    ),
    (
        key("Address", "User", "userId", Fate.ADDED, "CASCADE"),
        key("Draft", "Post", "postId", Fate.REMOVED, "CASCADE"),
        key("Invoice", "Order", "orderId"),
        key("Order", "User", "userId"),
        key("Post", "User", "authorId"),
        key("Session", "User", "userId", on_delete="CASCADE"),
    ),
    (Detail("enum", "OrderStatus", Fate.CHANGED, "'OPEN', 'PAID'", "'OPEN', 'PAID', 'REFUNDED'"),),
)
APPLY = Outcome(
    "apply",
    Result.REHEARSED,
    "postgresql://app@db.example:5432/shop",
    migrations=(
        MigrationOutcome(
            NAME,
            "ab" * 32,
            "pending",
            FINDINGS,
            TRACES,
            Proof(Verdict.EXACT, (), 7, 54_320, "17.2", 1.1),
            returns=('column "User"."bio"', 'table "Draft"', 'column "Order"."total"'),
            script=DOWN,
            path=f"prisma/migrations/{NAME}/migration.sql",
            text=TEXT,
            transactions=(6,),
        ),
    ),
    snapshots=(
        SnapshotOutcome(
            "20260301T090112Z-77c1",
            "",
            "scoped",
            1_234_567,
            (USER, ORDER, DRAFT),
            True,
            datetime(2026, 3, 1, tzinfo=UTC),
        ),
    ),
    next=("safemigrate apply",),
    seconds=3.4,
    change=CHANGE,
)


def big(tables: int, changed: int) -> Outcome:
    """A schema of many tables, all of which point to one; the first of them change."""
    names = [f"Table{at:03}" for at in range(tables)]
    made = [
        table(name, *same(ID, USER_ID), *(born(column("note", "text", required=False)) if at < changed else ()))
        for at, name in enumerate(names)
    ]
    keys = [key(name, "Table000" if at else "Table001", "userId") for at, name in enumerate(names)]
    return Outcome("apply", Result.REHEARSED, change=SchemaChange(tuple(made), tuple(keys)))
