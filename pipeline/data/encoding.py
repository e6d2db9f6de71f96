"""The encoding that a text file's first bytes betray."""

from __future__ import annotations

import codecs

from pipeline.errors import DataError

# The longer marks first: UTF-16's is how one of UTF-32 begins.
_MARKS = {
    codecs.BOM_UTF8: "it starts with a byte order mark",
    codecs.BOM_UTF32_LE: "it is UTF-32, not UTF-8",
    codecs.BOM_UTF32_BE: "it is UTF-32, not UTF-8",
    codecs.BOM_UTF16_LE: "it is UTF-16, not UTF-8",
    codecs.BOM_UTF16_BE: "it is UTF-16, not UTF-8",
}


def check_encoding(head: bytes, source: str | None = None) -> None:
    """Raises DataError, with the file's name as `source`, for text that begins with any byte order mark.

    `head` is the file's first four bytes or more.
    """
    for mark, problem in _MARKS.items():
        if head.startswith(mark):
            raise DataError(problem, source=source, hint="save it as UTF-8 without a byte order mark")
