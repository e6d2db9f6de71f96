"""The processing job's splits, read back where they are: `label` and `values` of every row."""

from __future__ import annotations

from typing import Any

from pipeline.errors import DataError


def read(spark: Any, path: str, form: str, size: int) -> Any:
    """A split of csv, libsvm or parquet as `label` (double) and `values` (array of `size` doubles).

    What libsvm leaves out is 0. Raises DataError for a folder that is not there.
    """
    from pyspark.sql.utils import AnalysisException

    try:
        if form == "parquet":
            return _parquet(spark.read.parquet(path), size)
        lines = spark.read.text(path)
        return _csv(lines) if form == "csv" else _libsvm(lines, size)
    except AnalysisException as error:
        raise DataError(f"{path} cannot be read: {str(error).splitlines()[0]}", hint="is it the job's?") from error


def check(rows: Any, size: int, source: str) -> int:
    """The number of rows; raises DataError for none, and for any that the processing job cannot have written."""
    from pyspark.sql import functions as F

    unfit = F.col("label").isNull() | (F.size("values") != size) | F.exists("values", lambda value: value.isNull())
    found = rows.agg(F.count("*").alias("rows"), F.count(F.when(unfit, 1)).alias("unfit")).head()
    if not found["rows"]:
        raise DataError("there is no row in it", source=source)
    if found["unfit"]:
        raise DataError(f"{found['unfit']} rows are no label and {size} numbers", source=source)
    return int(found["rows"])


def _parquet(frame: Any, size: int) -> Any:
    from pyspark.sql import functions as F

    values = [F.col(f"f{place}").cast("double") for place in range(size)]
    return frame.select(F.col("label").cast("double").alias("label"), F.array(*values).alias("values"))


def _csv(lines: Any) -> Any:
    from pyspark.sql import functions as F

    cells = lines.select(F.transform(F.split("value", ","), _number).alias("cells"))
    rest = F.expr("slice(cells, 2, greatest(size(cells) - 1, 0))")
    return cells.select(F.col("cells")[0].alias("label"), rest.alias("values"))


def _libsvm(lines: Any, size: int) -> Any:
    from pyspark.sql import functions as F

    entries = F.expr("str_to_map(regexp_replace(value, '^[^ ]+ ?', ''), ' ', ':')")
    split = lines.select(F.split("value", " ")[0].alias("label"), entries.alias("entries"))
    places = F.array(*[F.lit(str(place)) for place in range(size)])
    values = F.transform(places, lambda place: F.coalesce(_number(F.col("entries")[place]), F.lit(0.0)))
    return split.select(_number(F.col("label")).alias("label"), values.alias("values"))


def _number(text: Any) -> Any:
    """The number of a text, null for one that is none, whatever Spark's ANSI mode."""
    from pyspark.sql import functions as F

    return F.when(text.rlike(r"^-?([0-9.]+(E-?[0-9]+)?|Infinity|NaN)$"), text.cast("double"))
