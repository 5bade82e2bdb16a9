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
        """What a side is called: its file, with as many of its folders as tell it from the other's."""
        mine, other = (list(self.of(one).texts) for one in (side, side.other))
        if len(mine) != 1:
            return f"the {side} schema"
        parts = mine[0].parts
        shown = (parts[-count:] for count in range(1, len(parts)))
        return "/".join(next((one for one in shown if all(path.parts[-len(one) :] != one for path in other)), parts))

    def lost(self, side: Side, block: str, field: str = "") -> bool:
        """Whether a side had this and has it no more, where the other did nothing of the kind."""
        was = self._before(side, block)
        return was is not None and (not field or field in was.fields)

    def follows(self, model: str, value: Callable[[Schema, Block], object]) -> Side:
        """The side that should change where a value differs: production, where development alone has a new one."""
        changed = [self._changed(side, model, value) for side in (Side.PRODUCTION, Side.DEVELOPMENT)]
        return Side.PRODUCTION if changed == [False, True] else Side.DEVELOPMENT

    def field_follows(self, model: str, field: str, value: Callable[[Schema, Block, Field], object]) -> Side:
        """The same for a value of a field."""

        def of_field(schema: Schema, block: Block) -> object:
            return value(schema, block, block.fields[field]) if field in block.fields else None

        return self.follows(model, of_field)

    def _changed(self, side: Side, model: str, value: Callable[[Schema, Block], object]) -> bool:
        schema, was, now = self._schema_before(side), self._before(side, model), self.of(side).blocks.get(model)
        if schema is None or was is None or now is None:
            return False
        before = value(schema, was)
        return before is not None and before != value(self.of(side), now)

    def _before(self, side: Side, block: str) -> Block | None:
        schema = self._schema_before(side)
        return schema.blocks.get(block) if schema else None

    def _schema_before(self, side: Side) -> Schema | None:
        return self.before[0 if side is Side.PRODUCTION else 1] if self.before else None
