"""An XGBoost model that predicts: a thin binding of libxgboost's C API.

XGBoost's Python package costs seconds to import and 100 us a call; its library does neither. Predictions equal
`xgboost.Booster.predict` to the last bit, being made by the same code.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.columns import Dense, Sparse, Vectors
from pipeline.errors import ModelError, RequirementError
from pipeline.scoring.compiled_trees import CompiledTrees, compiled_trees
from pipeline.scoring.model_check import check_document
from pipeline.scoring.model_document import read_document

# Rows that are made dense at once where wide sparse vectors must be.
_DENSE_CELLS = 16 << 20


class Booster:
    """A model of XGBoost's, from UBJ or JSON; safe to share between threads once made.

    `zeros_are_missing` says that a zero means "no value", as in a model trained on libsvm. Raises ModelError for
    bytes that are no such model, pickles among them, and for one that does not hold together.
    """

    def __init__(self, model: bytes, *, zeros_are_missing: bool = False, threads: int = 0) -> None:
        document = read_document(model)
        check_document(document)
        self._library = _library()
        self._handle = ctypes.c_void_p()
        # None where libxgboost itself predicts.
        self.trees: CompiledTrees | None = None
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        self._call("XGBoosterLoadModelFromBuffer", self._handle, model, ctypes.c_uint64(len(model)))
        if threads:
            self._call("XGBoosterSetParam", self._handle, b"nthread", str(threads).encode())
        self.zeros_are_missing = zeros_are_missing
        config = self._config()["learner"]
        # XGBoost's in-place prediction rounds dart otherwise than `Booster.predict`, and does not know gblinear.
        self._in_place = config["gradient_booster"]["name"] == "gbtree"
        self._matrix_settings = json.dumps({"missing": 0.0 if zeros_are_missing else math.nan}).encode()
        self.objective = str(config["objective"]["name"])
        self.num_class = int(config["learner_model_param"]["num_class"])
        self.num_feature = int(config["learner_model_param"]["num_feature"])
        self._settings = _settings(zeros_are_missing, margin=False)
        self._margin_settings = _settings(zeros_are_missing, margin=True)
        self.trees = compiled_trees(
            document,
            self.num_feature,
            self._by_library,
            zeros_are_missing=zeros_are_missing,
            threads=threads or os.cpu_count() or 1,
        )

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.XGBoosterFree(self._handle)

    def predict(self, vectors: Vectors, *, margin: bool = False) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Predictions as float32, of shape (rows,), or (rows, classes) for multi:softprob.

        `margin` asks for the sum of the leaves before the objective's link, as `output_margin` does. NaN is missing.
        """
        if self.trees is not None and len(vectors):
            return self.trees.predict(vectors, margin=margin)
        return self._by_library(vectors, margin)

    def _by_library(self, vectors: Vectors, margin: bool) -> np.ndarray[Any, np.dtype[np.float32]]:
        settings = self._margin_settings if margin else self._settings
        if isinstance(vectors, Dense):
            return self._dense(vectors.values, settings)
        if self.zeros_are_missing:
            return self._sparse(vectors, settings)
        step = max(1, _DENSE_CELLS // max(1, vectors.size))
        parts = [
            self._dense(_rows(vectors, at, at + step).dense().values, settings) for at in range(0, len(vectors), step)
        ]
        return np.concatenate(parts) if parts else self._empty(margin)

    def _empty(self, margin: bool) -> np.ndarray[Any, np.dtype[np.float32]]:
        wide = self.num_class > 1 and (margin or self.objective != "multi:softmax")
        return np.empty((0, self.num_class) if wide else (0,), dtype=np.float32)

    def _dense(self, matrix: np.ndarray[Any, Any], settings: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
        if not len(matrix):
            return self._empty(settings == self._margin_settings)
        matrix = np.ascontiguousarray(matrix)
        return self._predict("Dense", [_interface(matrix)], settings)

    def _sparse(self, vectors: Sparse, settings: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
        if not len(vectors):
            return self._empty(settings == self._margin_settings)
        arrays = [np.ascontiguousarray(part) for part in (vectors.indptr, vectors.indices, vectors.values)]
        interfaces: list[Any] = [_interface(array) for array in arrays]
        return self._predict("CSR", [*interfaces, ctypes.c_uint64(vectors.size)], settings)

    def _predict(self, form: str, data: list[Any], settings: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
        if self._in_place:
            return self._result(f"XGBoosterPredictFrom{form}", [*data, settings, None])
        matrix = ctypes.c_void_p()
        self._call(f"XGDMatrixCreateFrom{form}", *data, self._matrix_settings, ctypes.byref(matrix))
        try:
            return self._result("XGBoosterPredictFromDMatrix", [matrix, settings])
        finally:
            self._library.XGDMatrixFree(matrix)

    def _result(self, call: str, arguments: list[Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
        shape = ctypes.POINTER(ctypes.c_uint64)()
        dimensions = ctypes.c_uint64()
        result = ctypes.POINTER(ctypes.c_float)()
        out = (ctypes.byref(shape), ctypes.byref(dimensions), ctypes.byref(result))
        self._call(call, self._handle, *arguments, *out)
        sizes = tuple(shape[axis] for axis in range(dimensions.value))
        # The library owns the result until its next call on this thread.
        flat = np.ctypeslib.as_array(result, shape=(math.prod(sizes),)).copy()
        return flat.reshape(sizes)

    def _config(self) -> Any:
        length, text = ctypes.c_uint64(), ctypes.c_char_p()
        self._call("XGBoosterSaveJsonConfig", self._handle, ctypes.byref(length), ctypes.byref(text))
        return json.loads(text.value or b"{}")

    def _call(self, name: str, *arguments: Any) -> None:
        if getattr(self._library, name)(*arguments) != 0:
            message = self._library.XGBGetLastError().decode("utf-8", "replace")
            raise ModelError(f"XGBoost refuses: {_first_line(message)}")


def _rows(vectors: Sparse, start: int, stop: int) -> Sparse:
    indptr = vectors.indptr[start : stop + 1]
    part = slice(int(indptr[0]), int(indptr[-1]))
    return Sparse(indptr - indptr[0], vectors.indices[part], vectors.values[part], vectors.size)


def _interface(array: np.ndarray[Any, Any]) -> bytes:
    # NumPy's array interface as JSON is what the C API takes.
    address, shape = array.ctypes.data, ",".join(map(str, array.shape))
    return f'{{"data":[{address},true],"shape":[{shape}],"typestr":"{array.dtype.str}","version":3}}'.encode()


def _settings(zeros_are_missing: bool, *, margin: bool) -> bytes:
    return json.dumps(
        {
            "type": 1 if margin else 0,
            "training": False,
            "iteration_begin": 0,
            "iteration_end": 0,
            "missing": 0.0 if zeros_are_missing else math.nan,
            "strict_shape": False,
            "cache_id": 0,
        }
    ).encode()


def _first_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip() and not line.startswith("Stack trace")]
    return lines[0].split("] ", 1)[-1] if lines else "no reason given"


@functools.cache
def _library() -> Any:
    spec = importlib.util.find_spec("xgboost")
    if spec is None or not spec.submodule_search_locations:
        raise RequirementError("XGBoost is not installed", hint="pip install xgboost-cpu")
    for name in ("libxgboost.so", "libxgboost.dylib", "../xgboost.dll"):
        path = Path(spec.submodule_search_locations[0]) / "lib" / name
        if path.exists():
            library = ctypes.CDLL(str(path))
            library.XGBGetLastError.restype = ctypes.c_char_p
            return library
    raise RequirementError(f"no libxgboost in {spec.submodule_search_locations[0]}", hint="reinstall xgboost-cpu")
