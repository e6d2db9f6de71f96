"""The data's profile for the report: quantiles and histograms of numbers, the most frequent texts."""

from __future__ import annotations

import math
from typing import Any, Dict, List

from pipeline.schema import Column, Schema
from spark_jobs.reading import quoted

# What is drawn comes from a sample of about this many rows: the cost stays, the picture too.
SAMPLED = 100_000
# Wide data has pictures of its first columns only: those that the report draws.
PROFILED = 24
PERCENTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
BINS = 20
# Texts with more values than this have no picture.
MAX_DISTINCT = 1000
TOP = 8


def profile(rows: Any, schema: Schema, statistics: Dict[str, Any], seed: int) -> Dict[str, Any]:
    """One entry a column: the check's statistics, and what is drawn of the first columns and the label."""
    sampled = statistics["rows"] > SAMPLED
    if sampled:
        rows = rows.sample(False, SAMPLED / statistics["rows"], seed)
    columns = [dict(entry) for entry in statistics["columns"]]
    drawn = {at: column for at, column in enumerate(schema.columns) if _is_drawn(at, column)}
    if drawn:
        _add_quantiles(rows, drawn, columns)
        _add_counts(rows, drawn, columns)
    return {"columns": [_finished(entry) for entry in columns], "sampled": SAMPLED if sampled else None}


def _is_drawn(at: int, column: Column) -> bool:
    return column.struct == "basic" and (at < PROFILED or column.label)


def _add_quantiles(rows: Any, drawn: Dict[int, Column], columns: List[Dict[str, Any]]) -> None:
    from pyspark.sql import functions as F

    wanted = []
    for at, column in drawn.items():
        value = F.col(quoted(column.name))
        wanted.append(F.approx_count_distinct(value).alias(f"distinct{at}"))
        if column.is_number:
            number = F.when(~F.isnan(value.cast("double")), value.cast("double"))
            wanted.append(F.percentile_approx(number, list(PERCENTILES), 1000).alias(f"quantiles{at}"))
    found = rows.agg(*wanted).head().asDict()
    for at in drawn:
        for name in ("distinct", "quantiles"):
            if f"{name}{at}" in found:
                columns[at][name] = found[f"{name}{at}"]


def _add_counts(rows: Any, drawn: Dict[int, Column], columns: List[Dict[str, Any]]) -> None:
    from pyspark.sql import functions as F

    keys: List[Any] = []
    for at, column in drawn.items():
        entry, value = columns[at], F.col(quoted(column.name))
        if column.is_number and not column.label and _finite(entry):
            low, width = float(entry["min"]), (float(entry["max"]) - float(entry["min"])) / BINS
            place = F.least(F.floor((value.cast("double") - low) / width), F.lit(BINS - 1))
            keys.append(_key(at, F.when(value.isNotNull(), place.cast("string"))))
        elif not column.is_number and entry["distinct"] <= MAX_DISTINCT:
            keys.append(_key(at, value.cast("string")))
    if keys:
        counted = rows.select(F.explode(F.array(*keys)).alias("key")).groupBy("key").count().collect()
        for row in counted:
            columns[row["key"]["at"]].setdefault("_counts", {})[row["key"]["text"]] = row["count"]


def _key(at: int, text: Any) -> Any:
    from pyspark.sql import functions as F

    return F.struct(F.lit(at).alias("at"), text.alias("text"))


def _finite(entry: Dict[str, Any]) -> bool:
    low, high = entry.get("min"), entry.get("max")
    return low is not None and high is not None and math.isfinite(low) and math.isfinite(high) and low < high


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
