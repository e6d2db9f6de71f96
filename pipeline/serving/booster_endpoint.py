"""A booster without its bundle behind the endpoint: SageMaker's XGBoost container, as the second of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.bundle.archive import Files
from pipeline.bundle.reader import Bundle
from pipeline.columns import Dense
from pipeline.errors import ConfigError, ModelError, UnsupportedMediaTypeError
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import BOOSTER, BUNDLE, Parts
from pipeline.scoring.manifest import Manifest
from pipeline.scoring.outputs import Outputs
from pipeline.scoring.scorer import Scorer
from pipeline.serving.body import decoded
from pipeline.serving.feature_rows import csv_matrix, libsvm_matrix, matrices
from pipeline.serving.media_types import default_accept, reply_type
from pipeline.serving.replies import SCORE_FORMS, Reply
from pipeline.serving.settings import Settings

READERS = {
    "text/csv": csv_matrix,
    "csv": csv_matrix,
    "text/libsvm": libsvm_matrix,
    "text/x-libsvm": libsvm_matrix,
    "libsvm": libsvm_matrix,
}

# Feature values that are held at once.
_CHUNK_CELLS = 4 << 20
_ROW, _FEATURES = "row", "features"


class BoosterEndpoint:
    """Answers rows of features with what the booster says of them: the contract of SageMaker's XGBoost container.

    Requests are CSV without header or label, or libsvm with indices from 0; a value that is not there is missing.
    Replies and SAGEMAKER_INFERENCE_OUTPUT are those of Endpoint. Every row is answered, in order, or the request fails
    with a PipelineError; a row of CSV must have as many values as the booster has features. Threads may share it.
    Source: the container's algorithm mode, with N rows in and N rows out.
    """

    def __init__(self, booster: bytes, settings: Settings) -> None:
        if settings.sparkml_schema:
            raise ConfigError("SAGEMAKER_SPARKML_SCHEMA is set, but the archive holds a booster without a bundle")
        # A bundle of one operator that hands its vector on: the rest is a scorer's as any other's.
        bundle = Bundle("features", "features", "", [Node("features", VectorAssembler((), "keep"), _SHAPE)])
        schema = Schema((Column(_ROW, "double", struct="vector"),))
        scorer = Scorer(Parts(bundle, schema, booster, Manifest(features=_FEATURES)), threads=1)
        assert scorer.booster is not None  # noqa: S101 - it was given
        self._width = scorer.booster.num_feature
        self._outputs = Outputs(scorer, settings.output)
        self._chunk = max(16, min(32_768, _CHUNK_CELLS // max(1, self._width)))
        self._offers = tuple(SCORE_FORMS)
        self._default_accept = default_accept(settings.default_accept, self._offers)
        self._limit = settings.max_payload

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply:
        """The reply to a request's body and headers; raises PipelineError."""
        read = READERS.get(content_type.partition(";")[0].strip().lower())
        if read is None:
            what = f"a body of type {content_type[:80]!r}" if content_type else "a request without Content-Type"
            raise UnsupportedMediaTypeError(f"{what} is not read", hint=f"send one of {', '.join(READERS)}")
        form = SCORE_FORMS[reply_type(accept, self._offers, self._default_accept)]
        rows = matrices(decoded(body, encoding, self._limit), read, self._width, self._chunk)
        return Reply(form.content_type, form.write(self._scored(rows)))

    def _scored(self, rows: Iterator[tuple[int, Any]]) -> Iterator[Any]:
        for at, matrix in rows:
            yield self._outputs.of_columns({_ROW: Dense(matrix)}, at)


_SHAPE = Shape({"input0": _ROW}, {"output": _FEATURES})


def is_booster_alone(files: Files) -> bool:
    """Whether an archive holds what SageMaker's XGBoost writes, and no bundle.

    Raises ModelError where other models stand beside it: XGBoost's container would answer the mean of all.
    """
    if BOOSTER not in files or "bundle.json" in files or BUNDLE + "bundle.json" in files:
        return False
    others = [name for name in files if "/" not in name and not name.startswith(".") and name != BOOSTER]
    if others:
        raise ModelError(
            f"beside {BOOSTER} the archive holds {', '.join(sorted(others)[:5])}",
            hint="XGBoost's container loads every top-level file as a model and answers their mean: put them elsewhere",
        )
    return True
