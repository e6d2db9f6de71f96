"""Ratings as rows of customer, item and rating: what the contract must say of them, and what is refused."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from pipeline.errors import DataError, SchemaError
from pipeline.schema import Schema
from spark_jobs import explaining, splitting
from spark_jobs.reading import LINE, quoted

# No name holds it: two names beside each other cannot be read as two others.
_BETWEEN = "\x01"


def check_columns(schema: Schema, options: Namespace) -> None:
    """Raises SchemaError where the contract lacks one of the three columns, or says something else of it."""
    for what in ("customer", "item", "rating"):
        column = schema[getattr(options, what)]
        if column.nullable or column.ignore or column.struct != "basic":
            raise SchemaError(
                f"ratings.{what}: the contract's column {column.name!r} must be one value of each row, neither "
                "nullable nor ignored"
            )
        if what == "rating" and not column.is_number:
            raise SchemaError(f"ratings.rating: the contract's column {column.name!r} is {column.type}, no number")


def ratings(rows: Any, read: Any, options: Namespace) -> Any:
    """The rows as customer and item (text) and rating (double); `read` are the rows with their places.

    Raises DataError, naming the row, for a rating that is no finite number, and for a customer who rates an item twice
    where that is refused; else the mean of such ratings is taken.
    """
    from pyspark.sql import functions as F

    rating = F.col(quoted(options.rating)).cast("double")
    # Not as a range: Spark's cache would leave out what its bounds, which pass NaN over, seem not to hold.
    unfit = F.isnan(rating) | (rating == float("inf")) | (rating == float("-inf"))
    if rows.where(unfit).head(1):
        number, source, record = explaining.first(read, unfit, options.rating)
        raise DataError(
            f"found {record[options.rating]}", row=number, column=options.rating, expected="a number", source=source
        )
    named = rows.select(
        F.col(quoted(options.customer)).cast("string").alias("customer"),
        F.col(quoted(options.item)).cast("string").alias("item"),
        rating.alias("rating"),
    )
    pairs = named.groupBy("customer", "item")
    if options.duplicates == "average":
        return pairs.agg(F.avg("rating").alias("rating"))
    twice = pairs.count().where("count > 1").orderBy("customer", "item").head()
    if twice is not None:
        raise _twice(read, twice, options)
    return named


def _twice(read: Any, pair: Any, options: Namespace) -> DataError:
    from pyspark.sql import functions as F

    both = F.lit(True)
    for what in ("customer", "item"):
        both = both & (F.col(quoted(getattr(options, what))).cast("string") == F.lit(pair[what]))
    number, source, _ = explaining.first(read, both)
    return DataError(
        f"{options.customer} {pair['customer']!r} rates {options.item} {pair['item']!r} {pair['count']} times, "
        "here first",
        row=number,
        source=source,
        hint="ratings.duplicates: average takes the mean of such ratings",
    )


def with_split(kept: Any, weights: splitting.Weights, seed: int) -> Any:
    """The ratings with their split, by a hash of customer and item, and an `order` that is as random as that hash."""
    from pyspark.sql import functions as F

    pair = F.concat_ws(_BETWEEN, "customer", "item")
    split = splitting.with_split(kept.withColumn(LINE, pair), weights, seed)
    # Another seed: within a split the first hash is not even any more.
    return split.withColumn("order", F.xxhash64(F.lit(seed + 1), F.col(LINE))).drop(LINE)


def labelled(ratings: Any, positive: Any) -> Any:
    """The ratings, or 1 and 0 for those from `positive` on and below."""
    from pyspark.sql import functions as F

    if positive is None:
        return ratings
    return ratings.withColumn("rating", (F.col("rating") >= F.lit(positive)).cast("double"))


def mean(ratings: Any) -> float:
    """The mean label."""
    from pyspark.sql import functions as F

    return float(ratings.agg(F.avg("rating")).head()[0])
