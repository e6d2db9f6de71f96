"""A model file's bytes as a document: UBJ or JSON, whichever libxgboost would take them for."""

from __future__ import annotations

import json
from typing import Any

from pipeline.errors import ModelError
from pipeline.scoring import ubj

_PICKLES = (b"\x80", b"cx", b"cc", b"(d", b"(i", b"]q", b"}q")
_HINT = "save it with Booster.save_model as UBJ or JSON"


def read_document(model: bytes) -> Any:
    """The document of a model file; a ModelError for a pickle, another format, and bytes that are damaged."""
    if model.startswith(_PICKLES):
        raise ModelError("the model file is a pickle, which would run code when loaded: refused", hint=_HINT)
    second = model[1:].lstrip()[:1]
    if not model.startswith(b"{") or not (second == b'"' or second.isalpha()):
        raise ModelError("the model file is neither UBJ nor JSON", hint=_HINT)
    try:
        return json.loads(model, object_pairs_hook=_object) if second == b'"' else ubj.loads(model)
    except RecursionError:
        raise ModelError("the model file is damaged: it is nested too deeply") from None
    except ValueError as error:
        raise ModelError(f"the model file is damaged: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
