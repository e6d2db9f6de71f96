"""A bundle's nodes compiled to what must run for the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.columns import AnyColumn, take
from pipeline.errors import BundleError, DataError, SchemaError
from pipeline.operators.base import KINDS, ColumnType, Node, Operator, RowError
from pipeline.schema.contract import Column, Schema


@dataclass(frozen=True)
class Step:
    """One operator with the names of its columns."""

    name: str
    operator: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ports: tuple[str, ...]


class Plan:
    """The steps of a bundle, in order, and what each column comes from."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.steps = tuple(
            Step(
                node.name,
                node.operator,
                tuple(node.shape.inputs.values()),
                tuple(node.shape.outputs.values()),
                tuple(node.shape.outputs),
            )
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
            new = set(step.outputs) - set(step.inputs if step.operator.in_place else ())
            if made & new or raw.keys() & new:
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
        known = {column.name: type_of(column) for column in schema.columns}
        for step in self.steps:
            inputs = [known.get(name, ColumnType("number")) for name in step.inputs]
            _check_kinds(step, inputs)
            kinds = step.operator.types_of(inputs, step.ports)
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
    """All columns after the steps; a refused row is a DataError, its number counted from 1 past `offset`.

    A row that Spark would skip is refused too: as many rows come out as went in.
    """
    known = dict(columns)
    for step in steps:
        try:
            made = step.operator.columns_of([known[name] for name in step.inputs], step.ports)
        except RowError as error:
            raise _data_error(error, step, steps, offset + error.row + 1) from error
        known.update(zip(step.outputs, made, strict=True))
    return known


def run_skipping(
    steps: Sequence[Step], columns: Mapping[str, AnyColumn], offset: int = 0
) -> tuple[dict[str, AnyColumn], np.ndarray[Any, Any]]:
    """All columns after the steps without the rows that Spark would skip, and the places of the rows that stay."""
    known = dict(columns)
    stayed = np.arange(len(next(iter(known.values()))))
    for step in steps:
        inputs = [known[name] for name in step.inputs]
        skipped = step.operator.skipped_rows(inputs)
        if skipped is not None and skipped.any():
            known = {name: take(column, ~skipped) for name, column in known.items()}
            stayed = stayed[~skipped]
        try:
            made = step.operator.columns_of([known[name] for name in step.inputs], step.ports)
        except RowError as error:
            raise _data_error(error, step, steps, offset + int(stayed[error.row]) + 1) from error
        known.update(zip(step.outputs, made, strict=True))
    return known, stayed


def _data_error(error: RowError, step: Step, steps: Sequence[Step], row: int) -> DataError:
    column = _origin(step.inputs[error.place], steps)
    return DataError(
        error.message,
        row=row,
        column=column,
        value=error.value,
        expected=error.expected,
    )


def _origin(column: str, steps: Sequence[Step]) -> str:
    """The raw column behind a derived one where there is just one; users know that name."""
    while True:
        made = next((step for step in steps if column in step.outputs and column not in step.inputs), None)
        if made is None:
            return column
        if len(made.inputs) == len(made.outputs):
            column = made.inputs[made.outputs.index(column)]
        elif len(made.inputs) == 1:
            column = made.inputs[0]
        else:
            return column


def _check_kinds(step: Step, found: Sequence[ColumnType]) -> None:
    """Refuses text where numbers are due and the like; the operators themselves tell numbers from vectors."""
    for name, kind, due in zip(step.inputs, found, step.operator.input_types(len(step.inputs)), strict=True):
        if _FAMILIES[kind.kind] not in _TAKEN[due.kind]:
            raise BundleError(f"node {step.name!r} takes column {name!r} for a {due.kind}, but it is a {kind.kind}")


# Text operators take numbers too, as their text.
_FAMILIES = {kind: kind for kind in KINDS} | {"vector": "number"}
_TAKEN = {kind: {family} for kind, family in _FAMILIES.items()} | {"text": {"text", "number"}}


def type_of(column: Column) -> ColumnType:
    """What a column of the contract is to an operator."""
    if column.struct == "vector":
        return ColumnType("vector", column.size)
    if column.struct == "array":
        return ColumnType("texts") if column.type == "string" else ColumnType("vector", column.size)
    return ColumnType("text" if column.type == "string" else "number", basic=column.type, nullable=column.nullable)


def _column(name: str, kind: ColumnType) -> Column:
    if kind.kind == "vector":
        return Column(name, "double", struct="vector", size=kind.size)
    if kind.kind == "texts":
        return Column(name, "string", struct="array", nullable=True)
    if kind.kind in ("map", "vectors"):
        raise BundleError(f"the bundle reads column {name!r}, a {kind.kind}, which no contract can express")
    return Column(name, "string" if kind.kind == "text" else kind.basic, nullable=True)
