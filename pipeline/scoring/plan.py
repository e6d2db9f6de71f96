"""A bundle's nodes compiled to what must run for the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError, DataError, SchemaError
from pipeline.operators.base import ColumnType, Node, Operator, RowError
from pipeline.schema.contract import Column, Schema


@dataclass(frozen=True)
class Step:
    """One operator with the names of its columns."""

    name: str
    operator: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Plan:
    """The steps of a bundle, in order, and what each column comes from."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.steps = tuple(
            Step(node.name, node.operator, tuple(node.shape.inputs.values()), tuple(node.shape.outputs.values()))
            for node in nodes
        )
        self.inputs = self._raw_inputs()
        self.outputs = tuple(name for step in self.steps for name in step.outputs)

    def _raw_inputs(self) -> dict[str, ColumnType]:
        raw: dict[str, ColumnType] = {}
        made: set[str] = set()
        for step in self.steps:
            for name, kind in zip(step.inputs, step.operator.input_types(len(step.inputs)), strict=True):
                if name not in made:
                    raw.setdefault(name, kind)
            if made & set(step.outputs) or raw.keys() & set(step.outputs):
                raise BundleError(f"node {step.name!r} writes a column that is there already: {step.outputs}")
            made.update(step.outputs)
        return raw

    def contract(self) -> Schema:
        """A contract drawn from the bundle alone: what its operators take its raw columns for.

        Every column may be null: the operators themselves refuse what they must.
        """
        return Schema(tuple(_column(name, kind) for name, kind in self.inputs.items()))

    def types(self, schema: Schema) -> dict[str, ColumnType]:
        """What every column is, raw ones as the contract says."""
        known = {
            column.name: ColumnType("vector", column.size)
            if column.struct == "vector"
            else ColumnType("text" if column.type == "string" else "number", basic=column.type)
            for column in schema.columns
        }
        for step in self.steps:
            kinds = step.operator.output_types([known.get(name, ColumnType("number")) for name in step.inputs])
            known.update(zip(step.outputs, kinds, strict=True))
        return known

    def needed(self, columns: Iterable[str]) -> tuple[Step, ...]:
        """The steps that the columns need, in order; a SchemaError for a column that the bundle does not have."""
        wanted = set(columns)
        unknown = wanted - set(self.outputs) - set(self.inputs)
        if unknown:
            there = ", ".join([*self.inputs, *self.outputs])
            raise SchemaError(f"no column {sorted(unknown)[0]!r} in the bundle; there are {there}")
        steps = []
        for step in reversed(self.steps):
            if wanted & set(step.outputs):
                wanted.update(step.inputs)
                steps.append(step)
        return tuple(reversed(steps))

    def raw_of(self, columns: Iterable[str]) -> list[str]:
        """The raw columns that the columns are made of, in the bundle's order."""
        wanted = set(columns)
        for step in self.needed(wanted):
            wanted.update(step.inputs)
        return [name for name in self.inputs if name in wanted]


def run(steps: Sequence[Step], columns: Mapping[str, AnyColumn], offset: int = 0) -> dict[str, AnyColumn]:
    """All columns after the steps; a refused row is a DataError, its number counted from 1 past `offset`."""
    known = dict(columns)
    for step in steps:
        try:
            made = step.operator.apply([known[name] for name in step.inputs])
        except RowError as error:
            raise _data_error(error, step, steps, offset) from error
        known.update(zip(step.outputs, made, strict=True))
    return known


def _data_error(error: RowError, step: Step, steps: Sequence[Step], offset: int) -> DataError:
    column = _origin(step.inputs[error.place], steps)
    return DataError(
        error.message,
        row=offset + error.row + 1,
        column=column,
        value=error.value,
        expected=error.expected,
    )


def _origin(column: str, steps: Sequence[Step]) -> str:
    """The raw column behind a derived one where there is just one; users know that name."""
    while True:
        made = next((step for step in steps if column in step.outputs), None)
        if made is None:
            return column
        if len(made.inputs) == len(made.outputs):
            column = made.inputs[made.outputs.index(column)]
        elif len(made.inputs) == 1:
            column = made.inputs[0]
        else:
            return column


def _column(name: str, kind: ColumnType) -> Column:
    if kind.kind == "vector":
        return Column(name, "double", struct="vector", size=kind.size)
    return Column(name, "string" if kind.kind == "text" else kind.basic, nullable=True)
