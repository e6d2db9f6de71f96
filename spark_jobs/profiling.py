"""The data's profile for the report: histograms of numbers, the most frequent texts."""

from __future__ import annotations

import math
from typing import Any, Dict, List

from pipeline.schema import Schema
from spark_jobs.checking import PROFILED
from spark_jobs.reading import quoted

BINS = 20
# Texts with more values than this have no picture.
MAX_DISTINCT = 1000
TOP = 8


def profile(rows: Any, schema: Schema, statistics: Dict[str, Any]) -> List[Dict[str, Any]]:
    """One entry a column: the check's statistics, and counts to draw for the profiled columns; one pass."""
    from pyspark.sql import functions as F

    columns = [dict(entry) for entry in statistics["columns"]]
    drawn: List[Any] = []
    for at, (column, entry) in enumerate(list(zip(schema.columns, columns))[:PROFILED]):
        value = F.col(quoted(column.name))
        if column.is_number and not column.label and _finite(entry):
            low, width = float(entry["min"]), (float(entry["max"]) - float(entry["min"])) / BINS
            place = F.least(F.floor((value.cast("double") - low) / width), F.lit(BINS - 1))
            drawn.append(_key(at, F.when(value.isNotNull(), place.cast("string"))))
        elif column.struct == "basic" and not column.is_number and entry.get("distinct", 0) <= MAX_DISTINCT:
            drawn.append(_key(at, value.cast("string")))
    if drawn:
        counted = rows.select(F.explode(F.array(*drawn)).alias("key")).groupBy("key").count().collect()
        for row in counted:
            columns[row["key"]["at"]].setdefault("_counts", {})[row["key"]["text"]] = row["count"]
    return [_finished(entry) for entry in columns]


def _key(at: int, text: Any) -> Any:
    from pyspark.sql import functions as F

    return F.struct(F.lit(at).alias("at"), text.alias("text"))


def _finite(entry: Dict[str, Any]) -> bool:
    bounds = entry.get("min"), entry.get("max")
    return all(bound is not None and math.isfinite(bound) for bound in bounds) and bounds[0] < bounds[1]


def _finished(entry: Dict[str, Any]) -> Dict[str, Any]:
    counts = entry.pop("_counts", {})
    entry.pop("constant", None)
    counts.pop(None, None)
    if "min" in entry and counts:
        width = (float(entry["max"]) - float(entry["min"])) / BINS
        entry["histogram"] = {
            "edges": [float(entry["min"]) + width * at for at in range(BINS)] + [float(entry["max"])],
            "counts": [counts.get(str(at), 0) for at in range(BINS)],
        }
    elif counts:
        entry["top"] = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return {key: _plain(value) for key, value in entry.items()}


def _plain(value: Any) -> Any:
    """JSON has no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
