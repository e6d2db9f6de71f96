"""What may be wrong with a feature, or reads otherwise than one might think."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.init.kinds import is_decorated, is_mostly_numbers
from pipeline.init.notes import Note
from pipeline.init.profile import ColumnProfile


def remarks(profile: ColumnProfile, kind: str) -> Iterator[Note]:
    """Notes on a column of the contract's type `kind`."""
    if not profile.values:
        return
    if profile.same_as_label:
        text = "equal to the label in every row; where it is not known beforehand, set it aside in schema.json: "
        yield Note(text + '"ignore": true', profile.name, warning=True)
    if kind == "string":
        yield from _numbers_as_text(profile)
    if kind == "double" and profile.nan.count:
        yield Note(f"{profile.nan}, is a number that XGBoost takes for missing, not null", profile.name)
    if kind == "double" and not profile.decimals:
        yield Note("whole numbers too large for a long are read as doubles, which round them", profile.name)


def _numbers_as_text(profile: ColumnProfile) -> Iterator[Note]:
    name, texts, zero_led = profile.name, profile.texts, profile.zero_led
    if is_mostly_numbers(profile):
        yield Note(
            f"numbers in {profile.numbers:,} rows, but text in {texts.count:,}, the first {texts.text!r} in row "
            f"{texts.row:,}: all is kept as text; for numbers, leave such cells empty, without quotes, and draw again",
            name,
            warning=True,
        )
    elif is_decorated(profile):
        yield Note(
            f"numbers with a comma or a sign, the first {texts.text!r} in row {texts.row:,}, are text; "
            "the contract reads numbers like 1234.5",
            name,
            warning=True,
        )
    if zero_led.count and not texts.count:
        yield Note(
            f"numbers with a leading zero, the first {zero_led.text!r} in row {zero_led.row:,}, are kept as text", name
        )
