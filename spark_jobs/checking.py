"""Text to the contract's types, and every row held against the contract.

One pass over the data counts what does not fit and gathers the statistics of the profile; only where something
is wrong is the first bad row looked up and explained.
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Dict, List, Tuple

from pipeline.errors import DataError
from pipeline.schema import Column, Schema
from pipeline.schema.contract import FLOAT_TYPES, INTEGER_TYPES
from pipeline.schema.text import DECIMAL, FALSE, INTEGER, NON_FINITE, SPACE, TRUE, bad_value, check_null, ragged
from spark_jobs.reading import BROKEN, FILE, LINE, PLACES, ROW_ID, START, Lines, quoted, text_name, value_name
from spark_jobs.vectors import array_to_vector

_SQL_TYPES = {
    "byte": "tinyint",
    "short": "smallint",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
}
CHECKS = "__checks"
FITS, MISFIT, EMPTY = 0, 1, 2

# Wide data gets the costly statistics for its first columns only: those that the report draws.
PROFILED = 24
PERCENTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def typed(lines: Lines, schema: Schema) -> Any:
    """The rows in the contract's types under its names, with their places and, in `_checks`, a code a column."""
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
    return frame.select(*PLACES, BROKEN, checks, *([] if lines.typed else texts), *named)


def text_columns(rows: Any) -> List[str]:
    """The columns that hold the fields' text."""
    return [name for name in rows.columns if name.startswith(text_name(0)[:-1])]


def _code(at: int, column: Column) -> Any:
    from pyspark.sql import functions as F

    empty = F.when(F.lit(column.nullable), FITS).otherwise(EMPTY)
    misfit = F.when(F.col(value_name(at)).isNull(), MISFIT).otherwise(FITS)
    return F.when(F.col(text_name(at)).isNull(), empty).otherwise(misfit).cast("tinyint")


def _from_text(spark: Any, name: str, column: Column) -> Any:
    from pyspark.sql import functions as F

    trimmed = f"trim(both '{SPACE}' from {name})"
    text = F.expr(trimmed)
    if column.struct != "basic":
        return _vector(spark, F.from_json(F.col(name), "array<double>"), column)
    if column.type == "string":
        return F.col(name)
    if column.type == "boolean":
        folded = F.lower(text)
        return F.when(folded.isin(*TRUE), True).when(folded.isin(*FALSE), False)
    sql = _SQL_TYPES[column.type]
    if column.type in INTEGER_TYPES:
        whole = F.expr(f"try_cast(regexp_extract({trimmed}, '^[+-]?[0-9]+', 0) as {sql})")
        return F.when(text.rlike(f"^{INTEGER}$"), whole)
    number = F.expr(f"try_cast({trimmed} as {sql})")
    finite = text.rlike(f"^{DECIMAL}$") & ~number.isin(float("inf"), float("-inf"))
    return F.when(finite | text.rlike(f"^{NON_FINITE}$"), number)


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


def check(rows: Any, schema: Schema, options: Namespace, explained: Any) -> Dict[str, Any]:
    """Statistics of every column; raises DataError for the first row that does not fit.

    Also refused: a column without any value, and a label that is the same in every row. `explained` are the rows
    with their text, read again only where something is wrong.
    """
    from pyspark.sql import functions as F

    misfit = F.exists(CHECKS, lambda code: code != FITS)
    broken = F.col(BROKEN).isNotNull() | misfit
    damaged = _damaged(rows.sparkSession.version)
    totals = [
        F.count("*").alias("rows"),
        F.sum(broken.cast("long")).alias("broken"),
        F.sum(damaged.cast("long")).alias("damaged"),
    ]
    found = rows.agg(*totals, *_statistics(schema)).head().asDict()
    if not found["rows"]:
        raise DataError(f"{options.input} is empty", hint="there is no row in it")
    if found["damaged"]:
        place = _first(rows.where(damaged), rows, options)
        raise DataError("the text is not UTF-8", row=place[0], source=place[1], hint="save the file as UTF-8")
    if found["broken"]:
        raise _explain(explained.where(broken), rows, schema, options)
    columns = [_collected(found, at, column) for at, column in enumerate(schema.columns)]
    for column, statistics in zip(schema.columns, columns):
        if statistics["nulls"] == found["rows"] and not column.ignore:
            hint = 'set it aside in the schema: "ignore": true'
            raise DataError("every value is missing", column=column.name, hint=hint)
        if column.label and statistics["constant"]:
            raise DataError("the label is the same in every row: nothing can be learned", column=column.name)
    return {"rows": found["rows"], "columns": columns}


def _damaged(version: str) -> Any:
    """Whether a line is not UTF-8; Spark hands its bytes on as they are."""
    from pyspark.sql import functions as F

    if int(version.split(".", maxsplit=1)[0]) >= 4:
        return ~F.expr(f"is_valid_utf8({LINE})") | F.col(LINE).contains("\x00")
    raw = F.col(LINE).cast("binary")
    return (F.encode(F.decode(raw, "UTF-8"), "UTF-8") != raw) | F.col(LINE).contains("\x00")


def _statistics(schema: Schema) -> List[Any]:
    from pyspark.sql import functions as F

    wanted = []
    for at, column in enumerate(schema.columns):
        value = F.col(quoted(column.name))
        wanted.append(F.count(value).alias(f"count{at}"))
        if column.struct != "basic":
            continue
        wanted += [F.min(value).alias(f"min{at}"), F.max(value).alias(f"max{at}")]
        if at >= PROFILED and not column.label:
            continue
        wanted.append(F.approx_count_distinct(value).alias(f"distinct{at}"))
        if column.is_number:
            number = F.when(~F.isnan(value.cast("double")), value.cast("double"))
            wanted += [F.avg(number).alias(f"mean{at}"), F.stddev_samp(number).alias(f"stddev{at}")]
            wanted.append(F.percentile_approx(number, list(PERCENTILES), 1000).alias(f"quantiles{at}"))
    return wanted


def _collected(found: Dict[str, Any], at: int, column: Column) -> Dict[str, Any]:
    count = found[f"count{at}"]
    statistics: Dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "count": found["rows"],
        "nulls": found["rows"] - count,
    }
    low, high = found.get(f"min{at}"), found.get(f"max{at}")
    statistics["constant"] = count > 0 and f"min{at}" in found and low == high
    if f"distinct{at}" in found:
        statistics["distinct"] = found[f"distinct{at}"]
    if column.is_number:
        statistics.update(min=low, max=high)
        for name in ("mean", "stddev", "quantiles"):
            if f"{name}{at}" in found:
                statistics[name] = found[f"{name}{at}"]
    return statistics


def _explain(bad: Any, rows: Any, schema: Schema, options: Namespace) -> DataError:
    from pyspark.sql import functions as F

    texts = text_columns(bad)
    kept = [F.col(name) for name in (LINE, BROKEN, CHECKS, *texts)]
    number, source, record = _first(bad, rows, options, kept)
    try:
        if record[BROKEN] is not None:
            raise _broken(record[BROKEN], schema, number, options)
        at = next(place for place, code in enumerate(record[CHECKS]) if code != FITS)
        column = schema.columns[at]
        if record[CHECKS][at] == EMPTY:
            check_null(column, number)
        raise bad_value(record[text_name(at)] if texts else record[LINE], column, number)
    except DataError as error:
        return DataError(
            error.problem,
            row=error.row,
            column=error.column,
            value=error.value,
            expected=error.expected,
            source=source,
            hint=error.hint,
        )


def _broken(line: str, schema: Schema, number: int, options: Namespace) -> DataError:
    import csv
    import json

    if options.format == "csv":
        fields = next(csv.reader([line], delimiter=options.delimiter), [])
        return ragged(len(fields), line, schema, number, options.delimiter)
    try:
        keys = json.loads(line)
    except ValueError as error:
        return DataError(f"not a JSON object: {error}", row=number, value=line[:80])
    if not isinstance(keys, dict):
        return DataError("not a JSON object", row=number, value=line[:80])
    missing = [name for name in schema.names if name not in keys]
    problem = f"column {missing[0]!r} is missing" if missing else "a column that the schema does not know"
    return DataError(problem, row=number, value=line[:80], expected=f"the columns {', '.join(schema.names)}")


def _first(bad: Any, rows: Any, options: Namespace, kept: Any = ()) -> Tuple[int, str, Any]:
    """The number, within its file, of the first bad row; the file's name; the row."""
    from pyspark.sql import functions as F

    record = bad.select(FILE, START, ROW_ID, *kept).orderBy(FILE, START, ROW_ID).head()
    before = (F.col(START) < record[START]) | ((F.col(START) == record[START]) & (F.col(ROW_ID) < record[ROW_ID]))
    number = rows.where((F.col(FILE) == record[FILE]) & before).count() + 1
    return number, record[FILE].rsplit("/", 1)[-1], record
