"""The functions of the service."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
from iris import probabilities
from model_store import PRODUCTION, Model, ModelStore

WIDTH = "petal_width"


class BadRequest(ValueError):
    """A request that cannot be answered; the server says why, with this status."""

    http_status = 400


def predict(request: Any) -> dict[str, Any]:
    """The class of an iris, {"petal_width": cm}, by the latest model in production."""
    # Liminal's own server hands on the body as it came.
    document = json.loads(request) if isinstance(request, bytes) else request
    width = _width(document)
    version, model = _latest()
    row = probabilities(model, np.array([[width]]))[0]
    return {
        "class": model["classes"][int(row.argmax())],
        "probability": float(row.max()),
        "probabilities": dict(zip(model["classes"], row.tolist(), strict=True)),
        "version": version,
    }


def version(_: Any) -> dict[str, Any]:
    """What serves, and how good it was."""
    name, model = _latest()
    return {"version": name, "accuracy": model["accuracy"]}


def _width(document: Any) -> float:
    if not isinstance(document, dict) or WIDTH not in document:
        raise BadRequest(f'expected {{"{WIDTH}": cm}}')
    try:
        width = float(document[WIDTH])
    except (TypeError, ValueError):
        raise BadRequest(f"{WIDTH} is {document[WIDTH]!r}, not a number") from None
    if not 0 <= width <= 100:
        raise BadRequest(f"{WIDTH} is {width:g}; expected 0 to 100 cm")
    return width


def _latest() -> tuple[str, Model]:
    name = ModelStore().latest(PRODUCTION)
    if name is None:
        raise RuntimeError("no model is in production: run the pipeline first")
    return name, _loaded(name)


@functools.lru_cache(maxsize=2)
def _loaded(name: str) -> Model:
    return ModelStore().load(PRODUCTION, name)
