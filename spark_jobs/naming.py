"""Column names that Spark ML can take: it reads a dot as a path and a backtick as a quote.

The contract's own names come back in all that the job writes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from pipeline.schema import Schema
from spark_jobs.reading import quoted


def spark_names(schema: Schema) -> Dict[str, str]:
    """The name of each of the contract's columns for Spark ML: its own, or one with underscores."""
    taken = set(schema.names)
    names = {}
    for name in schema.names:
        safe = name
        if "." in name or "`" in name:
            safe = name.replace(".", "_").replace("`", "_")
            while safe in taken:
                safe += "_"
        taken.add(safe)
        names[name] = safe
    return names


def renamed_schema(schema: Schema, names: Dict[str, str]) -> Schema:
    """The contract as the feature pipeline sees it."""
    columns = tuple(replace(column, name=names[column.name]) for column in schema.columns)
    return replace(schema, columns=columns)


def renamed(rows: Any, names: Dict[str, str]) -> Any:
    """The rows as the feature pipeline sees them."""
    from pyspark.sql import functions as F

    return rows.select(*[F.col(quoted(name)).alias(names.get(name, name)) for name in rows.columns])
