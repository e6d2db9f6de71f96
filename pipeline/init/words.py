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


def all_plain_numbers(cells: Any) -> bool:
    """Whether all cells are finite numbers as Arrow itself reads them; False is no proof of the contrary."""
    try:
        return bool(pc.all(pc.is_finite(cells.cast(pa.float64()))).as_py())
    except pa.ArrowInvalid:
        return False


def numbers(words: Any) -> Any:
    """Where the contract reads a number."""
    if all_plain_numbers(words):
        return pa.repeat(True, len(words))
    trimmed = pc.utf8_trim(words, SPACE)
    decimal = matches(trimmed, DECIMAL)
    # A decimal too large for a double is refused by the contract.
    finite = pc.is_finite(pc.if_else(decimal, trimmed, "0").cast(pa.float64()))
    return pc.or_(pc.and_(decimal, finite), matches(trimmed, NON_FINITE))


def null_words(words: Any) -> Any:
    """Where a text stands for a missing value elsewhere."""
    return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(words)), pa.array(NULL_WORDS))


def matches(words: Any, pattern: str) -> Any:
    """Where the whole text, without spaces around it, matches."""
    return pc.match_substring_regex(words, rf"^[{SPACE}]*{pattern}[{SPACE}]*$")
