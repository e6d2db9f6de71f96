"""From a column's profile to its place in the contract: type, nullable, set aside or not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.init.names import is_id_name
from pipeline.init.notes import Note
from pipeline.init.profile import MANY, ColumnProfile
from pipeline.init.words import is_truth
from pipeline.schema import Column
from pipeline.schema.text import FALSE, INTEGER_BITS, SPACE, TRUE

# In fewer rows, values may all differ, or rise, by chance.
_ENOUGH_ROWS = 20
_MOSTLY = 0.9


def infer_type(profile: ColumnProfile) -> str:
    """The contract's narrowest type that reads every cell: int, long, double, boolean or string."""
    if not profile.values:
        return "string"
    if profile.numbers < profile.values:
        return "boolean" if _is_boolean(profile) else "string"
    if profile.decimals:
        return "double"
    if profile.zero_led.count:
        return "string"
    return next((kind for kind in ("int", "long") if _fits(profile, kind)), "double")


def is_dates(profile: ColumnProfile) -> bool:
    """Whether every value is a date or a time."""
    return 0 < profile.values == profile.dates


def is_mostly_numbers(profile: ColumnProfile) -> bool:
    """Whether the words among the numbers of a column of text look like something else than its values."""
    if not profile.texts.count or not profile.numbers:
        return False
    stand_ins = profile.null_words.count == profile.texts.count and profile.numbers >= profile.texts.count
    return stand_ins or profile.numbers >= _MOSTLY * profile.values


def feature_column(profile: ColumnProfile) -> tuple[Column, list[Note]]:
    """The column of a feature, or one that is set aside, and what is to be said about it."""
    kind = infer_type(profile)
    reason = _reason_to_ignore(profile, kind)
    notes = list(_remarks(profile, kind)) if profile.values else []
    if reason:
        notes.append(Note(f"set aside: {reason}", profile.name))
    column = Column(
        profile.name,
        kind,
        nullable=profile.nulls > 0,
        ignore=reason is not None,
        description=_description(notes),
    )
    return column, notes


def _description(notes: Iterable[Note]) -> str:
    return "; ".join(note.text for note in notes)


def _is_boolean(profile: ColumnProfile) -> bool:
    # Not many: a few spellings of four words.
    folded = {word.strip(SPACE).lower() for word in profile.words}
    return not profile.many and folded <= {*TRUE, *FALSE} and any(map(is_truth, folded))


def _fits(profile: ColumnProfile, kind: str) -> bool:
    bound = 1 << (INTEGER_BITS[kind] - 1)
    return -bound <= profile.low and profile.high < bound


def _reason_to_ignore(profile: ColumnProfile, kind: str) -> str | None:
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


def _is_identifier(profile: ColumnProfile, kind: str) -> bool:
    if profile.repeats or profile.nulls or profile.rows < 2 or kind in ("double", "boolean"):
        return False
    enough = profile.rows >= _ENOUGH_ROWS
    return is_id_name(profile.name) or (enough and (profile.rising or kind == "string"))


def _remarks(profile: ColumnProfile, kind: str) -> Iterator[Note]:
    """What may be wrong with a column, or reads otherwise than one might think."""
    name, texts, zero_led = profile.name, profile.texts, profile.zero_led
    if profile.same_as_label:
        yield Note(
            "equal to the label in every row; where it is not known beforehand, set it aside in schema.json: "
            '"ignore": true',
            name,
            warning=True,
        )
    if kind == "string" and is_mostly_numbers(profile):
        yield Note(
            f"numbers in {profile.numbers:,} rows, but text in {texts.count:,}, the first {texts.text!r} in row "
            f"{texts.row:,}; so all is text, and a missing value is an empty cell alone",
            name,
            warning=True,
        )
    elif kind == "string" and profile.decorated and profile.numbers + profile.decorated == profile.values:
        yield Note(
            f"numbers with a comma or a sign, the first {texts.text!r} in row {texts.row:,}, are text; "
            "a number is written like 1234.5",
            name,
            warning=True,
        )
    if kind == "string" and zero_led.count and not texts.count:
        yield Note(
            f"numbers with a leading zero, the first {zero_led.text!r} in row {zero_led.row:,}, are kept as text", name
        )
    if kind == "double" and profile.non_finite.count:
        found = profile.non_finite
        yield Note(
            f"{found.text!r} in {found.count:,} rows, the first in row {found.row:,}, is a number here, not null", name
        )
    if kind == "double" and not profile.decimals:
        yield Note("whole numbers too large for a long are read as doubles, which round them", name)
