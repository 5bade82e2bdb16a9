"""What is at risk, and the way back with its proof."""

from __future__ import annotations

from safemigrate.model import MigrationOutcome, Outcome, Proof, Result, Verdict
from safemigrate.report.ending import findings_of
from safemigrate.report.html.element import Element, add, pre, table, tag
from safemigrate.report.words import many, short, size, worst_first

# As many migrations are shown at once; of more, those that come back exactly are folded.
_FEW = 4
_CLASS = {Verdict.EXACT: "good", Verdict.LOSSY: "warn", Verdict.IMPOSSIBLE: "bad"}
_WORDS = {
    Verdict.EXACT: "Everything comes back",
    Verdict.LOSSY: "Not everything comes back",
    Verdict.IMPOSSIBLE: "It cannot be taken back",
}


def risks(outcome: Outcome) -> Element | None:
    """Write what goes, fails or is changed, with how many rows or values; None where nothing does."""
    rows = []
    for one in worst_first(findings_of(outcome)):
        if one.loses or (one.count and one.blocks):
            count = f"{one.count:,}" if one.count is not None else "not counted"
            rows.append((short(one.subject or one.rule), count, one.message))
    seen = []
    for migration in outcome.migrations:
        changed: dict[str, list[int]] = {}
        for trace in migration.traces:
            for name, counts in trace.rows.items():
                total = changed.setdefault(name, [0, 0, 0])
                changed[name] = [a + b for a, b in zip(total, counts, strict=True)]
        for name, (inserted, updated, deleted) in changed.items():
            verbs = ((inserted, "inserted"), (updated, "updated"), (deleted, "deleted"))
            words = ", ".join(f"{many(count, 'row')} {verb}" for count, verb in verbs if count)
            seen.append((short(name), f"{inserted + updated + deleted:,}", f"{words} in the rehearsal"))
    if not rows and not seen:
        return None
    cells = [(tag("bdi", what), tag("span", count, class_="count"), words) for what, count, words in (*rows, *seen)]
    titles = ("what", "rows or values", "what happens")
    return tag("section", tag("h2", "Rows at risk"), table("Rows at risk", titles, cells), id="rows")


def rollback(outcome: Outcome) -> Element | None:
    """Write how each migration is taken back, and how that is known; None where nobody tried."""
    tried = [migration for migration in outcome.migrations if migration.proof or migration.script]
    if not tried and not outcome.snapshots:
        return None
    section = tag("section", tag("h2", "The way back"), id="rollback")
    exact = [one for one in tried if one.proof and one.proof.verdict is Verdict.EXACT] if len(tried) > _FEW else []
    add(section, *(_migration(one, outcome) for one in tried if one not in exact))
    if exact:
        title = f"{many(len(exact), 'migration')} whose way back is proven exact"
        add(section, tag("details", tag("summary", title), *(_migration(one, outcome) for one in exact)))
    for each in outcome.snapshots:
        state = "verified by restoring it" if each.verified else "not verified"
        words = f"{many(len(each.tables), 'table')} with their rows, {size(each.bytes)}, {state}"
        add(section, tag("p", "Snapshot ", tag("code", each.id), f": {words}.", class_="calm"))
    return section


def _migration(migration: MigrationOutcome, outcome: Outcome) -> Element:
    proof = migration.proof
    kind = _CLASS[proof.verdict] if proof else "note"
    card = tag("article", tag("h3", tag("bdi", migration.name)), class_=f"card {kind}")
    if proof:
        add(
            card,
            tag(
                "p",
                tag("span", str(proof.verdict), class_=f"label {kind}"),
                f" {_WORDS[proof.verdict]}. {_proof(proof)}",
            ),
        )
        if proof.reasons:
            add(card, tag("ul", *(tag("li", reason) for reason in proof.reasons)))
    if migration.returns:
        verb = "Came back" if outcome.result is Result.ROLLED_BACK else "A rollback brings back"
        add(card, tag("p", f"{verb}:"), tag("ul", *(tag("li", tag("bdi", words)) for words in migration.returns[:60])))
    if migration.script:
        script = pre("down.sql", migration.script.rstrip())
        add(card, tag("details", tag("summary", "down.sql"), script))
    return card


def _proof(proof: Proof) -> str:
    what = f"{many(proof.tables, 'table')} and {many(proof.rows, 'row')}" if proof.tables else "the schema"
    server = f" on {proof.server}" if proof.server_version else ""
    if proof.verdict is Verdict.IMPOSSIBLE:
        return f"Tried{server}."
    return f"Tried{server}: up, down, compared {what} with before, up again."
