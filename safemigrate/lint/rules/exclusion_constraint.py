"""ADD EXCLUDE builds its index and compares all rows while reads and writes of the table wait.

It takes ACCESS EXCLUSIVE and reads the table twice. There is no NOT VALID and no USING INDEX for it, so there is no
way to add it to a table in use without the wait. New and small tables are read before anybody notices.

Add it while nobody works, or to a new table that the rows are copied to. A GiST index for the queries alone can be
built CONCURRENTLY.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddConstraint

SETUP = 'CREATE TABLE "Booking" (id int PRIMARY KEY, during tsrange);'
BAD = 'ALTER TABLE "Booking" ADD CONSTRAINT "Booking_during" EXCLUDE USING gist ("during" WITH &&);'
GOOD = 'CREATE INDEX CONCURRENTLY "Booking_during" ON "Booking" USING gist ("during");'


def check(context: Context) -> Iterator[Finding]:
    """Exclusion constraints on tables that others use."""
    for action in context.actions:
        if isinstance(action, AddConstraint) and action.constraint.kind == "exclude":
            for effect in context.felt(action):
                yield context.finding(
                    Severity.WARNING,
                    f"EXCLUDE compares all rows of {effect.table} while reads and writes wait",
                    subject=str(effect.table),
                    help="there is no way to add it online: run it while nobody works",
                    count=context.rows(effect.table),
                )


RULE = Rule(
    "exclusion-constraint", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AddConstraint,)
)
