"""A factorization machine behind the endpoint: the contract of SageMaker's own container for it.

Source: AWS's common data formats for inference, and the response formats of factorization machines.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from pipeline.errors import ConfigError, DataError, UnsupportedMediaTypeError
from pipeline.factorization.model import FactorizationMachine
from pipeline.factorization.table import CLASSIFIER
from pipeline.recordio import CONTENT_TYPE, Rows, encode_labels, read_rows
from pipeline.serving.body import decoded
from pipeline.serving.feature_tensors import of_json, of_json_lines
from pipeline.serving.media_types import JSON, JSON_LINES, default_accept, reply_type
from pipeline.serving.replies import Reply
from pipeline.serving.settings import Settings

# Predictions by name, one value a row each.
Predictions = dict[str, Any]

_LIST = b'{"predictions":['


class FactorizationEndpoint:
    """Answers rows of features with scores, and with labels 0 or 1 where the machine classifies.

    Requests are recordIO-protobuf, JSON or JSON lines. Every row is answered, in order, or the request fails with a
    PipelineError. Threads may share it.
    """

    def __init__(self, model: bytes, settings: Settings) -> None:
        if settings.sparkml_schema or settings.output:
            name = "SAGEMAKER_SPARKML_SCHEMA" if settings.sparkml_schema else "SAGEMAKER_INFERENCE_OUTPUT"
            raise ConfigError(f"{name} is set, which factorization machines do not have")
        self._machine = FactorizationMachine.from_bytes(model)
        self._limit = settings.max_payload
        self._offers = tuple(_FORMS)
        self._default_accept = default_accept(settings.default_accept, self._offers, JSON)

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply:
        """The reply to a request's body and headers; raises PipelineError."""
        read = _READERS.get(content_type.partition(";")[0].strip().lower())
        if read is None:
            what = f"a body of type {content_type[:80]!r}" if content_type else "a request without Content-Type"
            raise UnsupportedMediaTypeError(f"{what} is not read", hint=f"send one of {', '.join(_READERS)}")
        form = reply_type(accept, self._offers, self._default_accept)
        rows = read(decoded(body, encoding, self._limit), self._machine.feature_dim)
        if not len(rows):
            raise DataError("the body is empty", expected="at least one row")
        self._check_sizes(rows)
        return Reply(form.encode(), _FORMS[form](self._predictions(rows)))

    def _check_sizes(self, rows: Rows) -> None:
        size = self._machine.feature_dim
        wrong = (rows.sizes != size).nonzero()[0]
        if len(wrong):
            found = int(rows.sizes[wrong[0]])
            raise DataError(
                "no shape" if found < 0 else f"{found:,} features",
                row=int(wrong[0]) + 1,
                expected=f"{size:,}, the features of the model",
            )

    def _predictions(self, rows: Rows) -> Predictions:
        scores = self._machine.scores(rows)
        if self._machine.predictor_type == CLASSIFIER:
            return {"score": scores, "predicted_label": (scores >= 0.5).astype(int)}
        return {"score": scores}


def _recordio(body: bytes, size: int) -> Rows:
    return Rows.together(list(read_rows(io.BytesIO(body))))


_READERS: dict[str, Callable[[bytes, int], Rows]] = {
    CONTENT_TYPE: _recordio,
    JSON: of_json,
    JSON_LINES: of_json_lines,
}


def _objects(predictions: Predictions) -> Iterator[bytes]:
    names = list(predictions)
    for values in zip(*predictions.values(), strict=True):
        yield orjson.dumps(dict(zip(names, values, strict=True)), option=orjson.OPT_SERIALIZE_NUMPY)


def _json(predictions: Predictions) -> bytes:
    return _LIST + b",".join(_objects(predictions)) + b"]}"


def _json_lines(predictions: Predictions) -> bytes:
    return b"".join(line + b"\n" for line in _objects(predictions))


_FORMS: dict[str, Callable[[Predictions], bytes]] = {
    JSON: _json,
    JSON_LINES: _json_lines,
    CONTENT_TYPE: encode_labels,
}
