"""als against Spark's ALSModel."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_cases import spark_and_scorer
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.models.als import ALS as Operator
from pipeline.operators.models.als import Factors

RATINGS = [(0, 7, 4.0), (0, 8, 1.0), (1, 7, 5.0), (1, -3, 2.5), (2, 8, 0.5), (2, -3, 3.0), (2_000_000_000, 7, 1.0)]
PAIRS = [(0, 7), (0, -3), (2, 7), (2_000_000_000, 8), (99, 7), (0, 99), (98, 99), (1, 7), (-3, 0)]
KEEPS = "MLeap's runtime drops no row"


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    return fitted(spark)


@pytest.fixture(scope="module")
def dropping(spark: Any) -> Any:
    return fitted(spark, coldStartStrategy="drop", userCol="u", itemCol="i").setPredictionCol("rated")


def fitted(spark: Any, **settings: Any) -> Any:
    from pyspark.ml.recommendation import ALS

    users, items = settings.get("userCol", "user"), settings.get("itemCol", "item")
    frame = spark.createDataFrame(RATINGS, f"{users} int, {items} int, rating double")
    model = ALS(rank=3, maxIter=3, seed=1, numUserBlocks=2, numItemBlocks=2, **settings).fit(frame)
    # Factors that are cached are broadcast, so that a join keeps the rows in order.
    for factors in (model.userFactors, model.itemFactors):
        factors.persist().count()
    return model


def pairs(spark: Any, rows: list[Any], kind: str = "int", names: tuple[str, str] = ("user", "item")) -> Any:
    return spark.createDataFrame(rows, f"{names[0]} {kind}, {names[1]} {kind}").coalesce(1)


def test_known_and_unknown_ids(engines: Conformance, model: Any) -> None:
    scorer = engines.check(model, pairs(engines.spark, PAIRS))
    assert scorer.bundle.nodes[0].operator.in_mleap


def test_unknown_ids_are_dropped(engines: Conformance, dropping: Any) -> None:
    frame = pairs(engines.spark, PAIRS, names=("u", "i"))
    engines.check(dropping, frame, skipping=True, runtime_differs=KEEPS, serializer_differs=KEEPS)


def test_one_row_and_no_rows(engines: Conformance, model: Any, dropping: Any) -> None:
    engines.check(model, pairs(engines.spark, PAIRS[:1]))
    engines.check(model, pairs(engines.spark, []))
    engines.check(dropping, pairs(engines.spark, PAIRS[:1], names=("u", "i")), skipping=True)


@pytest.mark.parametrize("kind", ["bigint", "smallint", "tinyint", "float", "double"])
def test_ids_of_other_types(engines: Conformance, model: Any, kind: str) -> None:
    rows: list[Any] = [pair for pair in PAIRS if pair[0] < 100]
    if kind in ("float", "double"):
        rows = [(float(user), float(item)) for user, item in rows] + [(-0.0, 7.0)]
    engines.check(model, pairs(engines.spark, rows, kind))


@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [
        ("int", (None, 7), "user"),
        ("int", (0, None), "item"),
        ("bigint", (1 << 32, 7), "user"),
        ("double", (0.0, 7.5), "item"),
        ("double", (math.nan, 7.0), "user"),
        ("double", (0.0, math.inf), "item"),
        ("double", (3e9, 7.0), "user"),
    ],
)
def test_refused_ids(engines: Conformance, model: Any, kind: str, row: Any, column: str) -> None:
    first = (0, 7) if kind in ("int", "bigint") else (0.0, 7.0)
    engines.refuses(model, pairs(engines.spark, [first, row], kind), row=2, column=column)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 3, 2_000_000_000]), st.sampled_from([7, 8, -3, 9, -(1 << 31)])),
        min_size=1,
        max_size=60,
    )
)
def test_any_pairs(engines: Conformance, model: Any, tmp_path: Path, rows: list[Any]) -> None:
    spark_and_scorer(engines, tmp_path).check(model, pairs(engines.spark, rows))


def test_a_rating_is_summed_in_float32() -> None:
    users, items = Factors([1], [[1e8, 1.0, -1e8]]), Factors([2], [[1.0, 1.0, 1.0]])
    made = Operator(users, items, "nan").apply(ids([1], [2]))[0]
    assert isinstance(made, Numbers)
    assert made.values.dtype == np.float32
    assert made.values.tolist() == [0.0]


def test_the_last_of_equal_ids_counts() -> None:
    users, items = Factors([5, 1, 5], [[1.0], [2.0], [3.0]]), Factors([2], [[10.0]])
    assert Operator(users, items, "nan").apply(ids([5, 1], [2, 2]))[0].values.tolist() == [30.0, 20.0]  # type: ignore[union-attr]


def test_a_row_to_drop_is_refused_where_no_row_may_go() -> None:
    operator = Operator(Factors([1], [[1.0]]), Factors([2], [[1.0]]), "drop")
    with pytest.raises(RowError) as caught:
        operator.apply(ids([1, 1], [2, 3]))
    assert (caught.value.row, caught.value.place, caught.value.value) == (1, 0, 3)


def test_booleans_are_no_ids() -> None:
    operator = Operator(Factors([1], [[1.0]]), Factors([2], [[1.0]]), "nan")
    kinds = operator.input_types(2)
    with pytest.raises(BundleError, match="booleans"):
        operator.output_types([type(kinds[0])("number", basic="boolean"), kinds[1]])


def test_hostile_attributes() -> None:
    one = np.ones(2)
    good = {"rank": 2, "users": [1], "user_factors": [one], "items": [2], "item_factors": [one]}
    assert from_attributes(Operator, **good).apply(ids([1], [2]))[0].values.tolist() == [2.0]
    empty = {"rank": 1, "users": [], "user_factors": [], "items": [], "item_factors": []}
    assert np.isnan(from_attributes(Operator, **empty).apply(ids([1], [2]))[0].values).all()
    for wrong in (
        {"rank": 3},
        {"rank": 0, "user_factors": [np.zeros(0)], "item_factors": [np.zeros(0)]},
        {"rank": 1 << 62},
        {"users": [1, 2]},
        {"users": [1 << 40]},
        {"users": ["1"]},
        {"items": []},
        {"item_factors": [np.ones((1, 2))]},
        {"item_factors": [1.0]},
        {"cold_start_strategy": "guess"},
    ):
        with pytest.raises(BundleError):
            from_attributes(Operator, **{**good, **wrong})


def ids(users: list[int], items: list[int]) -> list[Numbers]:
    return [Numbers(np.array(items, dtype=np.int32)), Numbers(np.array(users, dtype=np.int32))]
