"""What was found and should be looked at, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NAMED = 5


@dataclass(frozen=True)
class Note:
    """A sentence about a column, or about the file where `column` is empty; a warning is about what may be wrong."""

    text: str
    column: str = ""
    warning: bool = False


def sentences(notes: Iterable[Note]) -> list[str]:
    """The notes as lines of text, warnings first; columns of which the same is said share a line."""
    columns: dict[tuple[bool, str], list[str]] = {}
    for note in sorted(notes, key=lambda note: not note.warning):
        columns.setdefault((note.warning, note.text), []).append(note.column)
    return [_about(names) + text for (_, text), names in columns.items()]


def _about(names: list[str]) -> str:
    if not names[0]:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"column{'s' if len(names) > 1 else ''} {', '.join(map(repr, names[:_NAMED]))}{more}: "
