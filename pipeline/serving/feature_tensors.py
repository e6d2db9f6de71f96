"""Rows of features in JSON, as SageMaker's built-in algorithms take them: tensors with keys, or plain lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from pipeline.errors import DataError
from pipeline.recordio import Rows

_WANTED = '{"data": {"features": {"keys": [0], "shape": [10], "values": [1.0]}}}'


def of_json(body: bytes, size: int) -> Rows:
    """{"instances": [...]}: a row in each; `size` is how many features a row has. Raises DataError naming the row."""
    document = _parsed(body, None)
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        raise DataError("the JSON has no list 'instances'", expected=f'{{"instances": [{_WANTED}]}}')
    return _rows(instances, size)


def of_json_lines(body: bytes, size: int) -> Rows:
    """One row a line; see of_json."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    return _rows([_parsed(line, number) for number, line in enumerate(lines, start=1)], size)


def _parsed(text: bytes, row: int | None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise DataError(f"not JSON: {error}", row=row) from error


def _rows(instances: Sequence[Any], size: int) -> Rows:
    tensors = [_tensor(instance, row, size) for row, instance in enumerate(instances, start=1)]
    counts = [len(keys) for keys, _ in tensors]
    keys = [keys for keys, _ in tensors]
    values = [values for _, values in tensors]
    return Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate(keys).astype(np.int64) if keys else np.empty(0, np.int64),
        np.concatenate(values).astype(np.float32) if values else np.empty(0, np.float32),
        np.full(len(tensors), size, np.int64),
    )


def _tensor(instance: Any, row: int, size: int) -> tuple[Any, Any]:
    features = _features(instance, row)
    if isinstance(features, list):
        features = {"values": features}
    values = _numbers(features.get("values"), "values", row)
    if "keys" not in features:
        if len(values) != size:
            raise DataError(f"{len(values):,} values", row=row, expected=f"{size:,}, the features of the model")
        return np.arange(size), values
    keys = _numbers(features["keys"], "keys", row)
    if len(keys) != len(values):
        raise DataError(f"{len(values)} values with {len(keys)} keys", row=row)
    shape = features.get("shape")
    if shape not in ([size], size):
        found = "no shape" if shape is None else f"the shape {str(shape)[:60]}"
        raise DataError(found, row=row, expected=f"[{size}], the features of the model")
    wrong = np.flatnonzero((keys < 0) | (keys >= size) | (keys % 1 != 0))
    if len(wrong):
        raise DataError(f"the key {keys[wrong[0]]:g}", row=row, expected=f"whole numbers from 0 to {size - 1}")
    return keys, values


def _features(instance: Any, row: int) -> Any:
    """The features of an instance, with or without `data` around them; of a map of tensors that named `values`."""
    found = instance.get("data", instance) if isinstance(instance, dict) else None
    found = found.get("features") if isinstance(found, dict) else None
    if not isinstance(found, list | dict):
        raise DataError("no features", row=row, expected=_WANTED)
    return found


def _numbers(given: Any, name: str, row: int) -> Any:
    try:
        numbers = np.asarray(given, dtype=np.float64) if isinstance(given, list) else None
    except (ValueError, TypeError, OverflowError):
        numbers = None
    is_plain = numbers is not None and numbers.ndim == 1 and all(type(value) in (int, float) for value in given)
    if numbers is None or not is_plain or not np.isfinite(numbers.astype(np.float32)).all():
        raise DataError(f"{name} is no list of finite numbers", row=row, expected=_WANTED)
    return numbers
