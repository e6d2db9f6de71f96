"""What is said of a prediction: the contents that SageMaker's XGBoost lets one select, and their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
import orjson
import pyarrow as pa

from pipeline.columns import AnyColumn, Vectors
from pipeline.errors import ConfigError, ModelError
from pipeline.scoring.chunks import CHUNK_ROWS
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.text import csv_cell, csv_lines, json_ready

Values = dict[str, "np.ndarray[Any, Any] | list[Any]"]

SCORE = "score"
_CLASS_KEYS = ("predicted_label", "labels", "raw_score", "raw_scores")
_PROBABILITY_KEYS = ("probability", "probabilities")
_KEYS_OF_OBJECTIVE = {
    "binary:logistic": _CLASS_KEYS + _PROBABILITY_KEYS,
    "binary:logitraw": _CLASS_KEYS,
    "binary:hinge": _CLASS_KEYS,
    "multi:softmax": _CLASS_KEYS,
    "multi:softprob": _CLASS_KEYS + _PROBABILITY_KEYS,
}
_THRESHOLD = {"binary:logistic": 0.5, "binary:logitraw": 0.0}

# Feature values that are held at once, whatever the number of rows.
_CHUNK_CELLS = 4 << 20


class Outputs:
    """Turns rows into the chosen contents of a reply: key to n values, in the keys' order.

    `score` is what XGBoost predicts: float32 of shape (n,), or (n, classes) for multi:softprob. `predicted_label` is a
    class's name where the archive has names, else its index; `labels` lists all of them. `probability` is the positive
    class's, or with several classes the predicted one's; `probabilities` has every class's. `raw_score` and
    `raw_scores` are the same of what the objective ranks by: probabilities, or the margins of logitraw and softmax.
    `predicted_score` is a regression's or ranking's score.

    Without `keys` the archive decides, and where it is silent the reply is the score alone. Raises ConfigError for a
    key that the objective does not offer.
    Source: SAGEMAKER_INFERENCE_OUTPUT of SageMaker's XGBoost container, which answers NaN for such a key, and for
    softmax takes the class's index for its score.
    """

    def __init__(self, scorer: Scorer, keys: Sequence[str] = ()) -> None:
        self._scorer = scorer
        if scorer.booster is None:
            raise ModelError("there is no booster beside the bundle: nothing is predicted")
        self._objective = scorer.booster.objective
        self.keys = tuple(keys) or scorer.manifest.output or (SCORE,)
        _refuse_unknown(self.keys, self._objective)
        count = max(scorer.booster.num_class, 2)
        self._classes: Sequence[Any] = scorer.classes or range(count)
        if len(self._classes) != count and "predicted_label" in _offered(self._objective):
            raise ModelError(f"the archive names {len(self._classes)} classes, the booster has {count}")

    @property
    def from_predictions(self) -> bool:
        """Whether predictions alone tell all values."""
        return self._objective != "multi:softmax" or not {"raw_score", "raw_scores"} & set(self.keys)

    def of_predictions(self, predictions: np.ndarray[Any, Any]) -> Values:
        """The values of predictions, where they tell all."""
        return {key: self._value(key, predictions, predictions) for key in self.keys}

    def of_columns(self, columns: Mapping[str, AnyColumn], offset: int = 0) -> Values:
        """The values of columns that already keep the contract; rows in errors count past `offset`."""
        return self._of_features([self._scorer.features_of_columns(columns, offset)], offset)

    def of_table(self, table: Any, offset: int = 0) -> Values:
        """The values of a pyarrow.Table's rows; see of_columns."""
        step = chunk_rows(self._scorer)
        parts = [
            self._of_features(self._scorer.features_of(table.slice(at, step), offset + at), offset + at)
            for at in range(0, max(table.num_rows, 1), step)
        ]
        return parts[0] if len(parts) == 1 else {key: _joined([part[key] for part in parts]) for key in self.keys}

    def arrow(self, table: Any, offset: int = 0) -> Any:
        """The values of a pyarrow.Table's rows as a pyarrow.Table with one column a key.

        Scores are float32, probabilities of both binary classes float64; what is many a row is a list.
        """
        return pa.table({key: _arrow(values) for key, values in self.of_table(table, offset).items()})

    def _of_features(self, parts: Sequence[Vectors], offset: int) -> Values:
        predictions = self._scorer.predict_features(parts, offset=offset)
        if self.from_predictions:
            return self.of_predictions(predictions)
        scores = self._scorer.predict_features(parts, margin=True, offset=offset)
        return {key: self._value(key, predictions, scores) for key in self.keys}

    def _value(self, key: str, predictions: Any, scores: Any) -> Any:
        if key in (SCORE, "predicted_score"):
            return predictions
        if key == "labels":
            return [list(self._classes)] * len(predictions)
        if key == "predicted_label":
            index = self._class_index(predictions)
            return index if self._scorer.classes is None else [self._classes[place] for place in index]
        if key in ("probability", "raw_score"):
            return scores.max(axis=1) if scores.ndim == 2 else scores
        return scores if scores.ndim == 2 else self._both_classes(scores)

    def _class_index(self, predictions: Any) -> Any:
        if predictions.ndim == 2:
            return predictions.argmax(axis=1)
        threshold = _THRESHOLD.get(self._objective)
        return (predictions if threshold is None else predictions > threshold).astype(np.int64)

    def _both_classes(self, scores: Any) -> Any:
        positive = scores.astype(np.float64)
        sum_of_both = 0.0 if self._objective == "binary:logitraw" else 1.0
        return np.column_stack([sum_of_both - positive, positive])


def chunk_rows(scorer: Scorer) -> int:
    """How many rows to work on at once, so that wide features stay within tens of megabytes."""
    return max(16, min(2 * CHUNK_ROWS, _CHUNK_CELLS // (scorer.feature_count or 1)))


def csv_text(values: Values) -> bytes:
    """One line a row, each ended: the keys' values by commas; a score of many classes is that many cells.

    Numbers are the shortest digits that read back the same double, lists are JSON in quotes.
    """
    (key, column), *others = values.items()
    if not others and _are_numbers(column, key):
        text = csv_lines(column)
    else:
        cells = (_cells(key, column) for key, column in values.items())
        text = "\n".join(map(",".join, zip(*cells, strict=True))).encode()
    return text + b"\n" if text else b""


def json_lines(values: Values) -> bytes:
    """One JSON object a row, each on its line."""
    return b"".join(map(_dumps_line, _records(values)))


def json_predictions(values: Values) -> bytes:
    """The rows as JSON objects with commas between, as they stand in {"predictions": [...]}."""
    return orjson.dumps(_records(values))[1:-1]


def _are_numbers(column: Any, key: str) -> TypeGuard[np.ndarray[Any, Any]]:
    return isinstance(column, np.ndarray) and column.dtype.kind == "f" and (column.ndim == 1 or key == SCORE)


def _cells(key: str, column: Any) -> list[str]:
    if _are_numbers(column, key):
        return csv_lines(column).decode().split("\n") if len(column) else []
    return [csv_cell(value) for value in _ready(column)]


def _records(values: Values) -> list[dict[str, Any]]:
    if len(values) == 1:
        ((key, column),) = values.items()
        return [{key: value} for value in _ready(column)]
    return [dict(zip(values, row, strict=True)) for row in zip(*map(_ready, values.values()), strict=True)]


def _ready(column: Any) -> list[Any]:
    return json_ready(column) if isinstance(column, np.ndarray) else column


def _dumps_line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _joined(parts: Sequence[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [value for part in parts for value in part]
    return np.concatenate(parts)


def _arrow(column: Any) -> Any:
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(column.ravel()), column.shape[1])
    return pa.array(column)


def _offered(objective: str) -> tuple[str, ...]:
    return (SCORE, *_KEYS_OF_OBJECTIVE.get(objective, ("predicted_score",)))


def _refuse_unknown(keys: Sequence[str], objective: str) -> None:
    offered = _offered(objective)
    for key in keys:
        if key not in offered:
            raise ConfigError(
                f"{key!r} is no output of a model with objective {objective}; it offers {', '.join(offered)}",
                hint="SAGEMAKER_INFERENCE_OUTPUT, --output and the model archive choose outputs, by commas",
            )
    if len(set(keys)) != len(keys):
        raise ConfigError(f"an output is named twice: {', '.join(keys)}")
