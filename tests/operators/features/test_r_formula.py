"""r_formula against Spark's RFormulaModel."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from conformance import Conformance
from feature_cases import frame_of, vector_frame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.errors import UnknownOperatorError, UnsupportedStageError
from pipeline.operators.base import ColumnType
from pipeline.operators.features.r_formula import RFormula as Operator

KIND = "s string, t string, x double, i int, b boolean"
ROWS = [("a", "u", 1.5, 3, True), ("é", "v", -0.0, 0, False), ("a", "v", 2.0, -7, True), ("😀", "u", 0.1, 1, False)]
UNKNOWN = [
    ("new", "u", 1.0, 1, True),
    ("a", None, 1.0, 1, True),
    ("a", "u", None, 1, True),
    ("a", "u", math.nan, 1, True),
]


@pytest.mark.parametrize(
    "formula",
    ["y ~ .", "y ~ . - 1", "y ~ s + x", "y ~ s + t - 1", "y ~ x:i + s", "y ~ s:t + x:s + b", "y ~ (s + x + t)^2 - s:x"],
)
def test_r_formula(engines: Conformance, formula: str) -> None:
    without_serializer(engines).check(formula_of(engines.spark, formula), frame_of(engines.spark, ROWS, KIND))


@pytest.mark.parametrize("order", ["frequencyDesc", "frequencyAsc", "alphabetDesc", "alphabetAsc"])
def test_order_of_texts(engines: Conformance, order: str) -> None:
    model = formula_of(engines.spark, "y ~ s + t:x", stringIndexerOrderType=order)
    without_serializer(engines).check(model, frame_of(engines.spark, ROWS, KIND))


def test_unknown_texts_and_missing_numbers_are_kept_or_skipped(engines: Conformance) -> None:
    frame = frame_of(engines.spark, [*ROWS, *UNKNOWN], KIND)
    own = replace(engines.without_serializer(), runtime=None)
    own.check(formula_of(engines.spark, "y ~ s + t + x", handleInvalid="keep"), frame)
    own.check(formula_of(engines.spark, "y ~ s + t + x", handleInvalid="skip"), frame, skipping=True)


@pytest.mark.parametrize("row", UNKNOWN)
def test_unknown_texts_and_missing_numbers_are_refused(engines: Conformance, row: Any) -> None:
    column = next(name for name, value, known in zip("stx", row, ROWS[0], strict=False) if value not in (known, 1.0))
    frame = frame_of(engines.spark, [ROWS[0], row], KIND)
    engines.refuses(formula_of(engines.spark, "y ~ s + t + x"), frame, row=2, column=column)


@pytest.mark.parametrize("label", ["y", "x", "s"])
def test_the_label_is_left_out(engines: Conformance, label: str) -> None:
    names = [node.shape.outputs for node in Operator.from_spark(formula_of(engines.spark, f"{label} ~ t + i"), {})]
    assert not any("label" in outputs.values() for outputs in names)


def test_a_vector_among_the_terms(engines: Conformance) -> None:
    from pyspark.ml.feature import RFormula

    frame = vector_frame(engines.spark, [[1.0, 2.0], {1: 3.0}, [-0.0, math.inf]], 2)
    model = RFormula(formula="y ~ v").fit(frame.selectExpr("v", "1.0D AS y"))
    without_serializer(engines).check(model, frame)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fitted=st.lists(st.tuples(st.sampled_from("abcé"), st.sampled_from("uvw"), st.floats(-9, 9)), min_size=6),
    terms=st.lists(st.sampled_from(["s", "t", "x", "s:t", "s:x", "x:t"]), min_size=1, unique=True),
    intercept=st.booleans(),
)
def test_any_formula(engines: Conformance, fitted: list[Any], terms: list[str], intercept: bool) -> None:
    from pyspark.ml.feature import RFormula

    rows = [*fitted, ("a", "u", 0.5), ("b", "v", 1.0)]
    frame = frame_of(engines.spark, rows, "s string, t string, x double")
    formula = f"y ~ {' + '.join(terms)}{'' if intercept else ' - 1'}"
    without_serializer(engines).check(RFormula(formula=formula).fit(frame.selectExpr("*", "1.0D AS y")), frame)


def test_a_session_without_a_jvm_is_refused() -> None:
    class Remote:
        uid = "RFormula_1"

    with pytest.raises(UnsupportedStageError, match="JVM"):
        Operator.from_spark(Remote(), {"x": ColumnType("number")})


def test_no_bundle_has_it() -> None:
    with pytest.raises(UnknownOperatorError, match="as its stages"):
        from_attributes(Operator)
    with pytest.raises(UnsupportedStageError):
        Operator().attributes()


def formula_of(spark: Any, formula: str, **parameters: Any) -> Any:
    from pyspark.ml.feature import RFormula

    rows = [(*row, float(place % 2)) for place, row in enumerate(ROWS)]
    return RFormula(formula=formula, **parameters).fit(frame_of(spark, rows, f"{KIND}, y double"))


def without_serializer(engines: Conformance) -> Conformance:
    """The engines without MLeap's serialiser, which has no R formula."""
    return engines.without_serializer()
