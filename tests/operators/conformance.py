"""One fitted stage, or pipeline, through every engine: Spark is right, the others must say the same.

Spark's own transform; the scorer on our bundle; MLeap's runtime 0.20.0 on our bundle; the scorer on the bundle that
MLeap's serialiser 0.16.0 writes, where it can.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance_record import Record

from pipeline.bundle import write_bundle
from pipeline.bundle.reader import read_bundle
from pipeline.errors import DataError, PipelineError, UnsupportedStageError
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.arrow import VECTOR_UDT
from pipeline.scoring.load import Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.scorer import Scorer

# MLeap's serialiser is slow: so many cases of an operator suffice where it agrees.
_SERIALIZED = 4

# Longer vectors are compared by what they hold.
_WIDE = 4096

_TYPES = {"tinyint": "byte", "smallint": "short", "integer": "int", "bigint": "long"}


@dataclass
class Conformance:
    """The engines of a test session; `record` gathers what each said of each operator."""

    spark: Any
    runtime: Any
    folder: Path
    serializer: bool
    record: Record = field(default_factory=Record)
    unwritten: str | None = None
    _numbers: Iterator[int] = field(default_factory=count)
    _serialized: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def check(
        self,
        model: Any,
        frame: Any,
        *,
        rtol: float = 0.0,
        runtime_differs: str | None = None,
        serializer_differs: str | None = None,
        skipping: bool = False,
        about: str | None = None,
    ) -> Scorer:
        """All columns that the model adds to the frame are the same in every engine; returns the scorer.

        `rtol` is 0 for equality to the last bit. `runtime_differs` and `serializer_differs` are the reasons why
        MLeap's runtime, and its serialiser's bundle, are known not to agree: then they must not. `skipping` is for
        models that drop rows. `about` is the stage in question where the model is a pipeline.
        """
        after = model.transform(frame)
        made = [name for name in after.columns if name not in frame.columns]
        expected = {name: [plain(row[name]) for row in after.select(name).collect()] for name in made}
        bundle = write_bundle(model, self._path(), frame)
        scorer = scorer_of(bundle, frame)
        table = table_of(frame)
        got = scorer.transform_skipping(table, made)[0] if skipping else scorer.transform(table, made)
        case = _Case(model, frame, expected, rtol, about or type(model).__name__)
        case.compare(got, "scorer")
        self.record.note(case.name, "scorer", "equal" if rtol == 0 else f"within {rtol:g}")
        self._runtime(case, scorer, bundle, runtime_differs)
        self._serializer(case, _ops(scorer), serializer_differs)
        return scorer

    def without_serializer(self, said: str = "cannot write it") -> Conformance:
        """The engines without MLeap's serialiser; `said` is why, in the table's words."""
        return replace(self, serializer=False, unwritten=said)

    def refuses(self, model: Any, frame: Any, *, row: int, column: str | None) -> None:
        """Spark refuses a row of the frame; the scorer names it, counted from 1, and the raw column."""
        from py4j.protocol import Py4JJavaError
        from pyspark.sql.utils import CapturedException

        with pytest.raises((CapturedException, Py4JJavaError)):
            model.transform(frame).collect()
        bundle = write_bundle(model, self._path(), frame)
        with pytest.raises(DataError) as caught:
            scorer_of(bundle, frame).transform(table_of(frame))
        assert (caught.value.row, caught.value.column) == (row, column)

    def _path(self) -> Path:
        return self.folder / f"{next(self._numbers)}.zip"

    def _runtime(self, case: _Case, scorer: Scorer, bundle: Path, differs: str | None) -> None:
        own = [node.operator.op for node in scorer.bundle.nodes if not node.operator.in_mleap]
        if own:
            self.record.note(case.name, "runtime", "our own operator")
            return
        if self.runtime is None:
            return
        with _agreement(differs, "MLeap's runtime"):
            made = self.runtime.load(bundle).transform(table_of(case.frame, lists=True), list(case.expected))
            case.compare(made, "MLeap's runtime")
        self.record.note(case.name, "runtime", f"differs: {differs}" if differs else "runs")

    def _serializer(self, case: _Case, ops: Sequence[str], differs: str | None) -> None:
        if self.unwritten:
            self.record.note(case.name, "serializer", self.unwritten)
        key = (case.name, *ops)
        self._serialized[key] += 1
        enough = differs is None and self._serialized[key] > _SERIALIZED
        if not self.serializer or enough:
            return
        from pipeline.mleap.serializer import serialize

        path = self._path()
        pipeline = case.model if type(case.model).__name__ == "PipelineModel" else _pipeline(case.model)
        try:
            serialize(pipeline, case.model.transform(case.frame), path)
        except UnsupportedStageError:
            self.record.note(case.name, "serializer", "cannot write it")
            return
        names = {case.name}
        with _agreement(differs, "the bundle of MLeap's serialiser"):
            scorer = scorer_of(path, case.frame)
            names.update(_ops(scorer))
            made = scorer.transform(table_of(case.frame), list(case.expected))
            case.compare(made, "the bundle of MLeap's serialiser")
        for name in names:
            self.record.note(name, "serializer", f"differs: {differs}" if differs else "equal")


@dataclass(frozen=True)
class _Case:
    """A model, the rows, and what Spark makes of them."""

    model: Any
    frame: Any
    expected: dict[str, list[Any]]
    rtol: float
    name: str

    def compare(self, made: pa.Table, engine: str) -> None:
        for name, values in self.expected.items():
            found = [plain(value) for value in made[name].to_pylist()]
            assert_same(values, found, self.rtol, f"{engine}, {name}")


def _ops(scorer: Scorer) -> list[str]:
    return sorted({node.operator.op for node in scorer.bundle.nodes})


class _agreement:
    """Agreement inside the block, or, where a reason says so, a difference that must be there."""

    def __init__(self, differs: str | None, engine: str) -> None:
        self._differs, self._engine = differs, engine

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if self._differs is None:
            return False
        if error is None:
            pytest.fail(f"{self._engine} agrees now, though it was known to differ: {self._differs}")
        return isinstance(error, AssertionError | PipelineError | KeyError)


def _pipeline(model: Any) -> Any:
    from pyspark.ml import PipelineModel

    return PipelineModel([model])


def scorer_of(bundle: Path, frame: Any) -> Scorer:
    """The scorer of a bundle, with the contract of a Spark frame, in which everything may be null."""
    return Scorer(Parts(read_bundle(bundle), contract_of(frame), None, Manifest()))


def contract_of(frame: Any) -> Schema:
    """The contract of a Spark frame."""
    return Schema(tuple(_column(kind) for kind in frame.schema.fields))


def _column(kind: Any) -> Column:
    name = kind.dataType.typeName()
    if type(kind.dataType).__name__ == "VectorUDT":
        return Column(kind.name, "double", struct="vector")
    if name == "array":
        inner = kind.dataType.elementType.typeName()
        return Column(kind.name, _TYPES.get(inner, inner), struct="array", nullable=True)
    return Column(kind.name, _TYPES.get(name, name), nullable=True)


def table_of(frame: Any, *, lists: bool = False) -> pa.Table:
    """The rows of a Spark frame; vectors as Spark's struct, or as lists of doubles."""
    from pyspark.sql.pandas.types import to_arrow_type

    rows = frame.collect()
    arrays = {}
    for kind in frame.schema.fields:
        values = [row[kind.name] for row in rows]
        if type(kind.dataType).__name__ == "VectorUDT":
            vectors = [None if value is None else value.toArray().tolist() for value in values]
            udt = [None if value is None else _udt(value) for value in values]
            arrays[kind.name] = pa.array(vectors, pa.list_(pa.float64())) if lists else pa.array(udt, VECTOR_UDT)
        else:
            arrays[kind.name] = pa.array(values, to_arrow_type(kind.dataType))
    return pa.table(arrays)


def _udt(vector: Any) -> dict[str, Any]:
    if type(vector).__name__ == "SparseVector":
        return {
            "type": 0,
            "size": vector.size,
            "indices": vector.indices.tolist(),
            "values": vector.values.tolist(),
        }
    return {"type": 1, "size": None, "indices": None, "values": vector.toArray().tolist()}


def plain(value: Any) -> Any:
    """A value of any engine as Python's own: vectors as lists, wide ones as what of them is not 0.0."""
    if hasattr(value, "toArray"):
        return _vector(value.toArray())
    if isinstance(value, dict) and {"size", "indices", "values"} <= value.keys():
        dense = np.zeros(value["size"])
        dense[value["indices"]] = value["values"]
        return _vector(dense)
    if isinstance(value, list) and len(value) > _WIDE:
        return _vector(np.array(value, dtype=np.float64))
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _vector(values: np.ndarray[Any, Any]) -> Any:
    if len(values) <= _WIDE:
        return values.tolist()
    (there,) = np.nonzero((values != 0) | np.signbit(values))
    return [float(len(values)), there.tolist(), values[there].tolist()]


def assert_same(expected: Sequence[Any], got: Sequence[Any], rtol: float, what: str) -> None:
    """The same rows: numbers to the last bit, or within `rtol`; NaN is NaN."""
    assert len(expected) == len(got), f"{what}: {len(got)} rows, expected {len(expected)}"
    for row, (left, right) in enumerate(zip(expected, got, strict=True)):
        assert _same(left, right, rtol), f"{what}, row {row + 1}: {right!r}, expected {left!r}"


def _same(left: Any, right: Any, rtol: float) -> bool:
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(_same(one, other, rtol) for one, other in zip(left, right, strict=True))
        )
    if isinstance(left, float) and isinstance(right, int | float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        if rtol:
            return math.isclose(left, right, rel_tol=rtol, abs_tol=rtol)
        return struct.pack("d", left) == struct.pack("d", right)
    return bool(left == right)
