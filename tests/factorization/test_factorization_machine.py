"""The machine itself: its formula, the company that a row is in, its file, and Spark's own beside it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_cases import GIVEN, SIZE, direct, machine, ratings

from pipeline.errors import ModelError
from pipeline.factorization.fit import evaluate, fit
from pipeline.factorization.hyperparameters import validate
from pipeline.factorization.model import FactorizationMachine, part
from pipeline.recordio import Rows

ENTRIES = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.floats(-3, 3, width=32)), max_size=5, unique_by=lambda pair: pair[0]
)


@settings(max_examples=60)
@given(st.lists(ENTRIES, min_size=1, max_size=8), st.sampled_from(["regressor", "binary_classifier"]))
def test_scores_are_the_formula_whatever_the_company(rows: list[list[tuple[int, float]]], kind: str) -> None:
    made = machine(kind=kind)
    counts = [len(row) for row in rows]
    sparse = Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([key for row in rows for key, _ in row], np.int64),
        np.array([value for row in rows for _, value in row], np.float32),
        np.full(len(rows), SIZE, np.int64),
    )
    scores = made.scores(sparse)
    expected = [direct(made, [key for key, _ in row], [value for _, value in row]) for row in rows]
    assert scores == pytest.approx(expected, rel=1e-6, abs=1e-6)
    alone = [made.scores(part(sparse, at, at + 1))[0] for at in range(len(rows))]
    assert scores.tobytes() == np.array(alone, np.float32).tobytes()


def test_the_file_comes_back_and_nothing_else_does() -> None:
    made = machine(kind="binary_classifier")
    again = FactorizationMachine.from_bytes(made.to_bytes())
    assert again.predictor_type == "binary_classifier"
    assert (again.factors == made.factors).all()
    for content, expected in (
        (b"", "no factorization machine"),
        (made.to_bytes()[:200], "no factorization machine"),
        (_saved(machine(), linear=np.zeros(3, np.float32)), "do not fit together"),
        (_saved(machine(), factors=machine().factors.astype(np.float64)), "not float32"),
        (_saved(machine(), bias=np.array([np.nan], np.float32)), "finite"),
        (_saved(machine(), predictor_type=np.array("ranker")), "predictor_type is 'ranker'"),
        (_saved(machine(), bias=np.array([print], object)), "no factorization machine"),
    ):
        with pytest.raises(ModelError, match=expected):
            FactorizationMachine.from_bytes(content)


def _saved(made: FactorizationMachine, **changes: Any) -> bytes:
    parts: dict[str, Any] = {
        "bias": made.bias,
        "linear": made.linear,
        "factors": made.factors,
        "predictor_type": np.array(made.predictor_type),
    }
    stream = io.BytesIO()
    np.savez(stream, **(parts | changes))
    return stream.getvalue()


@pytest.mark.spark
def test_it_predicts_as_well_as_sparks_own(spark: Any) -> None:
    """pyspark's FMRegressor on the same rows: ours may not be worse by more than a twentieth."""
    from pyspark.ml.linalg import Vectors
    from pyspark.ml.regression import FMRegressor

    rows, test = ratings(), ratings(400, seed=8)

    def frame(some: Rows) -> Any:
        assert some.labels is not None
        pairs = zip(some.keys.reshape(-1, 2).tolist(), some.labels.tolist(), strict=True)
        return spark.createDataFrame(
            [(Vectors.sparse(SIZE, keys, [1.0, 1.0]), label) for keys, label in pairs], ["features", "label"]
        )

    theirs = FMRegressor(factorSize=4, maxIter=120, stepSize=0.1, regParam=0.001, initStd=0.1, seed=1).fit(frame(rows))
    predicted = np.array([row[0] for row in theirs.transform(frame(test)).select("prediction").collect()])
    assert test.labels is not None
    their_rmse = float(np.sqrt(((predicted - test.labels) ** 2).mean()))
    ours = evaluate(fit(validate(GIVEN), rows).model, test)["rmse"]
    assert ours < 1.05 * their_rmse
    assert their_rmse < 0.8 * float(test.labels.std())
    # Their parameters in our formula are their predictions.
    moved = FactorizationMachine(
        "regressor",
        np.array([theirs.intercept], np.float32),
        theirs.linear.toArray().astype(np.float32),
        theirs.factors.toArray().astype(np.float32),
    )
    assert moved.scores(test) == pytest.approx(predicted, rel=1e-4, abs=1e-4)
