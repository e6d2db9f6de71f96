"""What kind of label a column is, and what training and replies follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import DataError
from pipeline.init.kinds import has_stand_ins, infer_type, is_dates, is_decorated
from pipeline.init.notes import Note
from pipeline.init.profile import MANY, ColumnProfile, Sightings
from pipeline.init.words import is_null_word
from pipeline.schema import Column
from pipeline.schema.contract import INTEGER_TYPES
from pipeline.schema.text import SPACE

REGRESSION, BINARY, MULTICLASS = "reg:squarederror", "binary:logistic", "multi:softprob"

# Whole numbers with more different values than this are a quantity, not classes.
_FEW = 20
_RARE = 10


@dataclass(frozen=True)
class Target:
    """The label's column and objective; `num_class` for multi:softprob, `meaning` says it in words."""

    column: Column
    objective: str
    meaning: str
    num_class: int | None = None
    notes: tuple[Note, ...] = ()


def infer_target(profile: ColumnProfile) -> Target:
    """The label's target; raises DataError for a label that is missing in a row, constant, or no label at all."""
    kind = infer_type(profile)
    _check_present(profile, kind)
    if is_dates(profile):
        raise _refused(profile, "the label holds dates", "predict a number or a class")
    if kind == "boolean":
        return _boolean(profile)
    return _text(profile) if kind == "string" else _number(profile, kind)


def _check_present(profile: ColumnProfile, kind: str) -> None:
    name = profile.name
    remedy = "a row without a label teaches nothing: fill it in, or remove the row"
    if profile.nulls:
        raise DataError("the label is missing", row=profile.first_null, column=name, hint=remedy)
    stray = _stray(profile, kind)
    if stray is not None:
        raise DataError(
            f"found {stray.text!r}, as in {stray.count:,} of {profile.rows:,} rows",
            row=stray.row,
            column=name,
            value=stray.text,
            expected="a number that a 32-bit float can hold",
            hint=remedy,
        )
    if len(profile.words) == 1:
        raise _constant(profile)


def _stray(profile: ColumnProfile, kind: str) -> Sightings | None:
    """What stands among the numbers of a label that is a number elsewhere."""
    if kind == "string":
        return profile.texts if has_stand_ins(profile) else None
    return next((found for found in (profile.nan, profile.huge) if found.count), None)


def _boolean(profile: ColumnProfile) -> Target:
    if len({word.strip(SPACE).lower() in ("true", "1") for word in profile.words}) == 1:
        raise _constant(profile)
    column = Column(profile.name, "boolean", label=True, classes=("false", "true"))
    return Target(column, BINARY, "true or false")


def _text(profile: ColumnProfile) -> Target:
    hint = "the contract reads numbers like 1234.5" if is_decorated(profile) else "is this the label?"
    if profile.many:
        raise _refused(profile, f"the label is text with more than {MANY:,} different values", hint)
    if not profile.repeats and profile.rows > 2:
        raise _refused(profile, "the label is text that differs in every row", hint)
    return _named(profile, tuple(sorted(profile.words)))


def _number(profile: ColumnProfile, kind: str) -> Target:
    column = Column(profile.name, kind, label=True)
    values = sorted({float(word) for word in profile.words})
    if len(values) == 1:
        raise _constant(profile)
    if values == [0, 1]:
        return Target(column, BINARY, "0 or 1")
    if len(values) == 2 and len(profile.words) == 2:
        # Sorted as numbers: the probability is of the greater one.
        return _named(profile, tuple(sorted(profile.words, key=float)))
    count = len(values)
    if kind not in INTEGER_TYPES or not 2 < count <= _FEW:
        return Target(column, REGRESSION, "a number")
    if values == list(range(count)):
        note = (
            f"{count} whole numbers from 0 up are taken for classes; to predict a number, write in pipeline.yml "
            f"objective: {REGRESSION}, and leave num_class out"
        )
        return Target(column, MULTICLASS, f"one of {count} classes", count, (Note(note, profile.name),))
    return Target(column, REGRESSION, "a number", notes=(_few_numbers(profile, count),))


def _few_numbers(profile: ColumnProfile, count: int) -> Note:
    classes = ", ".join(f'"{word}"' for word in sorted(profile.words, key=float))
    return Note(
        f"{count} whole numbers are predicted as a number; to predict classes, write in schema.json "
        f'"type": "string", "classes": [{classes}], and in pipeline.yml objective: {MULTICLASS}, num_class: {count}',
        profile.name,
    )


def _named(profile: ColumnProfile, classes: tuple[str, ...]) -> Target:
    column = Column(profile.name, "string", label=True, classes=classes)
    notes = tuple(Note(text, profile.name, warning=True) for text in _doubts(profile))
    if len(classes) == 2:
        return Target(column, BINARY, f"{classes[0]!r} or {classes[1]!r}", notes=notes)
    return Target(column, MULTICLASS, f"one of {len(classes)} classes", len(classes), notes)


def _doubts(profile: ColumnProfile) -> list[str]:
    doubts = [
        f"the class {word!r} of {count:,} rows looks like a missing value"
        for word, count in profile.words.items()
        if is_null_word(word)
    ]
    rare = [word for word, count in profile.words.items() if count < _RARE <= profile.rows]
    if rare:
        doubts.append(
            f"{len(rare)} of {len(profile.words)} classes have fewer than {_RARE} rows, such as {min(rare)!r}: "
            "little can be learned of them"
        )
    return doubts


def _constant(profile: ColumnProfile) -> DataError:
    return _refused(profile, "the label is the same in every row: nothing can be learned", "is this the label?")


def _refused(profile: ColumnProfile, problem: str, hint: str) -> DataError:
    return DataError(problem, column=profile.name, hint=hint)
