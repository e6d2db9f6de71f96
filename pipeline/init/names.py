"""Names: of the columns, of the label among them, of the pipeline."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.config.section import Name
from pipeline.errors import ConfigError, DataError

_NAME_LENGTH = 40
_LIKELY_LABELS = ("label", "target", "class", "y", "outcome")
_ID_WORDS = {"id", "ids", "uuid", "guid", "key", "index", "idx", "row", "rowid", "rownum", "unnamed"}
_word = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def check_names(names: Sequence[str]) -> None:
    """Accepts a header whose names are all there and all different, in Spark's eyes too; else a DataError."""
    places: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name.strip():
            raise DataError(
                f"the header: column {place} of {len(names)} has no name",
                hint="name it in the first line, or leave the column out; pandas writes its index so: index=False",
            )
        # Spark does not tell upper from lower case in a column's name.
        other = places.setdefault(name.casefold(), place)
        if other != place:
            raise DataError(
                f"the header: columns {other} and {place} are both called {name!r}"
                + ("" if names[other - 1] == name else f" but for upper and lower case ({names[other - 1]!r})"),
                hint="give each column a name of its own in the first line",
            )


def label_place(label: str | None, names: Sequence[str]) -> int:
    """The label's place, from its name or its place (from 0, or -1 for the last); else a ConfigError."""
    if label is None:
        likely = next((name for name in names if name.strip().lower() in _LIKELY_LABELS), names[-1])
        raise ConfigError(f"which column is to be predicted? There are {_shown(names)}", hint=f"--label {likely}")
    if label in names:
        return names.index(label)
    if re.fullmatch(r"[+-]?[0-9]+", label) and -len(names) <= int(label) < len(names):
        return int(label) % len(names)
    folded = {name.strip().casefold(): name for name in names}
    near = [folded[name] for name in difflib.get_close_matches(label.strip().casefold(), folded, n=1)]
    raise ConfigError(
        f"there is no column {label!r}; there are {_shown(names)}", hint=f"did you mean {near[0]!r}?" if near else None
    )


def is_id_name(name: str) -> bool:
    """Whether a column's name begins or ends with a word for an identifier: PassengerId, row_id, Unnamed: 0."""
    words = [word.lower() for word in _word.findall(name)]
    return bool(words) and bool({words[0], words[-1]} & _ID_WORDS)


def pipeline_name(given: str | None, data: Path) -> str:
    """The name that is given, if SageMaker takes it, else a ConfigError; without one, the file's."""
    if given is not None:
        try:
            return TypeAdapter(Name).validate_python(given)
        except ValidationError:
            raise ConfigError(
                f"name {given!r}", hint=f"letters, digits and hyphens within it, {_NAME_LENGTH} at most"
            ) from None
    plain = unicodedata.normalize("NFKD", data.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_NAME_LENGTH].strip("-") or "pipeline"


def _shown(names: Sequence[str], most: int = 40) -> str:
    more = f" and {len(names) - most} more, the last {names[-1]!r}" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more
