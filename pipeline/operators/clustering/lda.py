"""lda_local_model_op: a document's term counts to its share of each topic."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.clustering.dirichlet import log_expectation
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.sums import blocks
from pipeline.operators.values import double, double_list, integer, tensor

# Inference ends where the topics' weights change by no more on average; Spark would go on for ever beyond _ROUNDS.
_CHANGE, _ROUNDS = 1e-3, 10_000


class LDA(Operator):
    """Spark's `LocalLDAModel` and `DistributedLDAModel`.

    In: vectors of term counts, as long as the vocabulary or shorter. Out: dense, the document's share of each topic; a
    document without terms has none of any, NaN makes all shares NaN; a count below 0, of which Spark infers something,
    is refused. Inference starts from random weights that Spark draws by the model's seed, the same for every document;
    they stand in the bundle. MLeap's runtime draws others for each document, so that its shares differ: little where
    the terms tell the topics apart, by any amount where they do not. A bundle of MLeap's starts from 1 here.
    Source: org.apache.spark.ml.clustering.LDAModel and org.apache.spark.mllib.clustering.OnlineLDAOptimizer.
    """

    op = "lda_local_model_op"
    stages = ("LocalLDAModel", "DistributedLDAModel")

    def __init__(self, topics: Any, doc_concentration: Any, topic_concentration: float, start: Any) -> None:
        """Terms by topics, the prior weight of each topic in a document, that of a term, weights to start from."""
        self.topics = np.asarray(topics, dtype=np.float64)
        self.doc_concentration = np.asarray(doc_concentration, dtype=np.float64)
        self.topic_concentration = topic_concentration
        self.start = np.asarray(start, dtype=np.float64)
        with np.errstate(all="ignore"):
            self._terms = np.exp(np.ascontiguousarray(log_expectation(self.topics.T).T))
            self._shares = np.exp(log_expectation(self.start[None, :]))[0]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        java = jvm_object(stage, "its seed")
        if not stage.getTopicDistributionCol():
            return []
        local = java.oldLocalModel()
        topics, concentration = stage.topicsMatrix().toArray(), stage.estimatedDocConcentration().toArray()
        start = _start(local, topics.shape[1])
        shape = Shape({"features": stage.getFeaturesCol()}, {"prediction": stage.getTopicDistributionCol()})
        return [Node(stage.uid, cls(topics, concentration, local.topicConcentration(), start), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "LDA":
        topics = attributes.need_tensor("topicMatrix", 2)
        terms, count = topics.shape
        concentration = attributes.need_list("docConcentration", (float, int))
        start = attributes.need_list("initialGamma", (float, int), [1.0] * count)
        if not terms or not count or len(concentration) != count or len(start) != count:
            raise BundleError(f"{attributes.where}: docConcentration and topicMatrix must be of the same topics")
        if attributes.need("vocabSize", int, terms) != terms:
            raise BundleError(f"{attributes.where}: vocabSize differs from the topics' {terms} terms")
        if not (topics >= 0).all() or not all(0 < one < np.inf for one in [*concentration, *start]):
            raise BundleError(f"{attributes.where}: the weights must be above 0, those of topics 0 at least")
        return cls(
            # The values stand column by column.
            topics.ravel().reshape((terms, count), order="F"),
            concentration,
            float(attributes.need("topicConcentration", (float, int))),
            start,
        )

    def attributes(self) -> Dict[str, Any]:
        return {
            "vocabSize": integer(len(self.topics)),
            "docConcentration": double_list(self.doc_concentration),
            "topicConcentration": double(self.topic_concentration),
            "topicMatrix": tensor(self.topics.ravel(order="F").reshape(self.topics.shape)),
            "initialGamma": double_list(self.start),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.topics))]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.topics.shape[1])]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        documents = self._documents(inputs[0])
        counts = np.diff(documents.indptr)
        made = np.zeros((len(documents), self.topics.shape[1]))
        filled = np.flatnonzero(counts)
        with np.errstate(all="ignore"):
            for block in blocks(len(filled), int(counts.max(initial=1)) * self.topics.shape[1]):
                made[filled[block]] = self._infer(documents, filled[block])
        return [Dense(made)]

    def _documents(self, column: AnyColumn) -> Sparse:
        """The documents without the counts of 0."""
        assert isinstance(column, (Dense, Sparse))
        entries = _entries(column)
        beyond = entries.indices >= len(self.topics)
        if beyond.any():
            row = int(entries.rows()[np.argmax(beyond)])
            raise RowError("a term beyond the vocabulary", row=row, expected=f"at most {len(self.topics)} values")
        negative = entries.values < 0
        if negative.any():
            row = int(entries.rows()[np.argmax(negative)])
            raise RowError("a term is counted below 0", row=row, expected="counts from 0")
        return entries

    def _infer(self, documents: Sparse, rows: Any) -> Any:
        """The shares of these documents, each of which has a term: weights and terms' topics by turns till they settle.

        Source: Hoffman, Blei and Bach, Online Learning for Latent Dirichlet Allocation, 2010.
        """
        made = np.empty((len(rows), self.topics.shape[1]))
        sizes = np.diff(documents.indptr)[rows]
        places = np.concatenate([np.arange(documents.indptr[row], documents.indptr[row + 1]) for row in rows])
        terms, counts = self._terms[documents.indices[places]], documents.values[places]
        going = np.arange(len(rows))
        weights, shares = np.tile(self.start, (len(rows), 1)), np.tile(self._shares, (len(rows), 1))
        for _ in range(_ROUNDS):
            norms = (terms * np.repeat(shares, sizes, axis=0)).sum(axis=1) + 1e-100
            starts = np.cumsum(sizes) - sizes
            sums = np.add.reduceat(terms * (counts / norms)[:, None], starts, axis=0)
            last, weights = weights, shares * sums + self.doc_concentration
            shares = np.exp(log_expectation(weights))
            more = np.abs(weights - last).sum(axis=1) / weights.shape[1] > _CHANGE
            made[going[~more]] = _normalized(weights[~more])
            if not more.any():
                return made
            stored = np.repeat(more, sizes)
            terms, counts, sizes = terms[stored], counts[stored], sizes[more]
            going, weights, shares = going[more], weights[more], shares[more]
        raise RowError("the topics do not settle", row=int(rows[going[0]]), expected="term counts")


def _normalized(weights: Any) -> Any:
    return weights / np.abs(weights).sum(axis=1, keepdims=True)


def _entries(column: Vectors) -> Sparse:
    if isinstance(column, Dense):
        row, index = np.nonzero(column.values)
        values, size = column.values[row, index], column.size
    else:
        stored = column.values != 0
        row, index, values, size = column.rows()[stored], column.indices[stored], column.values[stored], column.size
    indptr = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=len(column)), out=indptr[1:])
    return Sparse(indptr, index, values, size)


def _start(local: Any, topics: int) -> List[float]:
    """The weights that Spark draws for every document from the model's seed."""
    from pyspark import SparkContext

    context: Any = SparkContext._active_spark_context
    # As Commons Math takes a long apart; py4j would pass a small one as an int, which seeds otherwise.
    halves = context._gateway.new_array(context._jvm.int, 2)
    for place, bits in enumerate((local.seed() >> 32, local.seed())):
        halves[place] = ((bits & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    source = context._jvm.org.apache.commons.math3.random.MersenneTwister(halves)
    distributions = context._jvm.breeze.stats.distributions
    shape = local.gammaShape()
    drawn = distributions.Gamma(shape, 1.0 / shape, distributions.RandBasis(source))
    return [drawn.draw() for _ in range(topics)]
