"""What the comparison of the engines comes to, in words that claim no more than was compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.report.formats import joined

Level = Literal["good", "warn", "bad"]


@dataclass(frozen=True)
class Verdict:
    """`level` decides the colour; `short` is the card's word, `title` the line, `text` what stands under it."""

    level: Level
    short: str
    title: str
    text: str


def engine_names(verification: Mapping[str, Any] | None) -> dict[str, str]:
    """What an engine's key in run.json stands for."""
    verification = verification or {}
    version = (verification.get("mleap") or {}).get("version")
    return {
        "spark": "Spark",
        "native": "scorer",
        "mleap": f"MLeap {version}" if version else "MLeap",
        "xgboost": "XGBoost",
        "booster": "XGBoost",
    }


def _compared_engines(verification: Mapping[str, Any]) -> list[str]:
    names = engine_names(verification)
    keys = [key for key in verification.get("engines") or [] if key != "mleap" or not _mleap_skipped(verification)]
    return ["the scorer" if key == "native" else names.get(key, key) for key in keys]


def _mleap_skipped(verification: Mapping[str, Any]) -> bool:
    mleap = verification.get("mleap") or {"status": "compared"}
    return bool(mleap["status"] != "compared")


def _values(verification: Mapping[str, Any], what: str) -> list[int]:
    return [pair["values"] for pair in verification.get("pairs") or [] if pair.get("what") == what]


def _compared(verification: Mapping[str, Any]) -> str:
    rows = f"{verification['rows']:,} rows"
    values = _values(verification, "features")
    if not values:
        return rows
    # Pairs that compared unlike many values: claim the fewest.
    return f"{rows}, {min(values):,} feature values"


def verdict(verification: Mapping[str, Any] | None) -> Verdict:
    """Green only where every engine was compared and nothing differs; amber where one is missing; else red."""
    if not verification:
        return Verdict("warn", "not checked", "Parity was not checked", "This run did not compare the engines.")
    features, predictions = verification["feature_differences"], verification["prediction_differences"]
    compared, names = _compared(verification), _compared_engines(verification)
    total = features + predictions
    if total:
        word = "difference" if total == 1 else "differences"
        title = f"{total:,} {word} in {compared}"
        text = f"{features:,} feature values and {predictions:,} predictions differ. Do not serve this model."
        return Verdict("bad", f"{total:,} {word}", title, text)
    if verification["rows"] == 0:
        return Verdict("warn", "no rows", "Parity was checked on no rows", "There was nothing to compare.")
    title = f"{compared}: 0 differences"
    agree = f"{joined(names)} agree" if len(names) > 1 else "The engines agree"
    text = f"{agree[0].upper()}{agree[1:]} on every feature value and every prediction."
    if _mleap_skipped(verification):
        reason = verification["mleap"].get("reason") or "no reason was recorded"
        return Verdict("warn", "0 differences", f"{title}; MLeap was not compared", f"{text} MLeap: {reason}.")
    return Verdict("good", "0 differences", title, text)
