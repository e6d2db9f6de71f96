"""What the output says of rows: by default the endpoint's answer, else the columns that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson

from pipeline.batch.chosen import Chosen
from pipeline.batch.files import CSV, JSON, PARQUET
from pipeline.columns import Dense
from pipeline.errors import ModelError
from pipeline.scoring import Scorer
from pipeline.scoring.outputs import SCORE, Outputs, Values, csv_text, json_lines
from pipeline.serving import media_types
from pipeline.serving.replies import FEATURE_FORMS

# A table's rows, and how many stand before them in their file, to text; for Parquet to a pyarrow.Table.
Encode = Callable[[Any, int], Any]

# Outside of it Python's and orjson's exponents differ.
_SAME_TEXT = (1e-4, 1e15)


def encoder(scorer: Scorer, form: str, columns: Sequence[str] = ()) -> Encode:
    """What makes the output of rows in a format.

    Without `columns` it is the endpoint's answer, byte for byte: the outputs that the archive chooses, or of a bundle
    alone the feature vectors. Else the named columns, see Chosen. Raises ConfigError or ModelError.
    """
    if not columns and scorer.booster is None:
        return _features(scorer)[form]
    source = Chosen(scorer, columns) if columns else Outputs(scorer)
    return {
        CSV: lambda table, offset: _csv_text(source.of_table(table, offset)),
        JSON: lambda table, offset: json_lines(source.of_table(table, offset)),
        PARQUET: source.arrow,
    }[form]


def _features(scorer: Scorer) -> dict[str, Encode]:
    name = scorer.features
    if name is None:
        raise ModelError("the bundle makes no vector", hint=f"choose columns: {', '.join(scorer.columns)}")

    def matrix(table: Any, offset: int) -> Any:
        parts = scorer.features_of(table, offset)
        return np.concatenate([(part if isinstance(part, Dense) else part.dense()).values for part in parts])

    return {
        CSV: lambda table, offset: FEATURE_FORMS[media_types.CSV].encode(matrix(table, offset)),
        JSON: lambda table, offset: FEATURE_FORMS[media_types.JSON_LINES].encode(matrix(table, offset)),
        PARQUET: lambda table, offset: scorer.transform(table, [name], offset=offset),
    }


def _csv_text(values: Values) -> bytes:
    """The same text as `csv_text`, of bare scores in a fraction of the time."""
    scores = values.get(SCORE)
    if len(values) > 1 or not isinstance(scores, np.ndarray) or scores.ndim > 1:
        return csv_text(values)
    numbers = scores.astype(np.float64)
    sizes = np.abs(numbers[numbers != 0])
    if not ((sizes >= _SAME_TEXT[0]) & (sizes < _SAME_TEXT[1])).all():
        return csv_text(values)
    text = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)
    return text[1:-1].replace(b",", b"\n") + b"\n"
