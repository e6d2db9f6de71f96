"""The splits written for XGBoost and for people; nothing passes through the driver."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Dict, List

from pipeline.schema import Schema
from spark_jobs import featuring, labelling, naming, splitting
from spark_jobs.reading import LINE, Lines, quoted, text_name
from spark_jobs.vectors import vector_to_array

FORMATS = ("csv", "libsvm", "parquet")


def channels(model: Any, rows: Any, schema: Schema, options: Namespace, counts: Dict[str, int]) -> List[str]:
    """Writes train/ and validation/, label first, and returns the features' names."""
    from pyspark.sql import functions as F

    label = naming.spark_names(schema)[labelling.need(schema).name]
    vector = options.features_column
    first = model.transform(splitting.take(rows, "train")).select(vector).limit(1)
    size = len(first.head()[0])
    for name, key in (("train", options.train_key), ("validation", options.validation_key)):
        if counts[name]:
            # Split first: Spark takes no filter through a StringIndexer, whose function it holds for random.
            part = model.transform(splitting.take(rows, name)).select(
                F.col(quoted(label)).alias("label"),
                vector_to_array(rows.sparkSession, F.col(quoted(vector))).alias("values"),
            )
            # Even shares for several instances are worth a shuffle; for one, the files may fall as they do.
            part = part.repartition(options.shards) if options.shards > 1 else part
            _write(part, f"{options.output}/{key}", options.training_format, size)
    return featuring.names(first, vector, size)


def _write(part: Any, path: str, form: str, size: int) -> None:
    from pyspark.sql import functions as F

    label = F.col("label").cast("string")
    if form == "parquet":
        columns = [F.col("values")[place].alias(f"f{place}") for place in range(size)]
        part.select("label", *columns).write.parquet(path)
        return
    if form == "csv":
        line = F.concat_ws(",", label, F.col("values").cast("array<string>"))
    else:
        # Zeros are left out, as libsvm has it: XGBoost reads them as missing, when training and when scoring.
        entries = F.transform("values", lambda value, at: F.struct(at.alias("at"), value.alias("value")))
        stored = F.filter(entries, lambda entry: entry["value"] != 0)
        texts = F.transform(
            stored, lambda entry: F.concat_ws(":", entry["at"].cast("string"), entry["value"].cast("string"))
        )
        line = F.concat_ws(" ", label, F.array_join(texts, " "))
    part.select(line.alias("value")).write.text(path)


def raw_rows(test: Any, lines: Lines, schema: Schema, options: Namespace) -> None:
    """Writes test/: the rows as they came; `test` has their text."""
    from pyspark.sql import functions as F

    path = f"{options.output}/test"
    columns = {name: F.col(text_name(at)).alias(name) for at, name in enumerate(schema.names)}
    if lines.typed:
        test.select(*[columns[name] for name in lines.names]).write.parquet(path)
    elif lines.header:
        test.select(*[columns[name] for name in lines.names]).write.csv(
            path, header=True, sep=options.delimiter, quote='"', escape='"', emptyValue='""'
        )
    else:
        test.select(F.col(LINE).alias("value")).write.text(path)


def requests(test: Any, schema: Schema, options: Namespace) -> None:
    """Writes requests/: the features alone, as the text they came in, in CSV with commas; nothing for vectors."""
    from pyspark.sql import functions as F

    if all(column.struct == "basic" for column in schema.features):
        places = {name: at for at, name in enumerate(schema.names)}
        columns = [F.col(text_name(places[column.name])).alias(column.name) for column in schema.features]
        test.select(*columns).write.csv(
            f"{options.output}/requests",
            quote='"',
            escape='"',
            emptyValue='""',
            ignoreLeadingWhiteSpace=False,
            ignoreTrailingWhiteSpace=False,
        )


def verification(model: Any, test: Any, schema: Schema, options: Namespace) -> None:
    """Writes verification/: test rows in the contract's types with the vector that Spark itself makes of them."""
    from pyspark.sql import functions as F

    columns = [F.col(quoted(safe)).alias(name) for name, safe in naming.spark_names(schema).items()]
    transformed = model.transform(test).select(*columns, F.col(quoted(options.features_column)))
    transformed.coalesce(1).write.parquet(f"{options.output}/verification")
