"""What `check` finds of a branch or a project as a whole: findings with a name, a family and a page, but no text."""

from __future__ import annotations

from safemigrate.lint.rule import Family
from safemigrate.model import Severity

OF_PROJECT: dict[str, tuple[Family, Severity, str]] = {
    "database-drift": (
        "history",
        Severity.WARNING,
        """The database is not what its applied migrations make.

Somebody changed it by hand, or with `prisma db push`. A migration that was tried on the end of the history may do
something else there, or fail. `check --url` compares the two, object by object; owners and grants do not count.

Write what was changed into a migration, and mark it applied where it is: `prisma migrate resolve --applied`.
""",
    ),
    "deleted-migration": (
        "history",
        Severity.ERROR,
        """A migration that the base branch has is gone from the branch.

Databases that applied it still have it: `prisma migrate dev` offers to reset them, `prisma migrate deploy` says
nothing, and a database that is made from the history comes out different.

Put the folder back (`git checkout BASE -- FOLDER`) and write a new migration that takes back what it does.
""",
    ),
    "does-not-run": (
        "correctness",
        Severity.ERROR,
        """A migration fails where it was tried: after everything that comes before it, in a database of its own.

`check` tries it on the end of the base's history, with rows of its own making where they go in. A deploy would stop
there as well, and plain Prisma may leave half of it behind.
""",
    ),
    "failed-migration": (
        "history",
        Severity.ERROR,
        """A migration failed in the database and is neither finished nor taken back.

`prisma migrate deploy` refuses to go on (P3009), and so does `apply`. `safemigrate status` says how far it got,
`safemigrate rollback --failed` takes it back.
""",
    ),
    "missing-migration": (
        "history",
        Severity.WARNING,
        """The database has applied a migration that neither this branch nor its base has.

The checkout is older than the database, or another branch was deployed. What was tried here was tried without it.

Merge the branch that has it first.
""",
    ),
    "no-way-back": (
        "data-loss",
        Severity.WARNING,
        """A migration was proven not to come back exactly: what its rollback leaves different is said with it.

It is a warning where nothing comes back, and `check --require exact` (or `lossy`) makes an error of all that is less.
The snapshot that `apply` takes first still has everything.
""",
    ),
    "renamed-migration": (
        "history",
        Severity.ERROR,
        """A migration that the base branch has stands under another name: to Prisma it is a new one.

A database that applied it under its old name misses that one and applies the new one again, which fails on objects that
are there already.

Give the folder its old name back. A name that nobody has applied yet may change before it reaches the base branch.
""",
    ),
    "schema-drift": (
        "history",
        Severity.ERROR,
        """schema.prisma asks for something else than the migrations make.

Usually the migration was not written, or does not do all of it. The client then expects what the database does not
have. The project's own Prisma CLI says so, from the end of the history: `prisma migrate diff`. Where the base differs
in the same way already it is a warning.

    npx prisma migrate dev --create-only

writes what is missing.
""",
    ),
    "schemas-out-of-step": (
        "history",
        Severity.ERROR,
        """The schema for SQLite and the schema for PostgreSQL differ in what neither of the two forces.

Code that was written against the one fails on the other, or does something else there: a field or a model that only one
has, another type, a default, a unique or a relation's action. What SQLite cannot have is no difference: an enum or Json
is a String there (before Prisma 6.2), a list too, native types and GIN indexes are nothing, and a BigInt that counts by
itself is an Int.

The side that the branch changed leads: what it added is proposed for the other, translated, and what it removed is
removed there. Without a base production leads, and gets what it lacks, but for uniques. Where the base differs in the
same way already it is a warning; an index that only production has is a notice.

    safemigrate check --fix prisma/schema.prisma

shows the change of that schema and writes it. Which two belong together is said in safemigrate.toml, under [pair].
What is meant gets a comment in the schema: `// safemigrate: allow schemas-out-of-step REASON`, at the model or field.
""",
    ),
    "schema-without-migration": (
        "history",
        Severity.WARNING,
        """schema.prisma was changed and no migration was, and Prisma's CLI is not there to say whether one is missing.

Comments, order and generators do not count. With the CLI installed (`npm ci`), `check` compares for itself.
""",
    ),
}
