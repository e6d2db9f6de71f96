"""Blocks of plain CSV scored by the compiled rows: no table in between."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.batch.contents import TEXT_FORMS
from pipeline.schema.contract import Schema
from pipeline.scoring import Scorer
from pipeline.scoring.outputs import Outputs


@dataclass(frozen=True)
class CompiledAnswer:
    """`predictions` of a block of lines with these columns, or None where the scorer must see a table; `encode` makes
    the endpoint's answer of them."""

    predictions: Callable[[bytes, Schema], Any]
    encode: Callable[[Any], bytes]


def compiled_answer(scorer: Scorer, form: str) -> CompiledAnswer | None:
    """The endpoint's answer in a format of text, where predictions alone tell it; else None."""
    if scorer.booster is None or form not in TEXT_FORMS:
        return None
    outputs = Outputs(scorer)
    if not outputs.from_predictions:
        return None
    rows_of = functools.lru_cache(maxsize=1)(scorer.compiled)
    text = TEXT_FORMS[form]

    def predictions(lines: bytes, layout: Schema) -> Any:
        rows = rows_of(layout)
        return None if rows is None else rows.of_csv(lines)

    return CompiledAnswer(predictions, lambda made: text(outputs.of_predictions(made)))
