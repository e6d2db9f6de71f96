"""Casts of numbers against Spark SQL's CAST."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pipeline.operators.sql.casts import cast

TYPES = {"tinyint": "i1", "smallint": "i2", "int": "i4", "bigint": "i8", "float": "f4", "double": "f8"}
DOUBLES = [0.0, -0.0, 1.9, -1.9, 127.0, 128.0, 300.7, -129.0, 32768.0, 2.0**31, -(2.0**31), 2.0**31 - 0.5, 4e9]
DOUBLES += [2.0**53 + 2, 2.0**63, -(2.0**63), 1e19, 1e300, math.inf, -math.inf, math.nan, 5e-324, 0.1]


@pytest.fixture
def without_ansi(spark: Any) -> Iterator[None]:
    before = spark.conf.get("spark.sql.ansi.enabled")
    spark.conf.set("spark.sql.ansi.enabled", "false")
    yield
    spark.conf.set("spark.sql.ansi.enabled", before)


@pytest.mark.parametrize("source", ["double", "float", "bigint", "boolean"])
def test_cast(spark: Any, without_ansi: None, source: str) -> None:
    found: list[Any] = DOUBLES
    if source == "bigint":
        found = [0, 1, -1, 127, 128, -129, 40000, 1 << 31, -(1 << 31) - 1, (1 << 53) + 1, (1 << 63) - 1, -(1 << 63)]
    if source == "boolean":
        found = [True, False]
    frame = spark.createDataFrame([(value,) for value in found], f"x {source}")
    values = np.array(found, dtype={**TYPES, "boolean": "bool"}[source]) if source != "float" else _floats()
    rows = frame.selectExpr(*[f"CAST(x AS {name}) AS {name}" for name in TYPES]).collect()
    for name, dtype in TYPES.items():
        expected = np.array([row[name] for row in rows], dtype=dtype)
        made = cast(values, np.dtype(dtype))
        assert made.dtype == expected.dtype
        assert made.tobytes() == expected.tobytes(), name


def _floats() -> np.ndarray[Any, Any]:
    with np.errstate(over="ignore"):
        return np.array(DOUBLES).astype("f4")
