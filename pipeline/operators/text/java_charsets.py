r"""The classes of characters that Java's patterns name, as the inside of Python's [...]."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Optional

# What \d, \s, \w, \h and \v hold in Java: but for \h and \v, ASCII alone.
ESCAPED_SETS = {
    "d": "0-9",
    "s": r"\t-\r ",
    "w": "a-zA-Z0-9_",
    "h": r"\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n-\r\x85\u2028\u2029",
}

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\t-\r ",
}
_CATEGORY = re.compile(r"(?:Is)?([LMNPSZ][a-z]?)")


def property_set(name: str) -> Optional[str]:
    r"""What `\p{name}` holds: POSIX's classes within ASCII, or a general category as this Python's Unicode has it.

    None for a name that is neither, and for the category of what is not assigned.
    """
    if name in _POSIX:
        return _POSIX[name]
    category = _CATEGORY.fullmatch(name)
    return _category_set(category[1]) if category else None


@lru_cache(maxsize=None)
def _category_set(category: str) -> Optional[str]:
    marks = (unicodedata.category(chr(code)).startswith(category) for code in range(sys.maxunicode + 1))
    ranges, code = [], 0
    for inside, run in groupby(marks):
        size = sum(1 for _ in run)
        if inside:
            ranges.append(rf"\U{code:08x}-\U{code + size - 1:08x}")
        code += size
    return "".join(ranges) or None
