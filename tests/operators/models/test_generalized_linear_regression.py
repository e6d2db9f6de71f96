"""generalized_linear_regression against Spark's GeneralizedLinearRegressionModel."""

from __future__ import annotations

from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.models.generalized_linear_regression import GeneralizedLinearRegression as Operator

LINKS = {
    "gaussian": ["identity", "log", "inverse"],
    "binomial": ["logit", "probit", "cloglog"],
    "poisson": ["log", "identity", "sqrt"],
    "gamma": ["inverse", "identity", "log"],
}
PAIRS = [(family, link) for family, links in LINKS.items() for link in links]
TWEEDIE = "MLeap's serialiser writes the family tweedie, without its powers"
NO_OFFSET = "MLeap's serialiser leaves the offset out"


def made(spark: Any, coefficients: list[float], **params: Any) -> Any:
    from pyspark.ml.regression import GeneralizedLinearRegressionModel

    return cases.handmade(spark, GeneralizedLinearRegressionModel, cases.dense(*coefficients), -0.1, **params)


def test_fitted(engines: Conformance) -> None:
    from pyspark.ml.regression import GeneralizedLinearRegression

    frame = cases.training(engines.spark)
    model = GeneralizedLinearRegression(featuresCol="v", family="binomial", maxIter=3, regParam=0.1).fit(frame)
    engines.check(model, frame.select("v"), rtol=cases.RTOL)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_families_and_links(engines: Conformance, family: str, link: str) -> None:
    model = made(engines.spark, cases.COEFFICIENTS, family=family, link=link, linkPredictionCol="eta")
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)


@pytest.mark.parametrize("family", LINKS)
def test_default_links(engines: Conformance, family: str) -> None:
    model = made(engines.spark, cases.COEFFICIENTS, family=family.upper())
    engines.check(
        model,
        sparse_frame(engines.spark, SPARSE),
        rtol=cases.RTOL,
        serializer_differs="MLeap's serialiser writes the family as it was typed",
    )


@pytest.mark.parametrize(
    "powers",
    [
        {"variancePower": 0.0},
        {"variancePower": 1.0},
        {"variancePower": 2.0},
        {"variancePower": 1.5},
        {"variancePower": 1.5, "linkPower": 0.0},
        {"variancePower": 1.2, "linkPower": 1.0},
        {"variancePower": 3.0, "linkPower": -1.0},
        {"variancePower": 1.2, "linkPower": 0.5},
        {"variancePower": 0.0, "linkPower": 2.0},
    ],
    ids=str,
)
def test_tweedie(engines: Conformance, powers: dict[str, float]) -> None:
    model = made(engines.spark, cases.COEFFICIENTS, family="tweedie", linkPredictionCol="eta", **powers)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL, serializer_differs=TWEEDIE)


@pytest.mark.parametrize("kind", ["double", "int"])
def test_offset(engines: Conformance, kind: str) -> None:
    from pyspark.ml.linalg import Vectors

    rows = [(Vectors.dense(1.0, 0.5, -0.2), value) for value in (1, None, -3)]
    frame = engines.spark.createDataFrame(rows, _with_offset())
    frame = frame.withColumn("offset", frame["offset"].cast(kind))
    model = made(engines.spark, cases.COEFFICIENTS, family="poisson", offsetCol="offset", linkPredictionCol="eta")
    scorer = engines.check(model, frame, rtol=cases.RTOL, serializer_differs=NO_OFFSET)
    assert not scorer.bundle.nodes[0].operator.in_mleap


def _with_offset() -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import IntegerType, StructField, StructType

    return StructType([StructField("v", VectorUDT()), StructField("offset", IntegerType())])


def test_no_rows_and_columns_left_out(engines: Conformance) -> None:
    engines.check(made(engines.spark, cases.COEFFICIENTS), dense_frame(engines.spark, []))
    only_link = made(engines.spark, cases.COEFFICIENTS, predictionCol="", linkPredictionCol="eta")
    small = [row for row in ROWS if (np.abs(row) < 1e9).all()]
    engines.check(only_link, dense_frame(engines.spark, small), rtol=cases.RTOL)
    differs = "MLeap's runtime makes what the gaussian family bounds of the linear prediction, too"
    engines.check(only_link, dense_frame(engines.spark, ROWS), rtol=cases.RTOL, runtime_differs=differs)


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60), coefficients=cases.coefficients)
def test_any_rows(engines: Conformance, rows: list[list[float]], coefficients: list[float]) -> None:
    model = made(engines.spark, coefficients, family="binomial", link="cloglog", linkPredictionCol="eta")
    engines.check(model, dense_frame(engines.spark, rows), rtol=cases.RTOL)


GOOD: dict[str, Any] = {"coefficients": np.ones(2), "intercept": 1.0, "family": "poisson"}


@pytest.mark.parametrize(
    "changed",
    [{"family": "tweedie"}, {"link": "cauchit"}, {"link_power": 0.0}, {"has_offset": 1}, {"coefficients": 1.0}],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert from_attributes(Operator, **GOOD).link == "log"
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**GOOD, **changed})
