"""The scoring job: rows and a fused model in, predictions out, on as many machines as Spark has.

    spark-submit --py-files py-files.zip spark_jobs/batch_score.py --model model.tar.gz --input ROWS --output FOLDER

Runs alike under spark-submit, on SageMaker Processing, Glue and EMR; the master is spark-submit's. The predictions are
those of `inference-pipeline score`, to the last bit. The output folder or URI must not be there yet, and holds all
predictions with the marker _SUCCESS, or is not there at all.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from typing import Any, List, Optional, Tuple

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    # A script's own folder comes first and would hide modules of the same name.
    del sys.path[0]

from pipeline.errors import ConfigError, DataError
from spark_jobs import failing, feeding, hadoop, program, requiring, scoring, shipping
from spark_jobs.reading import LINE

_BATCH_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
# Spark's own 10,000 leave the scorer waiting more often.
_ROWS = "32768"


def parser() -> argparse.ArgumentParser:
    """The job's arguments."""
    known = argparse.ArgumentParser(allow_abbrev=False, prog="batch_score.py", description=__doc__.splitlines()[0])
    known.add_argument("--model", required=True, help="fused model archive, or run folder; path or URI")
    known.add_argument("--input", required=True, help="file, folder, pattern or URI of the rows")
    known.add_argument("--output", required=True, help="folder or URI to write, which must not be there yet")
    known.add_argument("--input-format", choices=("csv", "json", "jsonl", "parquet"), default="csv")
    known.add_argument("--output-format", choices=("csv", "json", "jsonl", "parquet"), default="parquet")
    known.add_argument("--columns", default="", help="columns to write before the prediction, by commas")
    known.add_argument("--delimiter", default=",")
    known.add_argument("--header", action="store_true", help="CSV files start with a line of names")
    known.add_argument("--quoted-rows", choices=("refuse", "unwrap"), default="refuse")
    return known


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the job; a failure on purpose prints its message and returns 1."""
    return program.main(parser(), run, argv, packages=requiring.SCORING)


def run(spark: Any, options: argparse.Namespace) -> int:
    """The job on a session that is there already; returns how many rows were scored. Raises PipelineError."""
    started = time.perf_counter()
    if hadoop.exists(spark, options.output):
        raise ConfigError(f"the output {options.output} is there already", hint="name another, or delete it")
    with tempfile.TemporaryDirectory() as folder:
        model = shipping.fetch(spark, options.model, folder)
        work, rows = prepared(spark, options, model)
        shipping.ship(spark, model)
        count = score(spark, options, work, rows)
    seconds = time.perf_counter() - started
    say(f"{count:,} rows in {seconds:.1f} s ({count / seconds:,.0f} rows/s): {options.output}")
    return count


def prepared(spark: Any, options: argparse.Namespace, model: str) -> Tuple[Any, Any]:
    """What the executors are to do, checked as far as it can be without reading, and the rows to do it with."""
    from pipeline.batch.contents import encoder
    from pipeline.batch.csv_tables import layout_of
    from pipeline.batch.files import format_named
    from pipeline.batch.partition import Work, columns_of
    from pipeline.data.csv import CsvOptions
    from pipeline.schema import Schema
    from pipeline.scoring import Scorer

    scorer = Scorer.load(model)
    columns = columns_of(scorer, [name.strip() for name in options.columns.split(",") if name.strip()])
    output = format_named(options.output_format)
    encoder(scorer, output, columns)
    contract = scorer.contract
    kept = [column for column in contract.columns if column in contract.features or column.name in columns]
    wanted = Schema(tuple(kept))
    form = format_named(options.input_format)
    rows = feeding.read(spark, options.input, form, wanted.names)
    layout, header = contract, None
    if form == feeding.CSV:
        csv = CsvOptions(options.delimiter, options.header, options.quoted_rows == "unwrap")
        first = first_line(rows, options.input)
        layout = layout_of(first + b"\n", contract, wanted, csv)
        header = first if options.header else None
    work = Work(
        model=os.path.basename(model),
        form=form,
        output=output,
        wanted=wanted,
        layout=layout,
        columns=columns,
        delimiter=options.delimiter,
        unwrap_rows=options.quoted_rows == "unwrap",
        header=header,
        threads=int(spark.sparkContext.getConf().get("spark.task.cpus", "1")),
    )
    return work, rows


def first_line(rows: Any, source: str) -> bytes:
    """The first line of the first file; raises DataError where there is none."""
    first = rows.select(LINE).head()
    if first is None:
        raise DataError("there is no row in it", source=source)
    return str(first[0]).encode()


def score(spark: Any, options: argparse.Namespace, work: Any, rows: Any) -> int:
    """Writes the output, all of it or nothing, and returns the number of rows."""
    if not spark.sparkContext.getConf().contains(_BATCH_ROWS):
        spark.conf.set(_BATCH_ROWS, _ROWS)
    headers = work.header is not None
    frame = feeding.fed(rows, work.form, work.wanted.names, headers=headers)
    counter = spark.sparkContext.accumulator(0)
    try:
        with failing.heard(rows, headers=headers):
            write(frame, work, counter, options)
        if not counter.value:
            raise DataError("there is no row in it", source=options.input)
    except ConfigError:
        # Somebody else's folder.
        raise
    except BaseException:
        hadoop.remove(spark, options.output)
        raise
    return int(counter.value)


def write(frame: Any, work: Any, counter: Any, options: argparse.Namespace) -> None:
    """One pass over the rows; Spark's committer lets the output appear at its end."""
    from pyspark.sql.utils import AnalysisException

    schema = output_schema(frame, work)
    if schema is None:
        return
    say(f"scoring on {frame.rdd.getNumPartitions()} partitions")
    writer = frame.mapInArrow(scoring.scorer_of(work, counter), schema).write
    try:
        if work.output == feeding.PARQUET:
            writer.parquet(options.output)
        else:
            writer.text(options.output, lineSep="\n")
    except AnalysisException as error:
        raise ConfigError(f"{options.output} cannot be written: {str(error).splitlines()[0]}") from error


def output_schema(frame: Any, work: Any) -> Any:
    """The output's columns for Spark, of Parquet those that the first rows turn into; None where there are no rows."""
    if work.output != feeding.PARQUET:
        return "value string"
    from pyspark.sql.pandas.types import from_arrow_schema

    from pipeline.batch.partition import unpacked_schema

    first = frame.mapInArrow(scoring.prober_of(work), "schema binary").head()
    return None if first is None else from_arrow_schema(unpacked_schema(bytes(first[0])))


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"batch_score: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__" and main():
    sys.exit(1)
