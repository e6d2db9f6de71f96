"""What the comparison of the engines comes to, in words that claim no more than was compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.report.formats import joined, plural

Level = Literal["good", "warn", "bad"]


@dataclass(frozen=True)
class Verdict:
    """`level` decides the colour; `short` and `note` are the card's, `title` and `text` the section's words."""

    level: Level
    short: str
    note: str
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


def verdict(verification: Mapping[str, Any] | None) -> Verdict:
    """Green only where all three engines were compared and nothing differs; amber where one is missing; else red."""
    if not verification:
        text = "This run did not compare the engines."
        return Verdict("warn", "not checked", text, "Parity was not checked", text)
    if verification["rows"] == 0:
        text = "There was nothing to compare."
        return Verdict("warn", "no rows", text, "Parity was checked on no rows", text)
    features, predictions = verification["feature_differences"], verification["prediction_differences"]
    differences = plural(features + predictions, "difference")
    compared, skipped = _compared(verification), _mleap_skipped(verification)
    note = f"{plural(verification['rows'], 'row')}, " + ("MLeap not compared" if skipped else "engine against engine")
    without = f" MLeap was not compared: {skipped}." if skipped else ""
    if features + predictions:
        text = f"{plural(features, 'feature value')} and {plural(predictions, 'prediction')} differ."
        text += f" Do not serve this model.{without}"
        return Verdict("bad", differences, note, f"{differences} in {compared}", text)
    title = f"{compared}: {differences}"
    names = _compared_engines(verification)
    agree = f"{joined(names)} agree" if len(names) > 1 else "The engines agree"
    text = f"{agree[0].upper()}{agree[1:]} on every feature value and every prediction.{without}"
    if skipped:
        return Verdict("warn", differences, note, f"{title}; MLeap was not compared", text)
    return Verdict("good", differences, note, title, text)


def _compared(verification: Mapping[str, Any]) -> str:
    rows = plural(verification["rows"], "row")
    values = [pair["values"] for pair in verification.get("pairs") or [] if pair.get("what") == "features"]
    # Where pairs compared unlike many values: claim the fewest.
    return f"{rows}, {plural(min(values), 'feature value')}" if values else rows


def _compared_engines(verification: Mapping[str, Any]) -> list[str]:
    names = engine_names(verification)
    keys = [key for key in verification.get("engines") or [] if key != "mleap" or not _mleap_skipped(verification)]
    return ["the scorer" if key == "native" else names.get(key, key) for key in keys]


def _mleap_skipped(verification: Mapping[str, Any]) -> str:
    """Why MLeap was not compared; empty if it was."""
    mleap = verification.get("mleap") or {}
    return "" if mleap.get("status") == "compared" else mleap.get("reason") or "no reason was recorded"
