"""What a cell's text looks like: number, truth, date, or a stand-in for nothing.

Numbers are those of the contract's grammar. The patterns mean the same to Python and to RE2, which Arrow uses; the
functions on arrays take distinct texts and return a Boolean array of the same length.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DataError
from pipeline.schema.contract import Column
from pipeline.schema.text import DECIMAL, FALSE, NON_FINITE, SPACE, TRUE, parse_cell

WHOLE = r"[+-]?[0-9]+"
ZERO_LED = r"[+-]?0[0-9]+"

_DAY, _MONTH = r"(0?[1-9]|[12][0-9]|3[01])", r"(0?[1-9]|1[0-2])"
_MONTH_NAME = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zA-Z]*"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?"
_ZONE = r" ?(Z|[A-Z]{3,4}|[+-][0-9]{2}(:?[0-9]{2})?)"
_CALENDAR = (
    rf"[0-9]{{4}}[-/.]{_MONTH}[-/.]{_DAY}",
    rf"{_DAY}[-/.]{_DAY}[-/.]([0-9]{{4}}|[0-9]{{2}})",
    rf"{_DAY}[-/. ]{_MONTH_NAME}[-/., ]+([0-9]{{4}}|[0-9]{{2}})",
    rf"{_MONTH_NAME}\.? {_DAY},? [0-9]{{4}}",
)
DATE = rf"(({'|'.join(_CALENDAR)})([T ,]+{_CLOCK}({_ZONE})?)?|{_CLOCK})"

_MONEY = "[$€£¥]"
# A number to people, but text to the contract: `1,234`, `3,14`, `$5.00`, `12 %`.
DECORATED = rf"[+-]?{_MONEY}? ?([0-9]{{1,3}}([,' ][0-9]{{3}})+|[0-9]+)([.,][0-9]+)? ?(%|{_MONEY})?"

# The first double that rounds to infinity as a 32-bit float.
FLOAT32_OVERFLOW = 2.0**128 - 2.0**103

# How others write that there is no value; compared in lower case.
NULL_WORDS = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "?", "-", "--", ".", r"\n")

_DOUBLE = Column("cell", "double")
_date = re.compile(DATE)


def is_number(text: str) -> bool:
    """Whether the contract reads the text as a number."""
    try:
        parse_cell(text, _DOUBLE, 0)
    except DataError:
        return False
    return True


def is_truth(text: str) -> bool:
    """Whether the contract reads the text as true or false, and it is no digit."""
    return text.strip(SPACE).lower() in {TRUE[0], FALSE[0]}


def is_date(text: str) -> bool:
    """Whether the text is a date, a time or both, as people write them."""
    return _date.fullmatch(text.strip(SPACE)) is not None


def is_null_word(text: str) -> bool:
    """Whether the text stands for a missing value elsewhere; the contract reads it as text, or NaN as a number."""
    return text.strip().lower() in NULL_WORDS


def plain_values(words: Any) -> Any:
    """The texts as finite doubles within XGBoost's range, where Arrow itself reads all of them so; else None."""
    try:
        values = words.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return None if pc.any(beyond_range(values)).as_py() or pc.any(pc.is_nan(values)).as_py() else values


def number_values(words: Any) -> Any:
    """The doubles that the contract reads, null where a text is no number."""
    plain = plain_values(words)
    if plain is not None:
        return plain
    trimmed = pc.utf8_trim(words, SPACE)
    decimal, named = matches(trimmed, DECIMAL), matches(trimmed, NON_FINITE)
    values = pc.if_else(pc.or_(decimal, named), trimmed, None).cast(pa.float64())
    # A decimal too large for a double is refused by the contract.
    return pc.if_else(pc.and_(decimal, pc.is_inf(values)), None, values)


def beyond_range(values: Any) -> Any:
    """Where a number is infinite, or will be as the 32-bit float that XGBoost keeps."""
    return pc.greater_equal(pc.abs(values), FLOAT32_OVERFLOW)


def null_words(words: Any) -> Any:
    """Where a text stands for a missing value elsewhere."""
    return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(words)), pa.array(NULL_WORDS))


def matches(words: Any, pattern: str) -> Any:
    """Where the whole text, without spaces around it, matches."""
    return pc.match_substring_regex(words, rf"^[{SPACE}]*{pattern}[{SPACE}]*$")
