"""vector_size_hint against Spark's VectorSizeHint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from text_cases import from_attributes
from vector_cases import dense_frame, sparse_frame

from pipeline.columns import Dense
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.features.vector_size_hint import VectorSizeHint as Operator

HINT = "VectorSizeHint"
POLICIES = ["error", "skip", "optimistic"]
FINITE = [[1.0, -0.5, 3.0], [0.1, 2.0, -7.0]]


@pytest.mark.parametrize("policy", POLICIES)
def test_what_stands_behind_knows_the_length(engines: Conformance, policy: str) -> None:
    scorer = engines.check(
        pipeline(policy, 3), dense_frame(engines.spark, FINITE), skipping=policy == "skip", about=HINT
    )
    assert scorer.bundle.nodes[-1].operator.sizes == (3,)  # type: ignore[attr-defined]
    rows = [{0: 1.5, 2: 2.0}, {}]
    engines.check(pipeline(policy, 3), sparse_frame(engines.spark, rows), skipping=policy == "skip", about=HINT)


def test_an_optimistic_hint_is_no_node(engines: Conformance) -> None:
    scorer = engines.check(pipeline("optimistic", 3), dense_frame(engines.spark, FINITE))
    assert [node.operator.op for node in scorer.bundle.nodes] == ["vector_assembler"]


def test_a_vector_of_another_length_is_refused(engines: Conformance) -> None:
    engines.refuses(pipeline("error", 2), dense_frame(engines.spark, FINITE), row=1, column="v")


def test_rows_of_another_length_are_skipped(engines: Conformance) -> None:
    for frame in (dense_frame(engines.spark, FINITE), sparse_frame(engines.spark, [{}, {1: 2.0}])):
        engines.check(pipeline("skip", 2), frame, skipping=True, about=HINT)
    with pytest.raises(RowError, match="a vector of 3 values"):
        Operator(2, "skip").apply([Dense(np.zeros((1, 3)))])


def test_no_rows(engines: Conformance) -> None:
    engines.check(pipeline("error", 3), dense_frame(engines.spark, []))


@pytest.mark.parametrize("values", [{}, {"size": -1}, {"size": 1 << 31}, {"size": 2, "handle_invalid": "keep"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def pipeline(policy: str, size: int) -> Any:
    """The hint, and the assembler that needs it."""
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import VectorAssembler, VectorSizeHint

    hint = VectorSizeHint(inputCol="v", size=size, handleInvalid=policy)
    return PipelineModel([hint, VectorAssembler(inputCols=["v"], outputCol="o")])
