"""What the output says of rows: by default the endpoint's answer, else the columns that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pipeline.batch.chosen import Chosen
from pipeline.batch.files import CSV, JSON, PARQUET
from pipeline.columns import Dense
from pipeline.errors import ModelError
from pipeline.scoring import Scorer
from pipeline.scoring.feature_text import features_csv, features_json_lines
from pipeline.scoring.outputs import Outputs, Values, csv_text, json_lines

# A table's rows, and how many stand before them in their file, to text; for Parquet to a pyarrow.Table.
Encode = Callable[[Any, int], Any]


# The text of values, by format.
TEXT_FORMS: dict[str, Callable[[Values], bytes]] = {CSV: csv_text, JSON: json_lines}


def encoder(scorer: Scorer, form: str, columns: Sequence[str] = ()) -> Encode:
    """What makes the output of rows in a format.

    Without `columns` it is the endpoint's answer, byte for byte: the outputs that the archive chooses, or of a bundle
    alone the feature vectors. Else the named columns, see Chosen. Raises ConfigError or ModelError.
    """
    if not columns and scorer.booster is None:
        return _features(scorer)[form]
    source = Chosen(scorer, columns) if columns else Outputs(scorer)
    if form == PARQUET:
        return source.arrow
    text = TEXT_FORMS[form]
    return lambda table, offset: text(source.of_table(table, offset))


def _features(scorer: Scorer) -> dict[str, Encode]:
    name = scorer.features
    if name is None:
        raise ModelError("the bundle makes no vector", hint=f"choose columns: {', '.join(scorer.columns)}")

    def matrix(table: Any, offset: int) -> Any:
        parts = scorer.features_of(table, offset)
        return np.concatenate([(part if isinstance(part, Dense) else part.dense()).values for part in parts])

    return {
        CSV: lambda table, offset: features_csv(matrix(table, offset)),
        JSON: lambda table, offset: features_json_lines(matrix(table, offset)),
        PARQUET: lambda table, offset: scorer.transform(table, [name], offset=offset),
    }
