"""categorical_drilldown: each row through the model that its label names."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, take
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.extras.scatter import SCATTERED, scattered
from pipeline.operators.text.token_lists import needed_text
from pipeline.operators.values import string_list

_PREFIX = "drilldown."


class CategoricalDrilldown(Operator):
    """MLeap's `CategoricalDrilldown`: models with the same ports, each for the rows of one label.

    In: the models' inputs, at ports that begin with `drilldown.`, then the text at port `label`. Out: the models'
    outputs, at ports that begin with `drilldown.`. Null and other labels are refused, as MLeap does.
    MLeap's runtime registers the operator, but casts what it loads to a class that its models are not.
    Source: ml.combust.mleap.runtime.transformer.ensemble.CategoricalDrilldownModel.
    """

    op = "categorical_drilldown"
    in_mleap = False

    def __init__(self, labels: Sequence[str], models: Sequence[Operator]) -> None:
        self.labels = tuple(labels)
        self.models = tuple(models)
        self._index = {label: index for index, label in enumerate(self.labels)}

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "CategoricalDrilldown":
        labels = attributes.need_list("labels", str)
        if not labels or len(set(labels)) < len(labels):
            raise BundleError(f"{attributes.where}: labels {labels} are no names of models, each its own")
        return cls(labels, [attributes.folder.model(f"model{place}") for place in range(len(labels))])

    def attributes(self) -> Dict[str, Any]:
        return {"labels": string_list(self.labels)}

    def files(self) -> Dict[str, bytes]:
        made: Dict[str, bytes] = {}
        for place, model in enumerate(self.models):
            made.update(model.model_files(f"model{place}/"))
        return made

    def input_types(self, count: int) -> List[ColumnType]:
        known = [model.input_types(count - 1) for model in self.models]
        if len({tuple(kind.kind for kind in kinds) for kinds in known}) > 1:
            raise BundleError("the models of a categorical_drilldown read inputs of different kinds")
        return [*known[0], ColumnType("text")]

    def types_of(self, inputs: Sequence[ColumnType], ports: Sequence[str]) -> List[ColumnType]:
        """See Operator."""
        known = [model.types_of(inputs[:-1], _inner(ports)) for model in self.models]
        if len({tuple((kind.kind, kind.size) for kind in kinds) for kinds in known}) > 1:
            raise BundleError("the models of a categorical_drilldown make outputs of different kinds")
        if not all(kind.kind in SCATTERED for kind in known[0]):
            raise BundleError("the models of a categorical_drilldown make neither numbers, nor text, nor vectors")
        return known[0]

    def columns_of(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> List[AnyColumn]:
        """See Operator."""
        *columns, labels = inputs
        text = needed_text(labels, place=len(columns))
        known = np.array([self._index.get(word, -1) for word in text.words], dtype=np.int64)
        chosen = known[text.codes] if len(text) else np.zeros(0, dtype=np.int64)
        if (chosen < 0).any():
            row = int(np.argmax(chosen < 0))
            expected = f"one of {', '.join(map(repr, self.labels[:10]))}"
            raise RowError("no model has this label", row=row, place=len(columns), value=text[row], expected=expected)
        # No rows are one model's too: its columns say what they would be.
        parts = [self._part(place, chosen == place, columns, ports) for place in np.unique(chosen).tolist() or [0]]
        rows = np.concatenate([there for there, _ in parts])
        return [scattered([made[port] for _, made in parts], rows) for port in range(len(ports))]

    def _part(
        self, place: int, mask: "np.ndarray[Any, Any]", columns: Sequence[AnyColumn], ports: Sequence[str]
    ) -> Tuple["np.ndarray[Any, Any]", List[AnyColumn]]:
        rows = np.flatnonzero(mask)
        try:
            return rows, self.models[place].columns_of([take(column, mask) for column in columns], _inner(ports))
        except RowError as error:
            error.row = int(rows[error.row])
            raise


def _inner(ports: Sequence[str]) -> List[str]:
    return [port[len(_PREFIX) :] if port.startswith(_PREFIX) else port for port in ports]
