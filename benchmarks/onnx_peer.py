"""ONNX Runtime as a peer: abalone's Spark stages and the booster, both by onnxmltools, as one ONNX model.

python -m benchmarks.onnx_peer BOOSTER MODEL

writes the model. That is a process of its own, so that no Spark is left beside what is timed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from benchmarks.common import ROOT
from pipeline.schema import load_schema

Values = tuple[Any, ...]

# The order in which benchmarks.common indexes them.
_TEXT, _LABELS = "sex", ["M", "I", "F"]


def is_here() -> bool:
    """Whether this environment has ONNX Runtime and the converters; `make bench` makes one that has."""
    return all(find_spec(name) for name in ("onnx", "onnxmltools", "onnxruntime"))


def session(booster: xgboost.Booster, folder: Path) -> Any:
    """A session of one thread for abalone's rows, text and numbers to score; leaves its model in the folder."""
    import onnxruntime

    saved, model = folder / "booster.ubj", folder / "abalone.onnx"
    booster.save_model(saved)
    subprocess.run([sys.executable, "-m", __name__, str(saved), str(model)], check=True, cwd=ROOT)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def inputs(rows: Sequence[Values]) -> dict[str, np.ndarray[Any, Any]]:
    """What the session takes: each column of the rows as a matrix of one column, numbers as float32."""
    texts, *numbers = zip(*rows, strict=True)
    columns = {_TEXT: np.array(texts, object).reshape(-1, 1)}
    for name, values in zip(_measures(), numbers, strict=True):
        columns[name] = np.array(values, np.float32).reshape(-1, 1)
    return columns


def largest_difference(run: Any, rows: Sequence[Values], ours: Sequence[float]) -> float:
    """The largest difference of the session's predictions, relative to ours.

    Raises AssertionError where one is larger than sums of float32 in another order explain.
    """
    (theirs,) = run.run(None, inputs(rows))
    np.testing.assert_allclose(theirs[:, 0], ours, rtol=1e-5)
    return float(np.max(np.abs(theirs[:, 0] / np.array(ours) - 1)))


def _measures() -> list[str]:
    return [column.name for column in load_schema(ROOT / "schemas" / "abalone.json").features if column.is_number]


def _convert(booster: Path, model: Path) -> None:
    import onnx
    from onnxmltools import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    trained = xgboost.Booster(model_file=booster)
    types = [("features", FloatTensorType([None, trained.num_features()]))]
    onnx.save(_joined(_features(), convert_xgboost(trained, "booster", types)), model)


def _joined(features: Any, booster: Any) -> Any:
    """One checked model of both; merge_models takes only parts that import the same versions, which these do not."""
    from onnx.checker import check_model
    from onnx.compose import merge_graphs
    from onnx.helper import make_model, make_opsetid

    versions: dict[str, int] = {}
    for opset in (*features.opset_import, *booster.opset_import):
        domain = _domain(opset.domain)
        versions[domain] = max(opset.version, versions.get(domain, 0))
    graph = merge_graphs(features.graph, booster.graph, io_map=[("features", "features")])
    for node in graph.node:
        node.domain = _domain(node.domain)
    opsets = [make_opsetid(*opset) for opset in sorted(versions.items())]
    model = make_model(graph, opset_imports=opsets, ir_version=max(features.ir_version, booster.ir_version))
    check_model(model, full_check=True)
    return model


def _domain(name: str) -> str:
    """ONNX's own domain has two names, and the checker knows the empty one."""
    return "" if name == "ai.onnx" else name


def _features() -> Any:
    from onnxmltools import convert_sparkml
    from onnxmltools.convert.common.data_types import FloatTensorType, StringTensorType
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexerModel, VectorAssembler, VectorSlicer

    from benchmarks.spark_session import spark_session

    measures = _measures()
    types = [(_TEXT, StringTensorType([None, 1])), *((name, FloatTensorType([None, 1])) for name in measures)]
    with spark_session() as spark:
        stages = [
            StringIndexerModel.from_labels(_LABELS, inputCol=_TEXT, outputCol="index"),
            # The converter refuses an encoder that drops the last label and refuses others: a slicer drops it.
            OneHotEncoder(inputCol="index", outputCol="all_labels", dropLast=False),
            VectorSlicer(inputCol="all_labels", outputCol="vector", indices=list(range(len(_LABELS) - 1))),
            VectorAssembler(inputCols=["vector", *measures], outputCol="features"),
        ]
        rows = spark.createDataFrame([], ", ".join([f"{_TEXT} string", *(f"{name} double" for name in measures)]))
        return convert_sparkml(Pipeline(stages=stages).fit(rows), "features", types, spark_session=spark)


if __name__ == "__main__":
    _convert(*map(Path, sys.argv[1:3]))
