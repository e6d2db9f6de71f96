"""The patterns of AWS's shapes, which are Java's, as Python's regular expressions.

A pattern speaks of the whole value. Java's `.` stands for none of five line ends, its `\\w`, `\\d` and `\\s` for ASCII
alone. Unicode's categories (`\\p{L}`), which eight of SageMaker's patterns name, need the package regex.
"""

from __future__ import annotations

import functools
import re
from typing import Any

# An escape, a class in brackets or a lone dot: the dot alone is translated.
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.")
_DOT = r"[^\n\r\u0085\u2028\u2029]"

_JAVA = (
    # ASCII letters and digits in Java, Unicode's in regex.
    (r"\p{Alnum}", "a-zA-Z0-9"),
    # UTF-16 pairs that mean all that stands above the basic plane.
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
    # Java repeats an end of the value in vain; Python refuses to.
    ("${1,128}", "$"),
    ("${1,256}", "$"),
)


def satisfies(pattern: str, value: str) -> bool:
    """Whether the whole value fits a pattern of a botocore model."""
    return _compiled(pattern).fullmatch(value) is not None


@functools.cache
def _compiled(pattern: str) -> Any:
    for java, python in _JAVA:
        pattern = pattern.replace(java, python)
    pattern = _TOKEN.sub(lambda token: _DOT if token[0] == "." else token[0], pattern)
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    import regex

    return regex.compile(pattern)
