"""What kind of values a column holds, from its profile."""

from __future__ import annotations

from pipeline.init.profile import ColumnProfile
from pipeline.init.words import is_truth
from pipeline.schema.text import FALSE, INTEGER_BITS, SPACE, TRUE

_MOSTLY = 0.9


def infer_type(profile: ColumnProfile) -> str:
    """The contract's type that reads every cell and keeps what it says: int, long, double, boolean or string."""
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
    """Whether a column of text holds numbers, but for a few words."""
    few = profile.texts.count and profile.numbers >= _MOSTLY * profile.values
    return bool(few) or has_stand_ins(profile)


def has_stand_ins(profile: ColumnProfile) -> bool:
    """Whether a column of text holds numbers, and where it does not, words that stand for a missing value."""
    texts = profile.texts.count
    return 0 < texts <= profile.numbers and profile.null_words.count == texts


def is_decorated(profile: ColumnProfile) -> bool:
    """Whether a column of text holds numbers to people: with a decimal comma, thousands apart, a currency's sign."""
    return profile.decorated > 0 and profile.numbers + profile.decorated == profile.values


def _is_boolean(profile: ColumnProfile) -> bool:
    # Not many: a few spellings of four words.
    folded = {word.strip(SPACE).lower() for word in profile.words}
    return not profile.many and folded <= {*TRUE, *FALSE} and any(map(is_truth, folded))


def _fits(profile: ColumnProfile, kind: str) -> bool:
    bound = 1 << (INTEGER_BITS[kind] - 1)
    return -bound <= profile.low and profile.high < bound
