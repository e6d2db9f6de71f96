"""A request to begin with: one row as the model's contract has it, with values that its indexers know."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.bundle.reader import Bundle
from pipeline.errors import PipelineError
from pipeline.local.pages.archives import Contents
from pipeline.operators.base import Node
from pipeline.operators.features.string_indexer import StringIndexer, StringIndexers
from pipeline.schema.contract import FLOAT_TYPES, INTEGER_TYPES, Column, Schema
from pipeline.schema.sparkml import parse_sparkml_schema
from pipeline.serving.media_types import CSV, JSON

_MOST_FEATURES = 2_000


@dataclass(frozen=True)
class Sample:
    """The body of a request and its Content-Type."""

    content_type: str
    body: str


def sample(contents: Contents, environment: Mapping[str, str]) -> Sample | None:
    """A row for a model's first container, whose variables these are; None where nothing says what its rows are."""
    if contents.bundle is None:
        features = contents.booster.features if contents.booster is not None else 0
        return Sample(CSV, ",".join(["0.5"] * features)) if 0 < features <= _MOST_FEATURES else None
    schema = _schema(contents, environment)
    if schema is None:
        return None
    row = {column.name: _value(column, contents.bundle) for column in schema.features}
    if any(column.struct != "basic" for column in schema.features):
        return Sample(JSON, json.dumps(row, ensure_ascii=False, indent=1))
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(_text(value) for value in row.values())
    return Sample(CSV, line.getvalue())


def _schema(contents: Contents, environment: Mapping[str, str]) -> Schema | None:
    document = environment.get("SAGEMAKER_SPARKML_SCHEMA", "").strip()
    if not document:
        return contents.schema
    try:
        return parse_sparkml_schema(document)[0]
    except PipelineError:
        return contents.schema


def _value(column: Column, bundle: Bundle) -> Any:
    if column.struct != "basic":
        return [_basic(column)] * (column.size or 1)
    label = next((label for node in bundle.nodes if (label := _label(node, column.name)) is not None), None)
    return _basic(column) if label is None else label


def _label(node: Node, column: str) -> str | None:
    """The first label, which is the commonest value, of an indexer that reads the column."""
    operator = node.operator
    if isinstance(operator, StringIndexer):
        indexers: tuple[StringIndexer, ...] = (operator,)
    elif isinstance(operator, StringIndexers):
        indexers = operator.indexers
    else:
        return None
    read = zip(node.shape.inputs.values(), indexers, strict=False)
    return next((one.labels[0] for name, one in read if name == column and one.labels), None)


def _basic(column: Column) -> Any:
    if column.type in FLOAT_TYPES:
        return 0.5
    if column.type in INTEGER_TYPES:
        return 1
    return True if column.type == "boolean" else "text"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
