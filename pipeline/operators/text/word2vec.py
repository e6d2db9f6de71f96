"""word_to_vector: the mean of the vectors of a list's words."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.text.token_lists import needed_lists
from pipeline.operators.values import double_list, long_list, string, string_list

KERNELS = ("default", "sqrt")


class Word2Vec(Operator):
    """Spark's `Word2VecModel`.

    In: lists of texts. Out: the sum of the words' vectors, over the number of words, those without a vector among
    them; zeros for an empty list. With MLeap's kernel `sqrt` the sum is over its own length instead, NaN for length 0.
    A null in a list is a word without a vector; a null list is refused, as Spark does.
    `vectors` is float64 of shape (words, size).
    Source: org.apache.spark.ml.feature.Word2VecModel.
    """

    op = "word_to_vector"
    stages = ("Word2VecModel",)

    def __init__(self, words: Sequence[str], vectors: Any, kernel: str = "default") -> None:
        self.words = tuple(words)
        self.vectors = np.asarray(vectors, dtype=np.float64)
        self.kernel = kernel
        self._index = {word: index for index, word in enumerate(self.words)}
        # Words without a vector find the zeros at the end.
        self._table = np.vstack([self.vectors, np.zeros(self.vectors.shape[1])])

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        rows = stage.getVectors().collect()
        operator = cls([row["word"] for row in rows], [row["vector"].toArray() for row in rows])
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Word2Vec":
        words = attributes.need_list("words", str)
        places = attributes.need_list("indices", int, list(range(len(words))))
        kernel = attributes.choice("kernel", KERNELS, "default")
        if isinstance(attributes.get("word_vectors"), np.ndarray):
            flat = attributes.get("word_vectors").ravel()
        else:
            flat = np.array(attributes.need_list("word_vectors", (float, int)), dtype=np.float64)
        count = len(words)
        if not count or len(set(words)) < count or sorted(places) != list(range(count)):
            raise BundleError(
                f"{attributes.where}: words and indices are no vocabulary, each word with a place of its own"
            )
        if not len(flat) or len(flat) % count:
            raise BundleError(f"{attributes.where}: {len(flat)} values are no vectors for {count} words")
        return cls(words, flat.reshape(count, -1)[places], kernel)

    def attributes(self) -> Dict[str, Any]:
        return {
            "words": string_list(self.words),
            "indices": long_list(range(len(self.words))),
            "word_vectors": double_list(self.vectors.ravel()),
            "kernel": string(self.kernel),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("texts")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.vectors.shape[1])]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        lists = needed_lists(inputs[0])
        places = np.array([*(self._index.get(word, -1) for word in lists.words), -1])
        sizes = np.diff(lists.indptr)
        sums = np.zeros((len(lists), self.vectors.shape[1]))
        rows = np.flatnonzero(sizes)
        # Word after word, as Spark adds them up: all rows' first words, then all second ones.
        step = 0
        while len(rows):
            added = self._table[places[lists.codes[lists.indptr[rows] + step]]]
            if len(rows) == len(sums):
                sums += added
            else:
                sums[rows] += added
            step += 1
            rows = rows[sizes[rows] > step]
        return [Dense(self._scaled(sums, sizes))]

    def _scaled(self, sums: Any, sizes: Any) -> Any:
        filled = sizes > 0
        if self.kernel == "default":
            return sums * (1.0 / np.maximum(sizes, 1))[:, None]
        with np.errstate(invalid="ignore"):
            return np.where(filled[:, None], sums / np.sqrt(np.square(sums).sum(axis=1))[:, None], 0.0)
