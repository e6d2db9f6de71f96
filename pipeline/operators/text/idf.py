"""idf: term frequencies times inverse document frequencies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.row_code import Lowered, Place, RowCode, TermsPlace
from pipeline.operators.values import long, long_list, tensor

# Times the most that native/features.c counts it is a float32 still.
_USUAL = 1e30


class IDF(Operator):
    """Spark's `IDFModel`.

    In: vectors. Out: the same vectors, each value times its feature's `idf`; sparse stays sparse. A vector with values
    beyond the model's is refused. `doc_freq` and `num_docs` are what the model was fitted on.
    Source: org.apache.spark.ml.feature.IDFModel.
    """

    op = "idf"
    stages = ("IDFModel",)

    def __init__(self, idf: Any, doc_freq: Sequence[int], num_docs: int) -> None:
        self.idf = np.asarray(idf, dtype=np.float64)
        self.doc_freq = tuple(doc_freq)
        self.num_docs = num_docs

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.idf.toArray(), stage.docFreq, stage.numDocs)
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "IDF":
        idf = attributes.need_tensor("idf", 1)
        # Written by MLeap from 0.18 on, with what it takes for them where they are missing.
        return cls(idf, attributes.need_list("docFreq", int, [0] * len(idf)), attributes.need("numDocs", int, -1))

    def attributes(self) -> Dict[str, Any]:
        return {"idf": tensor(self.idf), "docFreq": long_list(self.doc_freq), "numDocs": long(self.num_docs)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.idf))]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", inputs[0].size or len(self.idf))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        with np.errstate(all="ignore"):
            return [self._scaled(inputs[0])]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        terms = inputs[0]
        if not isinstance(terms, TermsPlace) or terms.factors is not None or terms.size > len(self.idf):
            return None
        if not (np.abs(self.idf) < _USUAL).all():
            return None
        return [replace(terms, factors=self.idf[: terms.size])]

    def _scaled(self, column: AnyColumn) -> AnyColumn:
        if isinstance(column, Sparse):
            beyond = column.indices >= len(self.idf)
            if beyond.any():
                self._refuse(int(column.rows()[np.argmax(beyond)]))
            return Sparse(column.indptr, column.indices, column.values * self.idf[column.indices], column.size)
        assert isinstance(column, Dense)
        if column.size > len(self.idf) and len(column):
            self._refuse(0)
        return Dense(column.values * self.idf[: column.size])

    def _refuse(self, row: int) -> None:
        raise RowError("the vector is too long", row=row, expected=f"at most {len(self.idf)} values")
