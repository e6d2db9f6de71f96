"""support_vector_machine against MLeap's runtime; Spark has no such model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance import Conformance, assert_same, plain
from linear_cases import RTOL
from text_cases import from_attributes

from pipeline.bundle.pack import write_files
from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import nodes_files
from pipeline.errors import BundleError
from pipeline.operators.base import Node, Shape
from pipeline.operators.extras.support_vector_machine import SupportVectorMachine as Operator
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

GOOD: dict[str, Any] = {"coefficients": np.array([0.5, -0.75]), "intercept": 0.1, "num_classes": 2}
PORTS = ("raw_prediction", "probability", "prediction")


@pytest.mark.parametrize("thresholds", [None, [0.5, 0.5], [0.9, 0.1], [0.0, 0.5], [0.5, 0.0]], ids=str)
@pytest.mark.parametrize("ports", [PORTS, PORTS[2:]], ids=str)
def test_same_as_the_runtime(engines: Conformance, thresholds: Any, ports: tuple[str, ...]) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime cannot be had")
    operator = from_attributes(Operator, **GOOD, **({} if thresholds is None else {"thresholds": thresholds}))
    node = Node("node", operator, Shape({"features": "v"}, {port: port for port in ports}))
    name = f"svm_{thresholds}_{len(ports)}.zip"
    path = write_files(nodes_files("one", [node]), engines.folder / name)
    values = [[1.0, 2.0], [2.0, -1.0], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], [-math.inf, 0.0], [-0.2, 0.0]]
    table = pa.table({"v": pa.array(values, pa.list_(pa.float64()))})
    expected = engines.runtime.load(path).transform(table, list(ports))
    contract = Schema((Column("v", "double", struct="vector"),))
    got = Scorer(Parts(read_bundle(path), contract, None, Manifest())).transform(table, list(ports))
    for port in ports:
        left, right = ([plain(one) for one in made[port].to_pylist()] for made in (expected, got))
        # The runtime's inner product is BLAS's, which adds in the machine's own order.
        assert_same(left, right, RTOL, port)
    engines.record.note(operator.op, "runtime", "runs")


@pytest.mark.parametrize("changed", [{"num_classes": 3}, {"thresholds": [0.5]}, {"intercept": "0"}], ids=str)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert from_attributes(Operator, **GOOD).num_features == 2
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**GOOD, **changed})
