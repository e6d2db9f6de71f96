"""spark_xgb_classifier and spark_xgb_regressor against xgboost.spark's models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tree_cases as cases
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from tree_cases import variant
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.trees.spark_xgboost import SparkXGBClassifier, SparkXGBRegressor

pytestmark = pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning")

# Probabilities are float32, by another exp than SciPy's.
RTOL = 1e-6
FEW = {"num_workers": 1, "n_estimators": 4, "max_depth": 3, "features_col": "v"}
# NaN and zero stay as they are; infinity is refused by XGBoost.
TAME = [0.0, -0.0, float("nan"), 1.0, 2.5, -3.0, 1e-30]


@pytest.fixture(autouse=True, scope="module")
def workers(spark: Any) -> Iterator[None]:
    with cases.workers_like_us(spark):
        yield


@pytest.fixture(name="engines", scope="module")
def without_serializer(engines: Conformance) -> Conformance:
    # MLeap's serialiser asks a stage for its JVM's object, which these have not.
    return engines.without_serializer()


def tame_frame(spark: Any) -> Any:
    rows = [[one, 0.1, other, 1.0] for one in TAME for other in TAME]
    return dense_frame(spark, rows)


def classifier(spark: Any, classes: int, **params: Any) -> Any:
    from xgboost.spark import SparkXGBClassifier as Estimator

    return Estimator(label_col="label", **{**FEW, **params}).fit(cases.training(spark, classes=classes))


@pytest.fixture(scope="module")
def binary(spark: Any) -> Any:
    return classifier(spark, 2)


@pytest.fixture(scope="module")
def regressor(spark: Any) -> Any:
    from xgboost.spark import SparkXGBRegressor as Estimator

    return Estimator(label_col="score", **FEW).fit(cases.training(spark))


def test_two_classes(engines: Conformance, binary: Any) -> None:
    engines.check(binary, tame_frame(engines.spark), rtol=RTOL)
    engines.check(binary, sparse_frame(engines.spark, [{}, {0: 3.0, 2: -0.0}, {1: -1.0, 3: 1.0}], 4), rtol=RTOL)
    engines.check(variant(binary, probabilityCol="", rawPredictionCol="raw"), tame_frame(engines.spark))


def test_three_classes(engines: Conformance) -> None:
    engines.check(classifier(engines.spark, 3), tame_frame(engines.spark), rtol=RTOL)


def test_regression(engines: Conformance, regressor: Any) -> None:
    engines.check(regressor, tame_frame(engines.spark))


def test_ranking(engines: Conformance) -> None:
    from pyspark.sql.functions import lit
    from xgboost.spark import SparkXGBRanker

    frame = cases.training(engines.spark).withColumn("query", lit(1))
    model = SparkXGBRanker(label_col="label", qid_col="query", **FEW).fit(frame)
    engines.check(model, tame_frame(engines.spark))


def test_zero_as_missing_and_early_stopping(engines: Conformance) -> None:
    from pyspark.sql.functions import rand
    from xgboost.spark import SparkXGBRegressor as Estimator

    frame = cases.training(engines.spark).withColumn("held_out", rand(1) < 0.4)
    params = {**FEW, "n_estimators": 60, "learning_rate": 0.9, "early_stopping_rounds": 2, "missing": 0.0}
    model = Estimator(label_col="score", validation_indicator_col="held_out", **params).fit(frame)
    assert model.get_booster().best_iteration + 1 < model.get_booster().num_boosted_rounds()
    engines.check(model, tame_frame(engines.spark))


def test_several_columns(engines: Conformance) -> None:
    from pyspark.ml.functions import vector_to_array
    from pyspark.sql.functions import col
    from xgboost.spark import SparkXGBRegressor as Estimator

    def apart(frame: Any, *more: str) -> Any:
        columns = [vector_to_array("v")[at].alias(f"x{at}") for at in range(cases.SIZE)]
        return frame.select(*columns, *(col(name) for name in more))

    params = {**FEW, "features_col": [f"x{at}" for at in range(cases.SIZE)]}
    model = Estimator(label_col="score", **params).fit(apart(cases.training(engines.spark), "score"))
    engines.check(model, apart(tame_frame(engines.spark)))


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(cases.values_of_a_row.filter(lambda value: not abs(value) >= 1e6), cases.SIZE, 60))
def test_any_rows(engines: Conformance, regressor: Any, rows: list[list[float]]) -> None:
    engines.check(regressor, dense_frame(engines.spark, rows))


@pytest.mark.parametrize("params", [{"base_margin_col": "b"}, {"pred_contrib_col": "c"}, {"missing": -1.0}], ids=str)
def test_what_cannot_be_expressed(regressor: Any, params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedStageError):
        SparkXGBRegressor.from_spark(variant(regressor, **params), {})


def test_a_vector_of_another_length_is_refused(engines: Conformance, regressor: Any) -> None:
    engines.refuses(regressor, dense_frame(engines.spark, [[1.0, 2.0]]), row=1, column="v")


def test_hostile_boosters() -> None:
    import xgboost

    draw = np.random.default_rng(0)
    data = xgboost.DMatrix(draw.normal(size=(20, 2)), draw.integers(0, 2, 20))
    document = json.loads(bytes(xgboost.train({"objective": "binary:logistic"}, data, 2).save_raw("json")))
    good = cases.read(SparkXGBClassifier, cases.Files([document]), num_features=2, zeros_are_missing=False)
    assert (good.num_features, good.num_classes) == (2, 2)
    for lines in (None, [], [document] * 2, [7], [{}], [{"learner": {}}]):
        with pytest.raises(BundleError):
            cases.read(SparkXGBClassifier, cases.Files(lines), num_features=2, zeros_are_missing=False)
    with pytest.raises(BundleError):
        cases.read(SparkXGBClassifier, cases.Files([document]), num_features=2)
    document["learner"]["gradient_booster"]["model"]["trees"][0]["left_children"][0] = 1 << 20
    with pytest.raises(BundleError):
        cases.read(SparkXGBClassifier, cases.Files([document]), num_features=2, zeros_are_missing=False)
