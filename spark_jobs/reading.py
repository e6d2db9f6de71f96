"""Raw rows as text: one column a field, and where each row stands.

CSV and JSON are read as lines and parsed field by field into text, so that a value that does not fit is still
there to be shown, and the raw line can be written out untouched.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import Any, Dict, List

from pipeline.errors import DataError
from pipeline.schema import Schema
from pipeline.schema.text import ragged

# Names of the job's own columns begin with two underscores: they stand beside the user's.
LINE, FILE, START, ROW_ID, BROKEN = "__line", "__file", "__start", "__row_id", "__broken"
PLACES = (LINE, FILE, START, ROW_ID)
# What a quoted empty cell reads as, to be told from an unquoted one, which is null.
_EMPTY = "\x01"


def text_name(at: int) -> str:
    """The column with the text of the contract's field `at`."""
    return f"__text_{at}"


def value_name(at: int) -> str:
    """The column with the value of the contract's field `at`, until it gets its own name."""
    return f"__value_{at}"


@dataclass(frozen=True)
class Lines:
    """Raw rows: `frame` has the text of field i in column `text_name(i)`, in the contract's order, and the places."""

    frame: Any
    names: List[str]
    typed: bool = False
    header: str = ""


def read(spark: Any, options: Namespace, schema: Schema) -> Lines:
    """The rows of a file, folder or URI; raises DataError for one that is not there, empty or of another kind."""
    from pyspark.sql.utils import AnalysisException

    try:
        if options.format == "parquet":
            return _parquet(spark, options, schema)
        frame = placed(spark.read.text(options.input).withColumnRenamed("value", LINE))
        frame = frame.where(f"trim({LINE}) != ''")
        return _csv(frame, options, schema) if options.format == "csv" else _json(frame, schema)
    except AnalysisException as error:
        message = str(error).splitlines()[0]
        raise DataError(
            f"{options.input} cannot be read: {message}", hint="is the path right, and readable?"
        ) from error


def placed(frame: Any) -> Any:
    """The rows with where each stands: its file, the start of its block there, its place among the partition's."""
    from pyspark.sql import functions as F

    return (
        frame.withColumn(FILE, F.input_file_name())
        .withColumn(START, F.expr("input_file_block_start()"))
        .withColumn(ROW_ID, F.monotonically_increasing_id())
    )


def _csv(frame: Any, options: Namespace, schema: Schema) -> Lines:
    from pyspark.sql import functions as F

    first = frame.select(LINE).head()
    if first is None:
        raise DataError(f"{options.input} is empty", hint="there is no row in it")
    names, header = schema.names, ""
    if options.header:
        header = first[LINE]
        names = _header(frame, header, schema, options)
        frame = frame.where(F.col(LINE) != F.lit(header))
    content = F.col(LINE)
    if options.quoted_rows == "unwrap":
        content = _unwrapped(frame, content, len(names), options)
    fields = ", ".join(f"f{place} string" for place in range(len(names)))
    settings = dict(_parser(options), columnNameOfCorruptRecord=BROKEN)
    parsed = F.from_csv(content, f"{fields}, {BROKEN} string", settings).alias("_fields")
    # Numbered once more where the line is parsed: Spark moves no condition below what numbers rows. It would put the
    # parser, with its buffers, into the condition once for each time that a field is named there.
    frame = frame.select(LINE, FILE, START, F.monotonically_increasing_id().alias(ROW_ID), parsed)
    order = {name: f"f{place}" for place, name in enumerate(names)}
    # An unquoted empty cell is null; a quoted one comes back as the marker.
    texts = [
        F.when(F.col(f"_fields.{order[name]}") == _EMPTY, "")
        .otherwise(F.col(f"_fields.{order[name]}"))
        .alias(text_name(at))
        for at, name in enumerate(schema.names)
    ]
    return Lines(frame.select(*PLACES, F.col(f"_fields.{BROKEN}").alias(BROKEN), *texts), names, header=header)


def _parser(options: Namespace) -> Dict[str, str]:
    return {"sep": options.delimiter, "quote": '"', "escape": '"', "emptyValue": _EMPTY, "mode": "PERMISSIVE"}


def _unwrapped(frame: Any, content: Any, width: int, options: Namespace) -> Any:
    """Rows without the quotes around them, where a row is one quoted field and should be more."""
    from pyspark.sql import functions as F

    if width == 1:
        return content
    probe = F.from_csv(
        content, f"a string, b string, {BROKEN} string", dict(_parser(options), columnNameOfCorruptRecord=BROKEN)
    )
    wrapped = content.rlike('^".*"$') & probe["b"].isNull() & probe["a"].contains(options.delimiter)
    return F.when(wrapped, probe["a"]).otherwise(content)


def _header(frame: Any, header: str, schema: Schema, options: Namespace) -> List[str]:
    import csv

    names = next(csv.reader([header], delimiter=options.delimiter))
    if options.quoted_rows == "unwrap" and len(names) == 1 and len(schema.names) > 1:
        names = next(csv.reader(names, delimiter=options.delimiter))
    where = "the header"
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{where} has column {name!r} twice")
    missing = [name for name in schema.names if name not in names]
    surplus = [name for name in names if name not in schema]
    if missing or surplus:
        if len(names) == 1 and len(schema.names) > 1:
            raise ragged(1, header, schema, 0, options.delimiter)
        problem = f"lacks column {missing[0]!r}" if missing else f"has column {surplus[0]!r}, which the schema does not"
        raise DataError(f"{where} {problem}", expected=f"the columns {', '.join(schema.names)}")
    from pyspark.sql import functions as F

    again = frame.where(F.col(LINE) == F.lit(header)).groupBy(FILE).count().where("count > 1").head()
    if again is not None:
        raise DataError(f"{again[FILE]}: the header line stands {again['count']} times")
    return names


def _json(frame: Any, schema: Schema) -> Lines:
    from pyspark.sql import functions as F

    if frame.head() is None:
        raise DataError("the input is empty", hint="there is no row in it")
    frame = frame.withColumn("_object", F.from_json(LINE, "map<string,string>"))
    texts = [F.col("_object")[name].alias(text_name(at)) for at, name in enumerate(schema.names)]
    known = F.array(*[F.lit(name) for name in schema.names])
    keys = F.map_keys("_object")
    broken = F.when(F.col("_object").isNull(), F.col(LINE)).when(
        F.size(F.array_except(keys, known)) + F.size(F.array_except(known, keys)) > 0, F.col(LINE)
    )
    return Lines(frame.select(*PLACES, broken.alias(BROKEN), *texts), schema.names)


def _parquet(spark: Any, options: Namespace, schema: Schema) -> Lines:
    from pyspark.sql import functions as F

    frame = spark.read.parquet(options.input)
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise DataError(f"column {missing[0]!r} is missing", expected=f"the columns {', '.join(schema.names)}")
    columns = [F.col(quoted(name)) for name in schema.names]
    line = F.to_json(F.struct(*columns), {"ignoreNullFields": "false"}).alias(LINE)
    frame = placed(frame.select(*columns, line))
    values = [F.col(quoted(name)).alias(text_name(at)) for at, name in enumerate(schema.names)]
    return Lines(frame.select(*PLACES, F.lit(None).cast("string").alias(BROKEN), *values), schema.names, typed=True)


def quoted(name: str) -> str:
    """A column's name as Spark SQL reads it whatever it holds."""
    return "`" + name.replace("`", "``") + "`"
