"""The long tail cut off: customers and items with few ratings, of whom little can be learned."""

from __future__ import annotations

from typing import Any, Dict

from pipeline.errors import DataError
from spark_jobs.reading import quoted


def filtered(ratings: Any, least: Dict[str, int]) -> Any:
    """The ratings whose customer and item both have enough; `least` is a number of ratings by column.

    Counted once, over all ratings: what a customer loses with an item's leaving is not counted again.
    """
    from pyspark.sql import functions as F

    kept = ratings
    for column, count in least.items():
        if count > 1:
            frequent = ratings.groupBy(quoted(column)).count().where(F.col("count") >= count).drop("count")
            kept = kept.join(frequent, column)
    return kept


def sizes(ratings: Any, columns: "tuple[str, ...]") -> Dict[str, int]:
    """How many ratings there are, and how many different values each column has."""
    from pyspark.sql import functions as F

    counts = [F.countDistinct(quoted(column)).alias(f"of{place}") for place, column in enumerate(columns)]
    found = ratings.agg(F.count("*").alias("ratings"), *counts).head()
    return {"ratings": found["ratings"], **{column: found[f"of{place}"] for place, column in enumerate(columns)}}


def check(kept: Dict[str, int], least: Dict[str, int]) -> None:
    """Raises DataError where nothing is left."""
    if not kept["ratings"]:
        said = ", ".join(f"{count} for each {column}" for column, count in least.items())
        raise DataError(f"no rating is left: none has enough others ({said})", hint="lower the thresholds in ratings")
