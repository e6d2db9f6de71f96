"""multinomial_labeler: the labels whose probability reaches a threshold."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, TextLists
from pipeline.operators.base import Attributes, ColumnType, Model, RowError
from pipeline.operators.text.token_lists import offsets
from pipeline.operators.values import double, string_list


class MultinomialLabeler(Model):
    """MLeap's `MultinomialLabeler`.

    In: vectors of probabilities. Out: `labels`, the list of the labels whose value is at least `threshold`, and
    `probabilities`, the sparse vector of those values; MLeap has the bare list of them. NaN reaches no threshold; a
    value that does and has no label is refused.
    Source: ml.combust.mleap.core.feature.MultinomialLabelerModel.
    """

    op = "multinomial_labeler"

    def __init__(self, threshold: float, labels: Sequence[str]) -> None:
        self.threshold = threshold
        self.labels = tuple(labels)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MultinomialLabeler":
        return cls(float(attributes.need("threshold", (float, int))), attributes.need_list("labels", str))

    def attributes(self) -> Dict[str, Any]:
        return {"threshold": double(self.threshold), "labels": string_list(self.labels)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.labels) or None)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"probabilities": ColumnType("vector", inputs[0].size), "labels": ColumnType("texts")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        column = inputs[0].dense() if isinstance(inputs[0], Sparse) else inputs[0]
        assert isinstance(column, Dense)
        rows, places = np.nonzero(column.values >= self.threshold)
        beyond = places >= len(self.labels)
        if beyond.any():
            row, place = int(rows[np.argmax(beyond)]), int(places[np.argmax(beyond)])
            raise RowError(f"there is no label for value {place + 1}", row=row, expected=f"{len(self.labels)} values")
        indptr = offsets(np.bincount(rows, minlength=len(column)))
        indices = places.astype(np.int32)
        return {
            "probabilities": Sparse(indptr, indices, column.values[rows, places], column.size),
            "labels": TextLists(indptr, indices, self.labels),
        }
