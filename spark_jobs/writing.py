"""The splits written for XGBoost and for people; nothing passes through the driver."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Dict, List

from pipeline.errors import DataError
from pipeline.schema import Schema
from spark_jobs import featuring, labelling, splitting
from spark_jobs.reading import LINE, Lines, quoted, text_name
from spark_jobs.vectors import vector_to_array

FORMATS = ("csv", "libsvm", "parquet")


def channels(model: Any, rows: Any, schema: Schema, options: Namespace, counts: Dict[str, int]) -> List[str]:
    """Writes train/ and validation/, label first, and returns the features' names."""
    from pyspark.sql import functions as F

    label = labelling.need(schema).name
    vector = options.features_column
    transformed = model.transform(rows)
    size = len(splitting.take(transformed, "train").select(vector).head()[0])
    feature_names = featuring.names(transformed, vector, size)
    ready = transformed.select(
        splitting.SPLIT,
        F.col(quoted(label)).alias("label"),
        vector_to_array(rows.sparkSession, F.col(quoted(vector))).alias("values"),
    )
    for name in ("train", "validation"):
        if counts[name]:
            part = splitting.take(ready, name).drop(splitting.SPLIT).repartition(options.shards)
            _write(part, f"{options.output}/{name}", options.training_format, size)
    return feature_names


def _write(part: Any, path: str, form: str, size: int) -> None:
    from pyspark.sql import functions as F

    label = F.col("label").cast("string")
    if form == "parquet":
        columns = [F.col("values")[place].alias(f"f{place}") for place in range(size)]
        part.select("label", *columns).write.parquet(path)
        return
    if form == "csv":
        texts = F.transform("values", lambda value: value.cast("string"))
        line = F.concat_ws(",", label, F.array_join(texts, ","))
    else:
        # Zeros are left out, as libsvm has it: XGBoost reads them as missing, when training and when scoring.
        entries = F.transform("values", lambda value, at: F.struct(at.alias("at"), value.alias("value")))
        stored = F.filter(entries, lambda entry: entry["value"] != 0)
        texts = F.transform(
            stored, lambda entry: F.concat_ws(":", entry["at"].cast("string"), entry["value"].cast("string"))
        )
        line = F.concat_ws(" ", label, F.array_join(texts, " "))
    part.select(line.alias("value")).write.text(path)


def raw_rows(test: Any, lines: Lines, options: Namespace) -> None:
    """Writes test/: the rows as they came."""
    from pyspark.sql import functions as F

    path = f"{options.output}/test"
    if lines.typed:
        test.select(*[quoted(name) for name in lines.names]).write.parquet(path)
    elif lines.header:
        places = {name: text_name(at) for at, name in enumerate(_contract_order(test, lines))}
        columns = [F.col(places[name]).alias(name) for name in lines.names]
        test.select(*columns).write.csv(
            path, header=True, sep=options.delimiter, quote='"', escape='"', emptyValue='""'
        )
    else:
        test.select(F.col(LINE).alias("value")).write.text(path)


def _contract_order(test: Any, lines: Lines) -> List[str]:
    known = set(lines.names)
    return [name for name in test.columns if name in known]


def verification(model: Any, test: Any, schema: Schema, options: Namespace) -> None:
    """Writes verification/: test rows in the contract's types with the vector that Spark itself makes of them."""
    from pyspark.sql import functions as F
    from pyspark.sql.utils import CapturedException

    columns = [F.col(quoted(column.name)) for column in schema.columns]
    transformed = model.transform(test).select(*columns, F.col(quoted(options.features_column)))
    try:
        transformed.coalesce(1).write.parquet(f"{options.output}/verification")
    except CapturedException as error:
        raise DataError(f"Spark refuses a row of the test split: {featuring.first_line(error)}") from error
