"""The label: which column it is, its classes, and their indices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Optional

from pipeline.errors import DataError, SchemaError
from pipeline.schema import Column, Schema
from spark_jobs.reading import quoted

MAX_CLASSES = 1000


def with_label(schema: Schema, name: Optional[str]) -> Schema:
    """The contract with its label; `name` overrides the contract's own."""
    if name is not None:
        schema[name]
        columns = [
            replace(column, label=column.name == name, classes=column.classes if column.name == name else None)
            for column in schema.columns
        ]
        schema = replace(schema, columns=tuple(columns))
    if schema.label is None:
        raise SchemaError(
            "the schema has no label", hint='mark one column with "label": true, or name it in data.label'
        )
    if schema.label.nullable:
        raise SchemaError(f"the label {schema.label.name!r} cannot be nullable: a row without it teaches nothing")
    return schema


def with_classes(rows: Any, schema: Schema) -> Schema:
    """The contract with the classes of a label of text or booleans, sorted, found in the data where it names none."""
    label = need(schema)
    if label.classes is not None or label.is_number:
        return schema
    if label.type == "boolean":
        names = ["false", "true"]
    else:
        found = rows.select(quoted(label.name)).distinct().limit(MAX_CLASSES + 1).collect()
        names = sorted(row[0] for row in found)
    if len(names) > MAX_CLASSES:
        raise DataError(f"more than {MAX_CLASSES} classes", column=label.name, hint="is this the label?")
    columns = [replace(column, classes=tuple(names)) if column.label else column for column in schema.columns]
    return replace(schema, columns=tuple(columns))


def indexed(rows: Any, schema: Schema) -> Any:
    """The rows with the label as float64: the index of its class, or the number itself.

    Raises DataError for a value that is none of the classes.
    """
    from pyspark.sql import functions as F

    label = need(schema)
    value = F.col(quoted(label.name))
    if label.classes is None:
        return rows.withColumn(label.name, value.cast("double"))
    text = F.lower(value.cast("string")) if label.type == "boolean" else value.cast("string")
    index = F.create_map(*[F.lit(part) for at, name in enumerate(label.classes) for part in (name, float(at))])
    unknown = rows.where(index[text].isNull()).select(text).head()
    if unknown is not None:
        raise DataError(f"found {unknown[0]!r}", column=label.name, expected=f"one of {', '.join(label.classes[:20])}")
    return rows.withColumn(label.name, index[text])


def classes(schema: Schema) -> Optional[List[str]]:
    """The names of the classes, or None for a label that is a number."""
    label = need(schema)
    return None if label.classes is None else list(label.classes)


def need(schema: Schema) -> Column:
    """The label's column."""
    label = schema.label
    assert label is not None
    return label
