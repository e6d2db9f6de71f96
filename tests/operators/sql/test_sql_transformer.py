"""sql_transformer against Spark's SQLTransformer."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from conformance import Conformance
from feature_cases import frame_of, vector_frame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError
from pyspark.sql.utils import CapturedException
from text_cases import from_attributes

from pipeline.bundle import write_bundle
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import ColumnType
from pipeline.operators.sql.sql_transformer import SQLTransformer as Operator

KIND = "x double, y double, f float, i int, l long, h short, t tinyint, b boolean, s string"
LEAST, GREATEST = -(2**31), 2**31 - 1
ROWS: list[Any] = [
    (1.5, 2.0, 0.1, 7, 2**40, 300, 100, True, "é"),
    (-0.0, 0.0, -1.5, -7, -(2**63), -32768, -128, False, ""),
    (math.nan, math.inf, math.nan, LEAST, -1, 2, -1, True, "😀"),
    (-7.5, 2.0, math.inf, GREATEST, 2**63 - 1, 32767, 127, None, None),
    (1e300, -1e300, 3e38, 0, 0, 0, 0, False, "x"),
    (None, 1.0, None, None, None, None, None, True, "y"),
    (1.0, None, 1.0, 3, 5, 7, 2, None, "z"),
]
ARITHMETIC = [
    "x + y", "x - y", "x * y", "x / y", "x % y", "-x", "+x", "abs(x)", "x * 0.5", "x + i", "i / l", "i + 1", "i + i",
    "i * i", "i - l", "l * l", "l % i", "i % 3", "i div 2", "l div i", "l div -1", "-i", "abs(i)", "-l", "h + h",
    "h * t", "t + t", "-t", "abs(t)", "t % h", "f + f", "f * x", "f / 2", "f % 2", "-f", "f + i", "(i - 2) * (x + y)",
    "CAST(b AS int)", "CAST(b AS double)", "CAST(x AS int)", "CAST(x AS long)", "CAST(x AS tinyint)",
    "CAST(x AS float)", "CAST(x AS boolean)", "CAST(i AS boolean)", "CAST(l AS int)", "CAST(l AS double)",
    "CAST(l AS short)", "CAST(f AS long)", "CAST(f AS double)", "1 + 2", "x + NULL", "x / 0", "x + CAST(i AS float)",
    "CAST(CAST(i AS float) AS double)",
    "CAST(CAST(CAST(l AS float) AS double) AS int)", "CAST(CAST(h AS long) AS double)",
    "CAST(CAST(x AS float) AS double)", "x * '2'", "true",
]  # fmt: skip

# Where ANSI mode refuses rows.
EXACT = [
    "x / y", "x % y", "i + i", "i * i", "l * l", "l % i", "l div i", "l div -1", "-i", "abs(l)", "h + h", "t * t",
    "(i - 2) * (x + y)", "CAST(x AS int)", "CAST(f AS long)", "CAST(l AS short)",
]  # fmt: skip


@pytest.fixture
def ansi(engines: Conformance) -> Any:
    """Spark's ANSI mode, on or off for one test."""
    before = engines.spark.conf.get("spark.sql.ansi.enabled")
    yield lambda on: engines.spark.conf.set("spark.sql.ansi.enabled", str(on).lower())
    engines.spark.conf.set("spark.sql.ansi.enabled", before)


def of(statement: str) -> Any:
    from pyspark.ml.feature import SQLTransformer as Stage

    return Stage(statement=statement)


def computing(*texts: str) -> Any:
    made = [f"{text} AS made{place}" for place, text in enumerate(texts)]
    return of(" ".join(["SELECT", ", ".join(["*", *made]), "FROM __THIS__"]))


def test_arithmetic_wraps_and_divides_by_zero_as_spark_does(engines: Conformance, ansi: Any) -> None:
    ansi(False)
    engines.check(computing(*ARITHMETIC), frame_of(engines.spark, ROWS, KIND))


@pytest.mark.parametrize("text", EXACT)
def test_in_ansi_mode_the_same_rows_are_refused(engines: Conformance, ansi: Any, text: str) -> None:
    ansi(True)
    stage = computing(text)
    fine, refused = [], []
    for row in ROWS:
        try:
            stage.transform(frame_of(engines.spark, [row], KIND)).collect()
        except (CapturedException, Py4JJavaError):
            refused.append(row)
        else:
            fine.append(row)
    engines.check(stage, frame_of(engines.spark, fine, KIND))
    column = re.search(r"\b[xyfilhtb]\b", text)
    for row in refused:
        assert column
        engines.refuses(stage, frame_of(engines.spark, [row], KIND), row=1, column=column.group())


def test_columns_are_chosen_renamed_and_written_over(engines: Conformance) -> None:
    frame = frame_of(engines.spark, ROWS[:2], KIND)
    for statement in (
        "SELECT x AS z, s AS u, b AS w FROM __THIS__",
        "SELECT q.i AS z FROM __THIS__ AS q",
        "SELECT 'é' AS z, 2 AS zz FROM __THIS__",
    ):
        engines.check(of(statement), frame)


def test_a_choice_of_columns_is_no_node(engines: Conformance, tmp_path: Any) -> None:
    assert (
        Operator.from_spark(of("SELECT s, x FROM __THIS__"), {"x": ColumnType("number"), "s": ColumnType("text")}) == []
    )


def test_a_column_may_be_written_over(engines: Conformance) -> None:
    from conformance import scorer_of, table_of
    from pyspark.ml import PipelineModel

    frame = frame_of(engines.spark, [(1.0, 2.0), (None, 5.0)], "x double, y double")
    model = PipelineModel([of("SELECT y AS x, x * 2 AS y FROM __THIS__"), of("SELECT *, x - y AS z FROM __THIS__")])
    bundle = write_bundle(model, engines.folder / "over.zip", frame)
    got = scorer_of(bundle, frame).transform(table_of(frame), ["x", "y", "z"])
    assert got.to_pylist() == [row.asDict() for row in model.transform(frame).select("x", "y", "z").collect()]


def test_a_vector_is_handed_on(engines: Conformance) -> None:
    engines.check(of("SELECT v AS w FROM __THIS__"), vector_frame(engines.spark, [[1.0, 2.0], {1: 3.0}], 2))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELECT sqrt(x) AS z FROM __THIS__", "Sqrt"),
        ("SELECT x FROM __THIS__ WHERE x > 0", "Filter"),
        ("SELECT sum(x) AS z FROM __THIS__", "Aggregate"),
        ("SELECT x FROM __THIS__ ORDER BY x", "Sort"),
        ("SELECT x FROM __THIS__ LIMIT 1", "GlobalLimit"),
        ("SELECT i * 0.5 AS z FROM __THIS__", "decimal"),
        ("SELECT CASE WHEN x > 0 THEN 1 END AS z FROM __THIS__", "CaseWhen"),
        ("SELECT CAST(s AS double) AS z FROM __THIS__", "Cast"),
        ("SELECT upper(s) AS z FROM __THIS__", "Upper"),
        ("SELECT nothing FROM __THIS__", "nothing"),
        ("SELECT", "cannot read"),
        ("SELECT rand() AS z FROM __THIS__", "Rand"),
    ],
)
def test_all_else_is_refused_by_name(engines: Conformance, statement: str, named: str) -> None:
    frame = frame_of(engines.spark, ROWS[:1], KIND)
    with pytest.raises(UnsupportedStageError, match=named):
        write_bundle(of(statement), engines.folder / "refused.zip", frame)
    assert not (engines.folder / "refused.zip").exists()


def test_without_columns_or_a_jvm_it_is_refused(engines: Conformance) -> None:
    class Remote:
        uid = "sql"

        def getStatement(self) -> str:
            return "SELECT x + 1 AS y FROM __THIS__"

    with pytest.raises(UnsupportedStageError, match="columns"):
        Operator.from_spark(of("SELECT x + 1 AS y FROM __THIS__"), {})
    with pytest.raises(UnsupportedStageError, match="JVM"):
        Operator.from_spark(Remote(), {"x": ColumnType("number")})


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_arithmetic_of_any_numbers(engines: Conformance, data: st.DataObject) -> None:
    def term(depth: int) -> st.SearchStrategy[str]:
        leaf = st.sampled_from(["x", "y", "f", "i", "l", "h", "t", "2", "-3", "1.5D", "CAST(NULL AS int)"])
        if depth == 0:
            return leaf
        pair = st.tuples(term(depth - 1), st.sampled_from("+-*/%"), term(depth - 1))
        kinds = st.sampled_from(["tinyint", "smallint", "int", "long", "float", "double"])
        casts = st.tuples(term(depth - 1), kinds).map(lambda of: f"CAST({of[0]} AS {of[1]})")
        return st.one_of(leaf, pair.map(lambda of: f"({of[0]} {of[1]} {of[2]})"), casts)

    texts = data.draw(st.lists(term(3), min_size=8, max_size=12))
    whole = [st.integers(-(2**bits), 2**bits - 1) for bits in (31, 63, 15, 7)]
    row = st.tuples(st.floats(), st.floats(), st.floats(width=32), *whole, st.none(), st.none())
    frame = frame_of(engines.spark, data.draw(st.lists(row, min_size=4, max_size=12)), KIND)
    before = engines.spark.conf.get("spark.sql.ansi.enabled")
    engines.spark.conf.set("spark.sql.ansi.enabled", "false")
    try:
        engines.check(computing(*texts), frame)
    finally:
        engines.spark.conf.set("spark.sql.ansi.enabled", before)


@pytest.mark.parametrize(
    "expression",
    [
        "nothing",
        "[]",
        "[" * 100_000,
        {"column": 1, "type": "double"},
        {"column": True, "type": "double"},
        {"column": 0, "type": "string"},
        {"column": 0, "type": []},
        {"literal": "x", "type": "double"},
        {"literal": "999", "type": "byte"},
        {"literal": {}, "type": "int"},
        {"do": "exec", "of": [], "type": "int"},
        {"do": {}, "of": [], "type": "int"},
        {"do": "add", "of": [{"column": 0, "type": "double"}], "type": "double"},
        {"do": "add", "of": [{"literal": "a", "type": "string"}] * 2, "type": "double"},
        {"do": "integral_divide", "of": [{"column": 0, "type": "double"}] * 2, "type": "double"},
    ],
)
def test_what_is_no_expression_is_refused(expression: Any) -> None:
    text = expression if isinstance(expression, str) else json.dumps(expression)
    with pytest.raises(BundleError):
        from_attributes(Operator, inputs=["double"], expressions=[text])


def test_a_deep_expression_is_refused() -> None:
    deep: Any = {"column": 0, "type": "double"}
    for _ in range(200):
        deep = {"do": "negate", "of": [deep], "type": "double"}
    with pytest.raises(BundleError, match="not an expression"):
        from_attributes(Operator, inputs=["double"], expressions=[json.dumps(deep)])


@pytest.mark.parametrize("inputs", [["double", "blob"], []])
def test_inputs_of_unknown_types_are_refused(inputs: list[str]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, inputs=inputs, expressions=[])
