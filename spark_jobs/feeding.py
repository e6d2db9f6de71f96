"""What the executors' scorers are fed: lines of text as they stand in the files, or typed columns of Parquet."""

from __future__ import annotations

from typing import Any, Sequence

from pipeline.errors import DataError
from spark_jobs.reading import FILE, LINE, START, placed, quoted

CSV, JSON, PARQUET = "csv", "json", "parquet"
# What is no row, as one machine has it.
_BLANK = {CSV: r"^\r?$", JSON: r"^[ \t\r\x0b\x0c]*$"}


def read(spark: Any, source: str, form: str, columns: Sequence[str]) -> Any:
    """The rows with their places: text in the column LINE, of Parquet the named columns.

    Raises DataError for what cannot be read, and for a column that is not there.
    """
    from pyspark.sql.utils import AnalysisException

    try:
        if form == PARQUET:
            frame = spark.read.parquet(source)
        else:
            # Only a line feed ends a line: what else stands in it is the parser's.
            frame = spark.read.text(source, lineSep="\n").withColumnRenamed("value", LINE)
    except AnalysisException as error:
        raise DataError(
            f"{source} cannot be read: {str(error).splitlines()[0]}", hint="is the path right, and readable?"
        ) from error
    if form != PARQUET:
        return placed(frame.where(~frame[LINE].rlike(_BLANK[form])))
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(
            f"column {missing[0]!r} is missing", source=source, expected=f"the columns {', '.join(columns)}"
        )
    return placed(frame.select(*[quoted(name) for name in columns]))


def fed(rows: Any, form: str, columns: Sequence[str], *, headers: bool = False) -> Any:
    """The columns that go to the executors' Python.

    With `headers` each line has beside it a number that tells files apart, null but in a file's first block.
    """
    from pyspark.sql import functions as F

    if form == PARQUET:
        return rows.select(*[quoted(name) for name in columns])
    if not headers:
        return rows.select(LINE)
    return rows.select(LINE, F.when(F.col(START) == 0, F.xxhash64(F.col(FILE))).alias("file"))
