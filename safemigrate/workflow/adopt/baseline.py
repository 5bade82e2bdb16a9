"""The first migration: what makes the schema that the database has, and the proof that it does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.catalog import Catalog, Object, read
from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError, MigrationFailed
from safemigrate.execute import run
from safemigrate.model import Migration, OnProgress, Progress, counted
from safemigrate.rollback.inverse.create import create
from safemigrate.rollback.inverse.whole import whole
from safemigrate.shadow.provider import Shadow
from safemigrate.sql import statements_of
from safemigrate.workflow.adopt.adoption import head, headed
from safemigrate.workflow.adopt.scope import Scope, differences, other_order, scope
from safemigrate.workflow.rehearsal.shadows import ensure_schema

PROVEN = "baseline"  # the shadow database in which it has run

# What no schema.prisma can say, in the order in which it is counted.
_BEYOND = {
    "view": "{count} {view|views}",
    "materialized view": "{count} materialized {view|views}",
    "function": "{count} {function|functions}",
    "procedure": "{count} {procedure|procedures}",
    "aggregate": "{count} {aggregate|aggregates}",
    "trigger": "{count} {trigger|triggers}",
    "policy": "{count} {policy|policies}",
    "row security": "{count} {table|tables} with row security",
    "check": "{count} check {constraint|constraints}",
    "exclusion": "{count} exclusion {constraint|constraints}",
    "index": "{count} partial or expression {index|indexes}",
    "generated": "{count} generated {column|columns}",
    "domain": "{count} {domain|domains}",
    "composite": "{count} composite {type|types}",
    "range": "{count} range {type|types}",
    "rule": "{count} {rule|rules}",
    "partition": "{count} {partition|partitions}",
    "comment": "{count} {comment|comments}",
}
_ROLE = re.compile(r'^(?:GRANT|REVOKE) .* (?:TO|FROM) ("(?:[^"]|"")+")(?: WITH GRANT OPTION)?$', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The text of the migration, and in words what it holds that no schema.prisma can say."""

    sql: str
    beyond: tuple[str, ...]


def write(catalog: Catalog, database: str) -> Baseline:
    """Write the migration that makes what `catalog`, a scope, holds.

    Raises HistoryError where something in it cannot be made by SQL.
    """
    made = whole(catalog)
    reasons = dict.fromkeys(made.reasons)
    invalid = [one for one in catalog if one.kind == "index" and not one.attributes["valid"]]
    reasons |= {f"{one.address} is INVALID": None for one in invalid if not any(one.address in why for why in reasons)}
    if reasons:
        raise HistoryError(
            f"the schema of database {database} cannot be written down as it is",
            "\n".join(reasons),
            ('DROP INDEX CONCURRENTLY "SCHEMA"."NAME";   -- one that is INVALID serves nobody',),
        )
    beyond = tuple(_beyond(catalog))
    parts = [head(database, beyond), *_parts(made.statements, catalog)]
    return Baseline("\n\n".join(parts) + "\n", beyond)


def prove(shadow: Shadow, one: Migration, live: Scope, schemas: Sequence[str], on_progress: OnProgress) -> list[str]:
    """Run the baseline in empty databases and compare each with the live schema, rights and order of columns too.

    Sent as Prisma sends it: up to 7.3 the file as one message, which is one transaction as in safemigrate's own way,
    from 7.4 on statement by statement. Returns what is not quite as it was. Raises HistoryError where a database
    differs.
    """
    said: list[str] = []
    for name, whole_file in ((f"{PROVEN}_steps", False), (PROVEN, True)):
        on_progress(Progress("prove", "the baseline, sent as one" if whole_file else "the baseline, a statement each"))
        url = shadow.create(name)
        ensure_schema(url)
        with connect(url, application_name="safemigrate init") as connection:
            try:
                if whole_file:
                    run.execute(connection, one.sql)
                else:
                    for statement in statements_of(one):
                        run.execute(connection, statement.sql, line=statement.span.line)
            except MigrationFailed as error:
                raise HistoryError(
                    f"the schema of the database does not come up in an empty one: {error.summary}",
                    f"{error.why}\nNothing was changed.",
                    ("safemigrate init --shadow-url URL   # a server that has what the schema needs",),
                ) from error
            found = scope(read(connection), named=schemas, superuser=True)
        # On a server that is not ours the roles may be missing, and nobody may make them.
        wrong = differences(live.catalog, found.catalog, rights=shadow.own)
        if wrong:
            raise HistoryError(
                "the baseline does not make the schema that the database has",
                "\n".join(wrong[:20]),
                ("this is a bug in safemigrate: please report the lines above",),
            )
        # An heir whose parent got a column later has it last; a new one has its parents' columns first.
        order = other_order(live.catalog, found.catalog)
        said = [f"{table}: the baseline makes its columns in another order" for table in order]
        said += [] if shadow.own else ["grants were not compared: the shadow's server is not ours"]
    return said


def _beyond(catalog: Catalog) -> Iterator[str]:
    found = Counter(kind for one in catalog for kind in _unsayable(one))
    return (counted(words, found[kind]) for kind, words in _BEYOND.items() if found[kind])


def _unsayable(one: Object) -> Iterator[str]:
    at = one.attributes
    facts = {
        one.kind: one.kind in _BEYOND,
        "check": one.kind == "constraint" and at["type"] == "c",
        "exclusion": one.kind == "constraint" and at["type"] == "x",
        "index": one.kind == "index" and one.internal["_expression"],
        "generated": one.kind == "column" and at["generated"],
        "row security": one.kind == "table" and at["row_security"],
        "partition": one.kind == "table" and at["partition_bound"] is not None,
        "comment": at.get("comment") and one.kind != "schema",
    }
    return (kind for kind, true in facts.items() if true)


def _parts(statements: Sequence[str], catalog: Catalog) -> Iterator[str]:
    policies = {
        sql: tuple(str(role) for role in one.attributes["roles"] if role != "PUBLIC")  # type: ignore[union-attr]
        for one in catalog
        if one.kind == "policy"
        for sql in create(one, catalog)
    }
    guarded: dict[tuple[str, ...], list[str]] = {}
    routines = False
    for sql in statements:
        found = _ROLE.match(sql)
        roles = (found[1],) if found else policies.get(sql, ())
        if roles:
            guarded.setdefault(tuple(role.strip('"') for role in roles), []).append(sql)
        elif sql.startswith("SET LOCAL check_function_bodies"):
            if not routines:
                yield "-- A body may name what is made further down\nSET check_function_bodies = off;"
            routines = True
        else:
            yield headed(_anywhere(sql))
    for roles, theirs in guarded.items():
        yield _only_with(roles, theirs)
    if routines:
        yield "RESET check_function_bodies;"


def _anywhere(sql: str) -> str:
    """What a new database may have, made only where it is missing; an extension in the release that the server has."""
    if sql.startswith("CREATE SCHEMA "):
        return sql.replace("CREATE SCHEMA ", "CREATE SCHEMA IF NOT EXISTS ", 1)
    if sql.startswith("CREATE EXTENSION "):
        return re.sub(r" VERSION '[^']*'$", "", sql).replace("CREATE EXTENSION ", "CREATE EXTENSION IF NOT EXISTS ", 1)
    return sql


def _only_with(roles: Sequence[str], statements: Sequence[str]) -> str:
    """Run statements only where the roles exist: those of one server are unknown to another."""
    names = ", ".join("'" + role.replace("'", "''") + "'" for role in roles)
    tag = "$roles$" if not any("$roles$" in sql for sql in statements) else "$roles_of_the_baseline$"
    body = "\n".join(f"    {sql};" for sql in statements)
    return (
        f"-- Only where these roles exist: {', '.join(roles)}\n"
        f"DO {tag} BEGIN\n"
        f"  IF (SELECT count(*) FROM pg_roles WHERE rolname IN ({names})) = {len(roles)} THEN\n"
        f"{body}\n"
        f"  END IF;\n"
        f"END {tag};"
    )
