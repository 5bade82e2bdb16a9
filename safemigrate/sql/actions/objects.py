"""Types, views, functions, sequences, rights, and every other object that is no table."""

from __future__ import annotations

from typing import Literal

from safemigrate.model.value import dataclass
from safemigrate.sql.actions.base import Action, Name
from safemigrate.sql.actions.tables import Constraint


@dataclass(frozen=True, slots=True)
class CreateType(Action):
    """CREATE TYPE or DOMAIN; `labels` of an enum, None for every other; `constrained` is a domain with constraints."""

    name: Name
    labels: tuple[str, ...] | None = None
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class AddEnumValue(Action):
    """ALTER TYPE ... ADD VALUE."""

    type: Name
    value: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterType(Action):
    """ALTER TYPE of a composite's attribute, or of a base type's options."""

    type: Name
    what: Literal["add attribute", "drop attribute", "alter attribute", "set options"]
    attribute: str = ""
    attribute_type: str = ""
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class AlterDomain(Action):
    """ALTER DOMAIN; `constraint` is the one added, or that name dropped or validated."""

    name: Name
    what: Literal[
        "set default",
        "drop default",
        "set not null",
        "drop not null",
        "add constraint",
        "drop constraint",
        "validate constraint",
    ]
    not_valid: bool = False
    constraint: Constraint | None = None
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateSequence(Action):
    """CREATE SEQUENCE."""

    name: Name
    temporary: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterSequence(Action):
    """ALTER SEQUENCE; `restart` is the value it begins with again, as written, "" for its start value, None for none.

    `type` as written, "" where it stays; `owned_by` is the table and column, or "NONE".
    """

    sequence: Name
    restart: str | None = None
    type: str = ""
    owned_by: str = ""


@dataclass(frozen=True, slots=True)
class CreateView(Action):
    """CREATE [OR REPLACE] [MATERIALIZED] VIEW; `mentions` are the names in its text, of SQLite's."""

    name: Name
    materialized: bool = False
    replace: bool = False
    with_data: bool = True
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateFunction(Action):
    """CREATE [OR REPLACE] FUNCTION or PROCEDURE.

    `actions` are those of its body, which runs when it is called, not now; `dynamic` says that the body also builds
    SQL, or is in a language that is not read. It is `volatile` unless it says otherwise.
    """

    name: Name
    replace: bool = False
    volatile: bool = True
    procedure: bool = False
    language: str = ""
    security_definer: bool = False
    sets_search_path: bool = False
    actions: tuple[Action, ...] = ()
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class CreateTrigger(Action):
    """CREATE [OR REPLACE] [CONSTRAINT] TRIGGER; `events` in lower case: "insert", "update", "delete", "truncate".

    `mentions` are the names in its body, of SQLite's.
    """

    name: str
    table: Name
    function: Name | None = None
    timing: Literal["before", "after", "instead of"] = "after"
    events: tuple[str, ...] = ()
    replace: bool = False
    each_row: bool = False
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreatePolicy(Action):
    """CREATE POLICY; `command` in lower case; `using` and `check` as written, "" without one."""

    name: str
    table: Name
    command: str = "all"
    restrictive: bool = False
    roles: tuple[str, ...] = ("public",)
    using: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class AlterPolicy(Action):
    """ALTER POLICY; () and "" for what stays."""

    name: str
    table: Name
    roles: tuple[str, ...] = ()
    using: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class CreateExtension(Action):
    """CREATE EXTENSION."""

    name: str
    if_not_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Action):
    """GRANT; `privileges` and `kind` of the objects in lower case: "select", "table", "all tables in schema".

    Membership of a role is of kind "role", `names` are those given, and there are no privileges.
    """

    privileges: tuple[str, ...]
    kind: str
    names: tuple[Name, ...]
    roles: tuple[str, ...]
    with_option: bool = False


@dataclass(frozen=True, slots=True)
class Revoke(Action):
    """REVOKE; like Grant. `with_option` takes only the right to pass it on."""

    privileges: tuple[str, ...]
    kind: str
    names: tuple[Name, ...]
    roles: tuple[str, ...]
    with_option: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateObject(Action):
    """CREATE of a kind without a class of its own: "schema", "role", "rule", "publication", "foreign table"."""

    kind: str
    name: Name | None = None
    replace: bool = False
    if_not_exists: bool = False
    table: Name | None = None


@dataclass(frozen=True, slots=True)
class AlterObject(Action):
    """ALTER of a kind or in a way without a class of its own; `what` begins what is behind the name, in lower case."""

    kind: str
    name: Name | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class DropObject(Action):
    """DROP of anything but a table or an index; `kind` in lower case: "type", "schema", "materialized view".

    `table` is where a trigger, a policy or a rule sits. Of "owned", `names` are the roles.
    """

    kind: str
    names: tuple[Name, ...]
    cascade: bool = False
    if_exists: bool = False
    table: Name | None = None


@dataclass(frozen=True, slots=True)
class Rename(Action):
    """RENAME; `kind` in lower case: "table", "column", "constraint", "type", "enum value", "index", ...

    `old` of a column, a constraint, an attribute or an enum value is its bare name, and `owner` what it belongs to.
    """

    kind: str
    old: Name
    new: str
    owner: Name | None = None


@dataclass(frozen=True, slots=True)
class SetSchema(Action):
    """ALTER ... SET SCHEMA."""

    kind: str
    name: Name
    schema: str


@dataclass(frozen=True, slots=True)
class SetOwner(Action):
    """ALTER ... OWNER TO; REASSIGN OWNED, with "owned" for its kind and the former role for its name."""

    kind: str
    name: Name
    owner: str


@dataclass(frozen=True, slots=True)
class Comment(Action):
    """COMMENT ON."""

    kind: str
    name: Name | None = None
