"""What runs for which columns, and how a refused row is named."""

from __future__ import annotations

import numpy as np
import pytest
from model_cases import KINDS, SCHEMA, abalone_nodes

from pipeline.columns import Numbers, Text
from pipeline.errors import BundleError, DataError, SchemaError
from pipeline.operators.base import Node, Shape
from pipeline.operators.extras.math_unary import MathUnary
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.scoring.plan import Plan, run


def indexer(source: str, target: str) -> Node:
    return Node(f"{source} to {target}", StringIndexer(KINDS, "error"), Shape({"input": source}, {"output": target}))


def test_what_comes_from_where() -> None:
    plan = Plan(abalone_nodes())
    assert {name: kind.kind for name, kind in plan.inputs.items()} == {"sex": "text", "x": "number", "n": "number"}
    assert plan.outputs == ("index", "hot", "features")
    types = plan.types(SCHEMA)
    assert (types["index"].kind, types["hot"].kind, types["hot"].size) == ("number", "vector", 2)
    assert (types["features"].kind, types["features"].size, types["n"].basic) == ("vector", 4, "long")


def test_only_what_is_needed_runs() -> None:
    plan = Plan(abalone_nodes())
    assert [step.name for step in plan.needed(["features"])] == ["indexer", "encoder", "assembler"]
    assert [step.name for step in plan.needed(["hot"])] == ["indexer", "encoder"]
    assert plan.needed(["x", "sex"]) == ()
    assert plan.raw_of(["hot"]) == ["sex"]
    assert plan.raw_of(["n", "hot"]) == ["sex", "n"]
    assert plan.raw_of(["features"]) == ["sex", "x", "n"]
    with pytest.raises(SchemaError, match="no column 'age' in the bundle; there are sex, x, n, index, hot, features"):
        plan.needed(["features", "age"])


@pytest.mark.parametrize("target", ["sex", "index", "raw"])
def test_a_column_is_written_once(target: str) -> None:
    nodes = [indexer("sex", "index"), indexer("raw", "other"), indexer("more", target)]
    with pytest.raises(BundleError, match="writes a column that is there already"):
        Plan(nodes)


def test_a_refused_row_is_named_by_its_raw_column() -> None:
    # The assembler refuses a NaN that two steps before it passed on.
    nodes = [
        *[
            Node(f"{name} of {source}", MathUnary(name), Shape({"input": source}, {"output": target}))
            for name, source, target in (("exp", "x", "v"), ("abs", "v", "w"))
        ],
        Node("all", VectorAssembler([1, 1], "error"), Shape({"input0": "n", "input1": "w"}, {"output": "features"})),
    ]
    plan = Plan(nodes)
    columns = {"x": Numbers(np.array([1.0, 2.0, np.nan])), "n": Numbers(np.array([1, 2, 3]))}
    with pytest.raises(DataError) as caught:
        run(plan.needed(["features"]), columns, 10)
    assert (caught.value.row, caught.value.column) == (13, "x")


def test_columns_that_are_given_stay() -> None:
    sex = Text(np.array([0, 1], dtype=np.int32), ["M", "😀"])
    known = run(Plan(abalone_nodes()).needed(["index"]), {"sex": sex})
    assert set(known) == {"sex", "index"}
    assert known["sex"] is sex
