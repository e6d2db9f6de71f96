"""Every row held against the contract, in the pass that gathers the statistics of every column."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Dict, List

from pipeline.errors import DataError
from pipeline.schema import Column, Schema
from spark_jobs import explaining
from spark_jobs.reading import quoted
from spark_jobs.values import DAMAGED, FLAW, SOUND


def check(rows: Any, schema: Schema, options: Namespace, explained: Any) -> Dict[str, Any]:
    """Statistics of every column; raises DataError for the first row that does not fit.

    Also refused: a column without any value, and a label that is the same in every row. `explained` are the rows
    with their text and places, read again only where something is wrong.
    """
    from pyspark.sql import functions as F

    totals = [F.count("*").alias("rows"), F.max(FLAW).alias("flaw")]
    found = rows.agg(*totals, *_statistics(schema)).head().asDict()
    if not found["rows"]:
        raise DataError(f"{options.input} is empty", hint="there is no row in it")
    if found["flaw"] == DAMAGED:
        raise explaining.damaged(explained)
    if found["flaw"] != SOUND:
        raise explaining.unfit(explained, schema, options)
    columns = [_collected(found, at, column) for at, column in enumerate(schema.columns)]
    for column, statistics in zip(schema.columns, columns):
        if statistics["nulls"] == found["rows"] and not column.ignore:
            hint = 'set it aside in the schema: "ignore": true'
            raise DataError("every value is missing", column=column.name, hint=hint)
        if column.label and statistics["constant"]:
            raise DataError("the label is the same in every row: nothing can be learned", column=column.name)
    return {"rows": found["rows"], "columns": columns}


def _statistics(schema: Schema) -> List[Any]:
    from pyspark.sql import functions as F

    wanted = []
    for at, column in enumerate(schema.columns):
        value = F.col(quoted(column.name))
        wanted.append(F.count(value).alias(f"count{at}"))
        if column.struct != "basic":
            continue
        wanted += [F.min(value).alias(f"min{at}"), F.max(value).alias(f"max{at}")]
        if column.is_number:
            number = F.when(~F.isnan(value.cast("double")), value.cast("double"))
            wanted += [F.avg(number).alias(f"mean{at}"), F.stddev_samp(number).alias(f"stddev{at}")]
    return wanted


def _collected(found: Dict[str, Any], at: int, column: Column) -> Dict[str, Any]:
    count = found[f"count{at}"]
    statistics: Dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "count": found["rows"],
        "nulls": found["rows"] - count,
    }
    low, high = found.get(f"min{at}"), found.get(f"max{at}")
    statistics["constant"] = count > 0 and f"min{at}" in found and low == high
    if column.is_number:
        statistics.update(min=low, max=high, mean=found[f"mean{at}"], stddev=found[f"stddev{at}"])
    return statistics
