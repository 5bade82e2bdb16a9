"""Both sides of a pair, and what became of them since a branch left its base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from safemigrate.prisma.in_step.difference import Side
from safemigrate.prisma.in_step.translate import Style
from safemigrate.prisma.schema.values import Block, Field, Schema


@dataclass(frozen=True, slots=True)
class Sides:
    """Both schemas as they are, and as they were `before`, production first."""

    production: Schema
    development: Schema
    style: Style
    before: tuple[Schema, Schema] | None

    def of(self, side: Side) -> Schema:
        """The schema of a side."""
        return self.production if side is Side.PRODUCTION else self.development

    def name(self, side: Side) -> str:
        """What a side is called: its file, or its folder where there are several."""
        files = list(self.of(side).texts)
        return files[0].name if len(files) == 1 else f"the {side} schema"

    def lost(self, side: Side, block: str, field: str = "") -> bool:
        """Whether a side had this and has it no more, where the other did nothing of the kind."""
        was = self._before(side, block)
        return was is not None and (not field or field in was.fields)

    def follows(self, model: str, field: str, value: Callable[[Schema, Block, Field], object]) -> Side:
        """The side that should change where a value differs: production, where development alone has a new one."""
        changed = [self._changed(side, model, field, value) for side in (Side.PRODUCTION, Side.DEVELOPMENT)]
        return Side.PRODUCTION if changed == [False, True] else Side.DEVELOPMENT

    def _changed(self, side: Side, model: str, field: str, value: Callable[[Schema, Block, Field], object]) -> bool:
        was, now = self._before(side, model), self.of(side).blocks.get(model)
        if was is None or now is None or field not in was.fields or field not in now.fields:
            return False
        schema = self._schema_before(side)
        assert schema is not None
        return value(schema, was, was.fields[field]) != value(self.of(side), now, now.fields[field])

    def _before(self, side: Side, block: str) -> Block | None:
        schema = self._schema_before(side)
        return schema.blocks.get(block) if schema else None

    def _schema_before(self, side: Side) -> Schema | None:
        return self.before[0 if side is Side.PRODUCTION else 1] if self.before else None
