"""The endpoint without its server: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bundle.archive import Files
from pipeline.columns import AnyColumn
from pipeline.errors import ConfigError, DataError, PipelineError, SchemaError
from pipeline.schema.contract import Schema
from pipeline.scoring.feature_text import Rows
from pipeline.scoring.load import BOOSTER, parts_of, read_model
from pipeline.scoring.outputs import SCORE, Outputs, chunk_rows
from pipeline.scoring.plan import run
from pipeline.scoring.scorer import Scorer
from pipeline.serving.body import decoded
from pipeline.serving.contracts import Contract, Contracts
from pipeline.serving.media_types import CSV, default_accept, reply_type, request_type
from pipeline.serving.replies import FEATURE_FORMS, SCORE_FORMS, Reply, values_of
from pipeline.serving.requests import Request, RequestReader
from pipeline.serving.settings import Settings

if TYPE_CHECKING:
    from pipeline.serving.booster_endpoint import BoosterEndpoint


class Endpoint:
    """Answers invocations with a scorer: predictions where it has a booster, else a column of the bundle.

    Every row of a request is answered, in order, or the request fails with a PipelineError. Threads may share it.
    """

    def __init__(self, scorer: Scorer, settings: Settings) -> None:
        self._limit = settings.max_payload
        self._outputs = Outputs(scorer, settings.output) if scorer.booster is not None else None
        self._forms = FEATURE_FORMS if self._outputs is None else SCORE_FORMS
        self._offers = tuple(self._forms)
        self._default_accept = default_accept(settings.default_accept, self._offers)
        self._chunk = chunk_rows(scorer)
        contracts = Contracts(scorer)
        if settings.sparkml_schema:
            contracts.default = _environment_contract(contracts, settings.sparkml_schema)
        self._compiled = scorer.rows if self._outputs is not None and self._outputs.from_predictions else None
        self._compiled_schema = scorer.schema
        usual = self._outputs is not None and self._outputs.keys == (SCORE,) and not settings.sparkml_schema
        self._of_line = self._compiled.of_line if usual and self._compiled is not None else None
        self._reader = RequestReader(contracts, ignore_surplus=settings.ignore_surplus)

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply:
        """The reply to a request's body and headers; raises PipelineError."""
        media_type = request_type(content_type)
        replied = reply_type(accept, self._offers, self._default_accept)
        form = self._forms[replied]
        if media_type == replied == CSV and self._of_line is not None and not encoding:
            # What most requests are: one line in, one number out.
            score = self._of_line(body)
            if score is not None and isfinite(score):
                return Reply(form.content_type, b"%a\n" % score)
        try:
            request = self._reader.read(media_type, decoded(body, encoding, self._limit))
            return Reply(form.content_type, form.write(self._scored(request)))
        except RecursionError:
            # An error message quotes what it found.
            raise DataError("the JSON is nested too deeply") from None

    def _scored(self, request: Request) -> Iterator[Any]:
        outputs = self._outputs
        if outputs is not None and (predictions := self._predictions(request)) is not None:
            yield outputs.of_predictions(predictions)
            return
        for at, columns in request.chunks(self._chunk):
            yield outputs.of_columns(columns, at) if outputs else _column(request.contract, columns, at)

    def _predictions(self, request: Request) -> Any:
        """What the compiled rows make of all rows at once; None where the operators must see them."""
        if self._compiled is None or request.contract.schema != self._compiled_schema:
            return None
        if request.lines is not None:
            return self._compiled.of_csv(request.lines)
        return None if request.rows is None else self._compiled.of_rows(request.rows)


def _column(contract: Contract, columns: Mapping[str, AnyColumn], at: int) -> Rows:
    output = contract.output
    if output is None:
        raise SchemaError(
            "the bundle makes no vector, and nothing says which column to reply",
            hint='name it: "schema": {"input": [...], "output": {"name": ..., "type": ...}}',
        )
    return values_of(run(contract.steps, columns, at)[output.name], output)


def load_endpoint(model: Path, settings: Settings, schema: Schema | None = None) -> Endpoint | BoosterEndpoint:
    """Loads a bundle, model archive or run folder; raises PipelineError for whatever would fail every request."""
    return endpoint_of(read_model(model), model, settings, schema)


def endpoint_of(
    files: Files, model: Path, settings: Settings, schema: Schema | None = None
) -> Endpoint | BoosterEndpoint:
    """The endpoint of a model's files: a booster alone answers rows of features, all others rows of the contract."""
    from pipeline.serving.booster_endpoint import BoosterEndpoint, is_booster_alone

    if not is_booster_alone(files):
        return Endpoint(Scorer(parts_of(files, model, schema), threads=1), settings)
    if schema is not None:
        raise ConfigError(f"{model} holds a booster alone, which takes features and no contract")
    return BoosterEndpoint(files[BOOSTER], settings)


def _environment_contract(contracts: Contracts, document: str) -> Contract:
    try:
        return contracts.of_document(document)
    except PipelineError as error:
        raise ConfigError(f"SAGEMAKER_SPARKML_SCHEMA: {error.message}", hint=error.hint) from error
