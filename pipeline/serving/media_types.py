"""Media types of requests and replies, read as RFC 9110 says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.errors import ConfigError, NotAcceptableError, UnsupportedMediaTypeError

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
# AWS's SparkML container replies in this variant: one text a row.
JSON_LINES_TEXT = "application/jsonlines;data=text"

REQUEST_TYPES = (CSV, JSON, JSON_LINES)
_UTF_8 = ("", "utf-8", "utf8", "us-ascii")

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(rf"\s*({_WORD})/({_WORD})\s*")
_PARAMETER = re.compile(rf';\s*({_WORD})\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')
_LIST_ENTRY = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_QUALITY = re.compile(r"0?\.[0-9]{1,3}|0\.?|1(\.0{0,3})?")


@dataclass(frozen=True)
class MediaRange:
    """One entry of an Accept header: `name` may be `*/*` or `type/*`, `quality` is 0 for what is refused."""

    name: str
    parameters: dict[str, str]

    @property
    def quality(self) -> float | None:
        """The weight from 0 to 1, None where it is malformed."""
        text = self.parameters.get("q", "1")
        return float(text) if _QUALITY.fullmatch(text) else None

    def rank(self, offer: str) -> int | None:
        """How closely the range names an offer: 3 with its parameter, 0 for `*/*`; None where it does not."""
        name, _, parameter = offer.partition(";")
        if self.name == name:
            wanted = "data=text" if self.parameters.get("data", "").lower() == "text" else ""
            return 3 if wanted and wanted == parameter else None if parameter else 2
        if self.name == name.split("/")[0] + "/*":
            return 1
        return 0 if self.name == "*/*" else None


@lru_cache(maxsize=256)
def request_type(content_type: str) -> str:
    """The request's type, its case and parameters aside; UnsupportedMediaTypeError for another type or charset."""
    found = _media(content_type)
    if found is None or found.name not in REQUEST_TYPES:
        what = (
            f"a body of type {content_type[:80]!r} is not read" if content_type else "the request has no Content-Type"
        )
        raise UnsupportedMediaTypeError(what, hint=f"send one of {', '.join(REQUEST_TYPES)}")
    charset = found.parameters.get("charset", "").lower()
    if charset not in _UTF_8:
        raise UnsupportedMediaTypeError(f"the charset {charset[:80]!r} is not read", hint="send UTF-8")
    return found.name


@lru_cache(maxsize=256)
def reply_type(accept: str, offers: tuple[str, ...], default: str) -> str:
    """The offer that an Accept header prefers; `default` where it is empty or leaves the choice open.

    The highest quality wins, then the range that names the offer more closely, then the one that stands first.
    NotAcceptableError where every offer is refused.
    """
    entries = [entry.strip() for entry in _LIST_ENTRY.findall(accept)]
    if not any(entries):
        return default
    ranges = [found for entry in entries if (found := _media(entry)) and found.quality is not None]
    ranked = [(weight, offer == default, offer) for offer in offers if (weight := _weight(offer, ranges))[0] > 0]
    if not ranked:
        raise NotAcceptableError(f"no reply of type {accept[:80]!r} can be made", hint=f"ask for {', '.join(offers)}")
    return max(ranked, key=lambda entry: entry[:2])[2]


def default_accept(accept: str, offers: tuple[str, ...], otherwise: str = CSV) -> str:
    """The reply's type where a request names none, from the setting; ConfigError for one that cannot be made."""
    try:
        return reply_type(accept, offers, otherwise)
    except NotAcceptableError as error:
        raise ConfigError(
            f"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is {accept!r}; expected one of {', '.join(offers)}"
        ) from error


def _weight(offer: str, ranges: Sequence[MediaRange]) -> tuple[float, int, int]:
    """Quality, closeness and place of the range that names the offer most closely."""
    named = [
        (rank, -place, found.quality or 0.0)
        for place, found in enumerate(ranges)
        if (rank := found.rank(offer)) is not None
    ]
    if not named:
        return 0.0, 0, 0
    rank, place, quality = max(named)
    return quality, rank, place


def _media(text: str) -> MediaRange | None:
    text = "*/*" + text.strip()[1:] if re.match(r"\s*\*\s*(;|$)", text) else text
    name = _NAME.match(text)
    if name is None or text[name.end() : name.end() + 1] not in ("", ";"):
        return None
    parameters = {key.lower(): value.strip().strip('"') for key, value in _PARAMETER.findall(text, name.end())}
    return MediaRange(f"{name[1]}/{name[2]}".lower(), parameters)
