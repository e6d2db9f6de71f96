"""The processing job: raw rows in; training data, test rows, bundle and a summary out.

    spark-submit --py-files pipeline.zip spark_jobs/preprocess.py --input ROWS --schema SCHEMA --output FOLDER

Runs alike under spark-submit, on SageMaker Processing and from the command line; the master is spark-submit's.
Below the output folder or URI it writes train/ and validation/ (label first, no header), test/ (the raw rows,
untouched), verification/ (test rows with Spark's own features), model.tar.gz (the MLeap bundle) and summary.json; and
requests/ (the test rows as an endpoint takes them), where a transform job is to follow.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, List, Optional

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    # A script's own folder comes first and would hide the user's modules.
    del sys.path[0]

from pipeline.schema import parse_schema
from spark_jobs import (
    checking,
    featuring,
    labelling,
    naming,
    profiling,
    program,
    reading,
    refusal,
    splitting,
    storing,
    values,
    writing,
)


def parser() -> argparse.ArgumentParser:
    """The job's arguments."""
    arguments = argparse.ArgumentParser(prog="preprocess.py", description=__doc__.splitlines()[0])
    program.add_rows_arguments(arguments, "raw rows")
    arguments.add_argument("--train-key", default="train", help="the training split's place below the output")
    arguments.add_argument("--validation-key", default="validation", help="the validation split's place")
    arguments.add_argument("--label", help="the label's column, where the schema names none or another")
    arguments.add_argument("--features", default="auto", help="auto, or module:function(schema)")
    arguments.add_argument("--features-column", default="features")
    arguments.add_argument("--split", default="0.8,0.1,0.1", help="weights of train, validation and test")
    arguments.add_argument("--seed", type=int, default=42)
    arguments.add_argument("--training-format", choices=writing.FORMATS, default="csv")
    arguments.add_argument("--shards", type=int, default=1, help="files a channel")
    arguments.add_argument("--serializer", choices=("native", "mleap"), default="native")
    arguments.add_argument("--verify-rows", type=int, default=0, help="test rows to write with Spark's features")
    arguments.add_argument("--requests", action="store_true", help="write the test rows as an endpoint takes them too")
    return arguments


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the job; a failure on purpose prints its message and returns 1."""
    return program.main(parser(), run, argv)


def run(spark: Any, options: argparse.Namespace) -> None:
    """The job on a session that is there already."""
    schema = labelling.with_label(parse_schema(storing.read_text(spark, options.schema)), options.label)
    weights = splitting.parse_weights(options.split)
    say("reading and checking every row")
    lines = reading.read(spark, options, schema)
    # Read again where it is needed: for errors, and to write the raw rows.
    read = splitting.with_split(values.typed(lines, schema), weights, options.seed)
    rows = values.kept(read, schema, splitting.SPLIT).persist()
    statistics = checking.check(rows, schema, options, read)
    schema = labelling.with_classes(rows, schema)
    counts = splitting.counts(rows, weights)
    say(f"{statistics['rows']:,} rows: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))

    say("fitting the features on the training split")
    names = naming.spark_names(schema)
    ready = naming.renamed(labelling.indexed(rows, schema), names)
    train = splitting.take(ready, "train")
    pipeline = featuring.load(options.features, naming.renamed_schema(schema, names), options.features_column)
    model = featuring.fit(pipeline, train, options.features_column)
    say("writing the splits")
    writing.raw_rows(splitting.take(read, "test"), lines, schema, options)
    if options.requests:
        writing.requests(splitting.take(read, "test"), schema, options)
    with refusal.explained(model, read, names):
        feature_names = writing.channels(model, ready, schema, options, counts)
        if options.verify_rows:
            test = splitting.take(ready, "test").limit(options.verify_rows)
            writing.verification(model, test, schema, options)
    say("writing the bundle")
    stages = storing.write_model(spark, model, train, schema, options)
    summary = {
        "rows": statistics["rows"],
        "splits": counts,
        "seed": options.seed,
        "classes": labelling.classes(schema),
        "features": {
            "column": options.features_column,
            "names": feature_names,
            "count": len(feature_names),
            "stages": stages,
        },
        "zeros_are_missing": options.training_format == "libsvm",
        "profile": profiling.profile(rows, schema, statistics, options.seed),
        "versions": {"pyspark": spark.version, "java": storing.java_version(spark)},
    }
    storing.write_text(spark, f"{options.output}/schema.json", json.dumps(schema.to_dict(), ensure_ascii=False))
    storing.write_text(spark, f"{options.output}/summary.json", json.dumps(summary, ensure_ascii=False))
    rows.unpersist()


def say(text: str) -> None:
    """One line of progress, for people and for the program that started the job."""
    sys.stderr.write(f"preprocess: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
