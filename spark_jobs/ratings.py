"""The recommender's processing job: ratings in; one-hot rows for factorization machines and index tables out.

    spark-submit --py-files py-files.zip spark_jobs/ratings.py --input ROWS --schema SCHEMA --output FOLDER
        --customer customer --item item --rating rating

Below the output folder or URI it writes train/, validation/ and test/ (recordIO-protobuf, the rating as label),
requests/ (the test rows without it, in the same files and order), customers/ and items/ (Parquet: name and index),
schema.json and summary.json. Customers have the indices from 0, items those behind them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Dict, List, Optional

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    # A script's own folder comes first and would hide modules of the same name.
    del sys.path[0]

from pipeline.errors import ConfigError
from pipeline.schema import parse_schema
from spark_jobs import (
    checking,
    indexing,
    long_tail,
    profiling,
    program,
    rating_rows,
    reading,
    recording,
    splitting,
    storing,
    values,
)


def parser() -> argparse.ArgumentParser:
    """The job's arguments."""
    arguments = argparse.ArgumentParser(prog="ratings.py", description=__doc__.splitlines()[0])
    program.add_rows_arguments(arguments, "ratings")
    arguments.add_argument("--customer", required=True, help="the column that says who rates")
    arguments.add_argument("--item", required=True, help="the column that says what is rated")
    arguments.add_argument("--rating", required=True, help="the column of numbers that is learned")
    arguments.add_argument("--min-customer-ratings", type=int, default=5)
    arguments.add_argument("--min-item-ratings", type=int, default=9)
    arguments.add_argument("--duplicates", choices=("refuse", "average"), default="refuse")
    arguments.add_argument("--feature-dim", type=int, help="features of a row, where there are to be more than needed")
    arguments.add_argument("--positive", type=float, help="labels are 1 for ratings from here on, and 0 below")
    arguments.add_argument("--split", default="0.8,0.1,0.1", help="weights of train, validation and test")
    arguments.add_argument("--seed", type=int, default=42)
    arguments.add_argument("--shards", type=int, default=1, help="files a channel")
    return arguments


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the job; a failure on purpose prints its message and returns 1."""
    return program.main(parser(), run, argv)


def run(spark: Any, options: argparse.Namespace) -> None:
    """The job on a session that is there already."""
    schema = parse_schema(storing.read_text(spark, options.schema))
    rating_rows.check_columns(schema, options)
    weights = splitting.parse_weights(options.split)
    say("reading and checking every rating")
    lines = reading.read(spark, options, schema)
    # Read again where it is needed: for errors.
    read = values.typed(lines, schema)
    rows = values.kept(read, schema).persist()
    statistics = checking.check(rows, schema, options, read)
    ratings = rating_rows.ratings(rows, read, options)

    say("filtering the long tail")
    named = ("customer", "item")
    least = {"customer": options.min_customer_ratings, "item": options.min_item_ratings}
    before = long_tail.sizes(ratings, named)
    kept = long_tail.filtered(ratings, least).persist()
    after = long_tail.sizes(kept, named)
    long_tail.check(after, least)
    size = feature_dim(after, options)
    say(", ".join(f"{after[name]:,} of {before[name]:,} {_MANY.get(name, name)}" for name in before))

    say("giving out indices")
    tables = {
        "customer": indexing.indexed(kept, "customer"),
        "item": indexing.indexed(kept, "item", first=after["customer"]),
    }
    split = rating_rows.with_split(kept, weights, options.seed)
    for name, table in tables.items():
        split = indexing.replaced(split, name, table)
    split = rating_rows.labelled(split, options.positive).persist()
    counts = splitting.counts(split, weights)
    mean = rating_rows.mean(splitting.take(split, "train"))
    say("writing " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    for name, count in counts.items():
        if count:
            part = splitting.take(split, name)
            recording.write(part, f"{options.output}/{name}", size=size, shards=options.shards)
    requests = f"{options.output}/requests"
    recording.write(splitting.take(split, "test"), requests, size=size, shards=options.shards, labelled=False)
    for name, table in tables.items():
        table.write.parquet(f"{options.output}/{_MANY[name]}")
    summary = {
        "rows": statistics["rows"],
        "splits": counts,
        "seed": options.seed,
        "classes": None,
        "feature_dim": size,
        "mean": mean,
        "ratings": {_MANY.get(name, name): {"before": before[name], "after": after[name]} for name in before},
        "profile": profiling.profile(rows, schema, statistics, options.seed),
        "versions": {"pyspark": spark.version, "java": storing.java_version(spark)},
    }
    storing.write_text(spark, f"{options.output}/schema.json", json.dumps(schema.to_dict(), ensure_ascii=False))
    storing.write_text(spark, f"{options.output}/summary.json", json.dumps(summary, ensure_ascii=False))
    for frame in (rows, kept, split, *tables.values()):
        frame.unpersist()


_MANY = {"customer": "customers", "item": "items"}


def feature_dim(kept: Dict[str, int], options: argparse.Namespace) -> int:
    """How many features a row has: as many as customers and items, or what the options say; ConfigError for less."""
    needed = kept["customer"] + kept["item"]
    if options.feature_dim is None:
        return needed
    if options.feature_dim < needed:
        raise ConfigError(
            f"feature_dim is {options.feature_dim:,}, but {kept['customer']:,} customers and {kept['item']:,} items "
            f"are {needed:,} features",
            hint=f"training.hyperparameters.feature_dim: {needed}, or more",
        )
    return int(options.feature_dim)


def say(text: str) -> None:
    """One line of progress, for people and for the program that started the job."""
    sys.stderr.write(f"ratings: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
