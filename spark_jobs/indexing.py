"""Sequential indices for the values of a column, given out on the cluster: none of them passes the driver."""

from __future__ import annotations

from typing import Any

from spark_jobs.reading import quoted

NAME, INDEX = "name", "index"
_PART, _PLACE = "__part", "__place"
# monotonically_increasing_id(): the partition's number above the row's within it.
_PLACES = (1 << 33) - 1


def indexed(rows: Any, column: str, first: int = 0) -> Any:
    """The column's different values, as text in `name`, with `index`: from `first` on, in the order of their bytes.

    The same values get the same indices whatever the partitions. The frame is persisted; unpersist it afterwards.
    """
    from pyspark.sql import functions as F

    names = rows.select(F.col(quoted(column)).cast("string").alias(NAME)).distinct()
    parts = rows.sparkSession.sparkContext.defaultParallelism
    ranges = names.repartitionByRange(parts, NAME).sortWithinPartitions(NAME)
    placed = ranges.select(
        NAME,
        F.spark_partition_id().alias(_PART),
        F.monotonically_increasing_id().bitwiseAND(F.lit(_PLACES)).alias(_PLACE),
    ).persist()
    counts = {row[_PART]: row["count"] for row in placed.groupBy(_PART).count().collect()}
    starts = {}
    for part in sorted(counts):
        starts[part] = first
        first += counts[part]
    known = F.create_map(*[F.lit(value) for pair in starts.items() for value in pair])
    index = (known[F.col(_PART)] + F.col(_PLACE)).cast("bigint")
    table = placed.select(NAME, index.alias(INDEX)).persist()
    table.count()
    placed.unpersist()
    return table


def replaced(rows: Any, column: str, table: Any) -> Any:
    """The rows with a column's values replaced by their indices."""
    from pyspark.sql import functions as F

    wanted = table.select(F.col(NAME).alias("__name"), F.col(INDEX).alias("__index"))
    joined = rows.join(wanted, F.col(quoted(column)).cast("string") == F.col("__name"))
    return joined.withColumn(column, F.col("__index")).drop("__name", "__index")
