"""What a request's rows must look like: the endpoint's own contract, or one that the request brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from pipeline.errors import ModelError, SchemaError
from pipeline.operators.base import ColumnType
from pipeline.schema.contract import FLOAT_TYPES, INTEGER_TYPES, Column, Schema
from pipeline.schema.sparkml import parse_sparkml_schema
from pipeline.scoring.load import Parts
from pipeline.scoring.plan import Plan, Step
from pipeline.scoring.scorer import Scorer

# Clients send the same few schemas again and again; a huge one is no schema worth keeping.
_REMEMBERED, _REMEMBERED_BYTES = 64, 64 << 10


@dataclass(frozen=True)
class Contract:
    """The columns of a request's rows, and the one that a bundle without booster replies, made by `steps`."""

    schema: Schema
    output: Column | None
    steps: tuple[Step, ...]


class Contracts:
    """The contracts that requests to one scorer may be read by."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._plan = Plan(scorer.bundle.nodes)
        features = Column(scorer.features, "double", struct="vector") if scorer.features else None
        self.default = self._contract(scorer.schema, features)
        self._remembered: Callable[[bytes], Contract] = lru_cache(_REMEMBERED)(self._parse)

    def of_document(self, document: Any) -> Contract:
        """The contract of AWS's {"input": [...], "output": {...}}; SchemaError where the bundle cannot be fed by it.

        Nulls and lengths of vectors, of which such a document does not speak, are as in the endpoint's own contract.
        """
        text = document.encode() if isinstance(document, str) else orjson.dumps(document)
        return self._remembered(text) if len(text) <= _REMEMBERED_BYTES else self._parse(text)

    def _parse(self, document: bytes) -> Contract:
        schema, output = parse_sparkml_schema(document)
        schema = Schema(tuple(map(self._completed, schema.columns)))
        self._check_input(schema)
        self._check_output(schema, output)
        return self._contract(schema, output)

    def _contract(self, schema: Schema, output: Column | None) -> Contract:
        made = output is not None and output.name in self._plan.outputs
        return Contract(schema, output, self._plan.needed([output.name]) if output and made else ())

    def _completed(self, column: Column) -> Column:
        own = self._scorer.schema
        if column.name not in own:
            return column
        known = own[column.name]
        if (column.struct == "basic") != (known.struct == "basic"):
            raise SchemaError(f"the schema takes column {column.name!r} for a {column.struct}, it is a {known.struct}")
        return replace(column, nullable=known.nullable, size=known.size if column.struct == known.struct else None)

    def _check_input(self, schema: Schema) -> None:
        scorer = self._scorer
        try:
            # Without the booster this only compiles the bundle.
            fed = Scorer(Parts(scorer.bundle, schema, None, scorer.manifest))
        except ModelError as error:
            raise SchemaError(error.message, hint=f"the bundle's columns: {', '.join(self._plan.inputs)}") from error
        if fed.feature_count != scorer.feature_count:
            raise SchemaError(f"by the schema there are {fed.feature_count} features, not {scorer.feature_count}")

    def _check_output(self, schema: Schema, output: Column) -> None:
        if self._scorer.booster is not None and output.name != self._scorer.features:
            raise SchemaError(
                f"the schema's output is {output.name!r}, but the reply is a prediction",
                hint=f"name the booster's features, {self._scorer.features!r}, or serve the bundle alone",
            )
        kinds = self._plan.types(schema)
        kinds.update({column.name: ColumnType("vector") for column in schema.columns if column.struct == "array"})
        if output.name not in kinds:
            raise SchemaError(f"the schema's output {output.name!r} is no column; there are {', '.join(kinds)}")
        if not _fits(output, kinds[output.name]):
            kind = kinds[output.name]
            found = "text" if kind.kind == "text" else "a vector" if kind.kind == "vector" else f"one {kind.basic}"
            raise SchemaError(f"the schema's output {output.name!r} is {output.type}, {output.struct}; it is {found}")


def _fits(output: Column, kind: ColumnType) -> bool:
    if output.struct != "basic" or kind.kind == "vector":
        return output.struct != "basic" and kind.kind == "vector" and output.type in FLOAT_TYPES
    if kind.kind == "text" or output.type == "string":
        return kind.kind == "text" and output.type == "string"
    if output.type in FLOAT_TYPES:
        return kind.basic != "boolean"
    # A whole number may be widened, never cut.
    order = ("boolean", *INTEGER_TYPES)
    return (
        kind.basic in order
        and order.index(kind.basic) <= order.index(output.type)
        and (kind.basic != "boolean" or output.type == "boolean")
    )
