"""A job as a program: its arguments, its session, and a failure that is said in a line."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Callable, List, Optional, Sequence

from pipeline.errors import PipelineError
from spark_jobs import requiring

# Glue gives every job its run's name and more, which are nothing to the job.
_GLUE = "--JOB_RUN_ID"


def main(
    parser: argparse.ArgumentParser,
    run: Callable[[Any, argparse.Namespace], Any],
    argv: Optional[List[str]] = None,
    *,
    packages: Sequence[str] = (),
) -> int:
    """Runs a job on a session of its own; a failure on purpose prints its message and returns 1.

    `packages` are what its Python must have. The master is spark-submit's.
    """
    options = parse(parser, argv)
    spark = None
    try:
        if packages:
            requiring.require(packages)
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.appName(os.path.splitext(parser.prog)[0]).getOrCreate()
        run(spark, options)
    except PipelineError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    finally:
        if spark is not None:
            spark.stop()
    return 0


def add_rows_arguments(arguments: argparse.ArgumentParser, of_what: str) -> None:
    """The arguments of every job that reads rows of a contract: where they are, how they are written, where to."""
    arguments.add_argument("--input", required=True, help=f"file, folder or URI of the {of_what}")
    arguments.add_argument("--schema", required=True, help="the data contract, a JSON file or URI")
    arguments.add_argument("--output", required=True, help="folder or URI to write below")
    arguments.add_argument("--format", choices=("csv", "json", "parquet"), default="csv")
    arguments.add_argument("--delimiter", default=",", help="one or more characters")
    arguments.add_argument("--header", action="store_true", help="CSV files start with a line of names")
    arguments.add_argument("--quoted-rows", choices=("refuse", "unwrap"), default="refuse")


def parse(parser: argparse.ArgumentParser, argv: Optional[List[str]]) -> argparse.Namespace:
    """The options; exits, as argparse does, for one that is not known, unless the service that runs it adds some."""
    options, unknown = parser.parse_known_args(argv)
    if unknown and _GLUE not in unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options
