"""A fitted Spark stage and our reading of it, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import bundle_files
from pipeline.columns import Dense, Sparse
from pipeline.schema import Schema
from pipeline.scoring.arrow import from_arrow
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer


def scorer_of(model: Any, schema: Any = None, contract: Schema | None = None) -> Scorer:
    """The scorer of a stage that went through a bundle's files; `schema` tells the writer of raw types."""
    return Scorer(Parts(read_bundle(bundle_files(model, schema)), contract, None, Manifest()))


def spark_column(frame: Any, name: str) -> list[Any]:
    """A column that Spark made, vectors as lists."""
    values = [row[name] for row in frame.select(name).collect()]
    return [value.toArray().tolist() if hasattr(value, "toArray") else value for value in values]


def our_column(scorer: Scorer, table: pa.Table, name: str) -> list[Any]:
    """The same column as the scorer makes it."""
    column = from_arrow(scorer.transform(table, [name])[name], name)
    if isinstance(column, Dense | Sparse):
        return (column if isinstance(column, Dense) else column.dense()).values.tolist()
    return list(column.values)  # type: ignore[union-attr]


def bits(values: list[Any]) -> bytes:
    """Numbers to the last bit."""
    return np.array(values, dtype=np.float64).tobytes()
