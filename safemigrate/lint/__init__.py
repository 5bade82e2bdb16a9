"""Reading a migration before anything runs: what it destroys, what it blocks, what will fail."""

from __future__ import annotations

from safemigrate.lint.facts import Facts, TableFact
from safemigrate.lint.registry import RULES
from safemigrate.lint.rule import Rule
from safemigrate.lint.run import lint

__all__ = ["RULES", "Facts", "Rule", "TableFact", "lint"]
