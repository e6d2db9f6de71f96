"""The contract as the `SAGEMAKER_SPARKML_SCHEMA` document, there and back.

Source: AWS's SparkML serving container: {"input": [{"name", "type", "struct"}], "output": {"name", "type",
"struct"}}; `struct` is left out for one value.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

from pipeline.errors import SchemaError
from pipeline.schema.contract import STRUCTS, TYPES, Column, Schema


def sparkml_schema(schema: Schema, output: Column) -> Dict[str, Any]:
    """The document for a bundle that gets `schema`'s features and answers `output`."""
    return {"input": [_entry(column) for column in schema.features], "output": _entry(output)}


def sparkml_schema_text(schema: Schema, output: Column) -> str:
    """The document as compact JSON: a model's environment value holds at most 1,024 characters."""
    return json.dumps(sparkml_schema(schema, output), separators=(",", ":"), ensure_ascii=False)


def parse_sparkml_schema(document: Any) -> Tuple[Schema, Column]:
    """The contract and the output column of a document, as text or as parsed JSON; raises SchemaError."""
    if isinstance(document, (str, bytes)):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise SchemaError(f"the SparkML schema is not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("input"), list) or "output" not in document:
        raise SchemaError('a SparkML schema is {"input": [{"name", "type", "struct"}], "output": {...}}')
    return Schema(tuple(_column(entry, "input") for entry in document["input"])), _column(document["output"], "output")


def _entry(column: Column) -> Dict[str, str]:
    entry = {"name": column.name, "type": column.type}
    if column.struct != "basic":
        entry["struct"] = column.struct
    return entry


def _column(entry: Any, part: str) -> Column:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise SchemaError(f'the SparkML schema\'s {part} has an entry without a "name": {entry!r}')
    kind, struct = entry.get("type"), entry.get("struct", "basic")
    if kind not in TYPES or struct not in STRUCTS:
        raise SchemaError(
            f"the SparkML schema's {part} {entry['name']!r} has type {kind!r}, struct {struct!r}; "
            f"types: {', '.join(TYPES)}; structs: {', '.join(STRUCTS)}"
        )
    # AWS's container reads vectors of doubles only.
    return Column(entry["name"], "double" if struct == "vector" else kind, struct=struct)
