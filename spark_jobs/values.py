"""Text, or Parquet's values, to the contract's types, with a code for what does not fit."""

from __future__ import annotations

from functools import reduce
from typing import Any

from pipeline.schema import Column, Schema
from pipeline.schema.contract import FLOAT_TYPES, INTEGER_TYPES
from pipeline.schema.text import DECIMAL, FALSE, INTEGER, NON_FINITE, SPACE, TRUE
from spark_jobs.reading import BROKEN, LINE, PLACES, Lines, quoted, text_name, value_name
from spark_jobs.vectors import array_to_vector

_SQL_TYPES = {
    "byte": "tinyint",
    "short": "smallint",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
}
# A code a column, of the rows that are explained.
CHECKS = "__checks"
FITS, MISFIT, EMPTY = 0, 1, 2
# One code a row: a value or its shape does not fit, or the text itself is damaged.
FLAW = "__flaw"
SOUND, UNFIT, DAMAGED = 0, 1, 2


def typed(lines: Lines, schema: Schema) -> Any:
    """The rows in the contract's types under its names, with their places, texts and codes."""
    from pyspark.sql import functions as F

    spark = lines.frame.sparkSession
    values = [
        (_from_value(F.col(text_name(at)), column) if lines.typed else _from_text(spark, text_name(at), column)).alias(
            value_name(at)
        )
        for at, column in enumerate(schema.columns)
    ]
    texts = [text_name(at) for at in range(len(schema.columns))]
    # Two selects, so that a value is made once though its check reads it too.
    frame = lines.frame.select(*PLACES, BROKEN, *texts, *values)
    checks = F.array(*[_code(at, column) for at, column in enumerate(schema.columns)]).alias(CHECKS)
    named = [F.col(value_name(at)).alias(column.name) for at, column in enumerate(schema.columns)]
    return frame.select(*PLACES, BROKEN, *texts, checks, _flaw(schema, spark.version).alias(FLAW), *named)


def kept(rows: Any, schema: Schema, *more: str) -> Any:
    """The rows as every later pass wants them: values and flaw, without text and places."""
    return rows.select(FLAW, *more, *[quoted(name) for name in schema.names])


def _flaw(schema: Schema, version: str) -> Any:
    from pyspark.sql import functions as F

    unfit = [F.col(BROKEN).isNotNull()]
    for at, column in enumerate(schema.columns):
        missing = F.col(value_name(at)).isNull()
        unfit.append(missing & F.col(text_name(at)).isNotNull() if column.nullable else missing)
    worst = F.when(_damaged(version), DAMAGED).when(reduce(lambda one, other: one | other, unfit), UNFIT)
    return worst.otherwise(SOUND).cast("tinyint")


def _damaged(version: str) -> Any:
    """Whether a line is not UTF-8; Spark hands its bytes on as they are."""
    from pyspark.sql import functions as F

    if int(version.split(".", maxsplit=1)[0]) >= 4:
        return ~F.expr(f"is_valid_utf8({LINE})") | F.col(LINE).contains("\x00")
    raw = F.col(LINE).cast("binary")
    return (F.encode(F.decode(raw, "UTF-8"), "UTF-8") != raw) | F.col(LINE).contains("\x00")


def _code(at: int, column: Column) -> Any:
    from pyspark.sql import functions as F

    empty = F.when(F.lit(column.nullable), FITS).otherwise(EMPTY)
    misfit = F.when(F.col(value_name(at)).isNull(), MISFIT).otherwise(FITS)
    return F.when(F.col(text_name(at)).isNull(), empty).otherwise(misfit).cast("tinyint")


def _from_text(spark: Any, name: str, column: Column) -> Any:
    from pyspark.sql import functions as F

    text = F.col(name)
    if column.struct != "basic":
        return _vector(spark, F.from_json(text, "array<double>"), column)
    if column.type == "string":
        return text
    if column.type == "boolean":
        return F.when(_reads(text, "(?i)", *TRUE), True).when(_reads(text, "(?i)", *FALSE), False)
    sql = _SQL_TYPES[column.type]
    # Spark's cast trims, as the grammar does.
    number = F.expr(f"try_cast({name} as {sql})")
    if column.type in INTEGER_TYPES:
        whole = F.expr(f"try_cast(regexp_extract({name}, '[+-]?[0-9]+', 0) as {sql})")
        return F.when(_reads(text, "", "[+-]?[0-9]+"), number).when(_reads(text, "", INTEGER), whole)
    finite = (number > float("-inf")) & (number < float("inf"))
    return F.when(_reads(text, "", DECIMAL), F.when(finite, number)).when(_reads(text, "", NON_FINITE), number)


def _reads(text: Any, flags: str, *forms: str) -> Any:
    """Whether a cell, trimmed, has one of the forms."""
    return text.rlike(rf"{flags}\A[{SPACE}]*({'|'.join(forms)})[{SPACE}]*\z")


def _from_value(value: Any, column: Column) -> Any:
    """A Parquet value as the contract's type; one that would change becomes null, which the check finds."""
    if column.struct != "basic" or column.type == "string":
        return value
    if column.type == "boolean":
        return value.cast("boolean")
    cast = value.cast(_SQL_TYPES[column.type])
    if column.type in FLOAT_TYPES:
        return cast
    from pyspark.sql import functions as F

    return F.when(cast == value, cast)


def _vector(spark: Any, values: Any, column: Column) -> Any:
    from pyspark.sql import functions as F

    if column.size is not None:
        values = F.when(F.size(values) == column.size, values)
    return array_to_vector(spark, values) if column.struct == "vector" else values
