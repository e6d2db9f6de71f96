"""Numbers, sizes, durations and dates as a person reads them.

A rounded number keeps its exact value in `<data value>`, so the page can be read back by a program.
"""

from __future__ import annotations

import math
from datetime import datetime
from numbers import Real
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup

NOTHING = "–"


def plain(value: float) -> str:
    """Four significant digits, thousands separated: 3798 -> "3,798", 2.19345 -> "2.193"."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    if size < 1e-4 or size >= 1e15:
        return f"{value:.3g}"
    decimals = max(0, 3 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _data(value: float, text: str) -> Markup:
    return Markup('<data value="{}">{}</data>').format(str(value), text)


def number(value: Any) -> str:
    """A number as `<data>`; any other value as its own text; nothing as a dash."""
    if value is None or isinstance(value, Undefined):
        return NOTHING
    return _data(value, plain(value)) if _is_number(value) else str(value)


def exact(value: Any) -> str:
    """All digits a number has, for values that are compared; vectors value by value."""
    if isinstance(value, list | tuple):
        return ", ".join(map(exact, value))
    return str(value) if _is_number(value) else number(value)


def milliseconds(value: float) -> Markup:
    return _data(value, f"{plain(value)} ms")


def percent(value: float) -> str:
    """A share of 1 as per cent, with a decimal where it would else look like none or all."""
    return f"{value:.1%}" if 0 < abs(value) < 0.01 or 0.99 < abs(value) < 1 else f"{value:.0%}"


def duration(seconds: Any) -> str:
    """Seconds, as ms, s or min."""
    if not _is_number(seconds):
        return NOTHING
    if seconds < 1:
        return _data(seconds, f"{plain(round(seconds * 1000, 1))} ms")
    if seconds < 100:
        return _data(seconds, f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    return _data(seconds, f"{minutes:,} min {rest} s")


def size(count: Any) -> str:
    """Bytes, in powers of 1000."""
    if not _is_number(count):
        return NOTHING
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return _data(count, f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}")


def date(iso: str) -> Markup:
    """An ISO 8601 time as `<time>`; text that is none stays as it is."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return Markup.escape(iso)
    zone = f" {moment.tzname()}" if moment.tzname() else ""
    text = f"{moment.day} {moment:%B %Y, %H:%M}{zone}"
    return Markup('<time datetime="{}">{}</time>').format(iso, text)


def plural(count: int, word: str) -> str:
    """1, "row" -> "1 row"; 3798, "row" -> "3,798 rows"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def shorten(text: Any, length: int) -> str:
    """At most `length` characters, the cut marked by an ellipsis."""
    whole = str(text)
    return whole if len(whole) <= length else whole[: length - 1] + "…"


def joined(words: list[str]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
