"""The first row that does not fit, in words: its number within its file, its column, its value."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from typing import Any, Tuple

from pipeline.errors import DataError
from pipeline.schema import Schema
from pipeline.schema.text import bad_value, check_null, ragged
from spark_jobs.reading import BROKEN, FILE, LINE, ROW_ID, START, quoted, text_name
from spark_jobs.values import CHECKS, DAMAGED, EMPTY, FITS, FLAW, UNFIT

# The first two bytes of gzip, the second of which is no UTF-8.
_GZIP = "\x1f\ufffd"
_GZIP_HINT = "give it a name that ends in .gz, or unpack it: gunzip"
_NUL_HINT = "is the file UTF-16, or damaged? save it as UTF-8"


def damaged(rows: Any) -> DataError:
    """The error for the first line that is not UTF-8, or holds a NUL byte."""
    number, source, record = first(rows, rows[FLAW] == DAMAGED, LINE)
    if number == 1 and record[LINE].startswith(_GZIP):
        return DataError("the file is compressed by gzip, its name does not say so", source=source, hint=_GZIP_HINT)
    if "\x00" in record[LINE]:
        return DataError("a NUL byte, which no text has", row=number, source=source, hint=_NUL_HINT)
    return DataError("the text is not UTF-8", row=number, source=source, hint="save the file as UTF-8")


def unfit(rows: Any, schema: Schema, options: Namespace) -> DataError:
    """The error for the first row that the contract refuses."""
    texts = [text_name(at) for at in range(len(schema.columns))]
    number, source, record = first(rows, rows[FLAW] == UNFIT, BROKEN, CHECKS, *texts)
    return _of_row(record, schema, number, options).in_source(source)


def _of_row(record: Any, schema: Schema, number: int, options: Namespace) -> DataError:
    if record[BROKEN] is not None:
        return _broken(record[BROKEN], schema, number, options)
    at = next(place for place, code in enumerate(record[CHECKS]) if code != FITS)
    column = schema.columns[at]
    if record[CHECKS][at] == EMPTY:
        try:
            check_null(column, number)
        except DataError as error:
            return error
    return bad_value(record[text_name(at)], column, number)


def _broken(line: str, schema: Schema, number: int, options: Namespace) -> DataError:
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


def first(rows: Any, condition: Any, *kept: str) -> Tuple[int, str, Any]:
    """The number, within its file, of the first row that meets a condition; the file's name; the kept columns."""
    from pyspark.sql import functions as F

    columns = [quoted(name) for name in kept]
    record = rows.where(condition).select(FILE, START, ROW_ID, *columns).orderBy(FILE, START, ROW_ID).head()
    before = (F.col(START) < record[START]) | ((F.col(START) == record[START]) & (F.col(ROW_ID) < record[ROW_ID]))
    number = rows.where((F.col(FILE) == record[FILE]) & before).count() + 1
    return number, record[FILE].rsplit("/", 1)[-1], record
