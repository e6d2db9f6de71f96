"""From a column's profile to its place in the contract: type, nullable, set aside or not, and why."""

from __future__ import annotations

from pipeline.init.kinds import infer_type, is_dates
from pipeline.init.names import is_id_name
from pipeline.init.notes import Note
from pipeline.init.profile import MANY, ColumnProfile
from pipeline.init.remarks import remarks
from pipeline.schema import Column

# In fewer rows, values may all differ, or rise, by chance.
_ENOUGH_ROWS = 20


def feature_column(profile: ColumnProfile) -> tuple[Column, list[Note]]:
    """The column of a feature, or one that is set aside, and what is to be said about it."""
    kind = infer_type(profile)
    notes = list(remarks(profile, kind))
    useless = _why_useless(profile, kind)
    refused = None if useless else _why_refused(profile, kind)
    if useless or refused:
        notes.append(Note(f"set aside: {useless or refused}", profile.name, warning=refused is not None))
    column = Column(
        profile.name,
        kind,
        nullable=profile.nulls > 0,
        ignore=bool(useless or refused),
        description="; ".join(note.text for note in notes),
    )
    return column, notes


def _why_useless(profile: ColumnProfile, kind: str) -> str | None:
    """Why there is nothing to be learned from a column as it is."""
    if not profile.values:
        return "no row has a value"
    if len(profile.words) == 1 and not profile.nulls:
        return "every row has the same value"
    if is_dates(profile):
        return "dates, of which a feature pipeline of your own can make numbers"
    if _is_identifier(profile, kind):
        return "an identifier, no value comes twice"
    if kind == "string" and profile.many:
        return f"text with more than {MANY:,} different values"
    return None


def _why_refused(profile: ColumnProfile, kind: str) -> str | None:
    """Why Spark ML or XGBoost would stop at a column that could be learned from."""
    if kind == "string" and profile.empty.count:
        return f"{profile.empty}, is no category to Spark ML; without the quotes it is a missing value, which is one"
    if kind == "double" and profile.huge.count:
        return f"{profile.huge}, is no 32-bit float, as XGBoost needs it"
    return None


def _is_identifier(profile: ColumnProfile, kind: str) -> bool:
    if profile.repeats or profile.nulls or profile.rows < 2 or kind in ("double", "boolean"):
        return False
    enough = profile.rows >= _ENOUGH_ROWS
    return is_id_name(profile.name) or (enough and (profile.rising or kind == "string"))
