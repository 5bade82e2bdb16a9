"""Names and SQL that try to leave the place where they stand."""

from __future__ import annotations

from datetime import UTC, datetime

from safemigrate.model import (
    Column,
    ColumnChange,
    Conflict,
    Detail,
    Fate,
    Finding,
    ForeignKey,
    ForeignKeyChange,
    Kept,
    KeptKind,
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

NASTY = (
    "pipe | and \\| pipe \\",
    "`tick` ``` and ````",
    "</td></details><script>alert(1)</script>",
    "]]> <![CDATA[ &amp; &#x3c; --> <!--",
    "*bold* _under_ ~~gone~~ **x** $x$ $$y$$",
    "[link](https://evil.example) ![image](https://evil.example/x.png) www.evil.example https://evil.example",
    "@octocat @org/team #1 GH-1 org/repo#1",
    "control \x00\x07\x1b[31m\x9b\r\x0b end",
    "right to left \u202etxt.sql\u2066 \u200f end",
    "emoji 🐘👩‍👩‍👧 and ünïcödé 表",
    "lone surrogate \ud800 and \ufffe \uffff",
    "line one\n# heading\n- item\n1. one\n\n```\nfence\n```\n    code\n",
    "::error file=x::injected%0A\n::warning::second",
    'quote " and \' and <a onclick="x">',
    "]]></system-out><failure/>",
    "",
    " ",
    "- dash",
    "1. number",
    "x" * 3000,
)


def outcome(word: str, command: str = "apply", result: Result = Result.BLOCKED) -> Outcome:
    """An outcome in which every word is this one."""
    finding = Finding(word, Severity.ERROR, word, word, Span(0, 5, 1, 1, 1, 6), word, word)
    allowed = Finding(word, Severity.WARNING, word, word, subject=word, allowed=word or "reason")
    trace = Trace(1, word, 0.5, {word: word}, (word,), {word: (1, 1, 1)}, {word: 3})
    migration = MigrationOutcome(
        word,
        word,
        word,
        (finding, allowed),
        (trace,),
        Proof(Verdict.LOSSY, (word,), 1, 1, word),
        word,
        (word,),
        (Kept(KeptKind.TABLE, word, word),),
        word,
        word,
        word,
        f"SELECT {word}",
    )
    columns = (
        ColumnChange(Column(word, word, required=True, default=word), Column(f"{word}2", word, required=False)),
        ColumnChange(None, Column(word, word, required=False, default=word)),
    )
    key = ForeignKey(word, word, (word,), f"{word}2", (word,), word)
    change = SchemaChange(
        (
            TableChange(word, word, columns, (Detail(word, word, Fate.CHANGED, word, word),)),
            TableChange("", f"{word}2", ()),
        ),
        (ForeignKeyChange(key, None, Fate.REMOVED),),
        (Detail(word, word, Fate.ADDED, "", word),),
    )
    return Outcome(
        command,
        result,
        word,
        (migration, MigrationOutcome(f"{word}2", word, "unreadable", detail=word, path=word)),
        (SnapshotOutcome(word, word, word, 1, (word,), True, datetime.now(UTC)),),
        (Conflict(word, word, word, 1, (word,), (word,)),),
        notes=(word,),
        next=(word,),
        seconds=1.0,
        change=change,
        base=word,
        findings=(finding,),
    )
