"""Which endpoint a model's archive makes."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.factorization import FILE
from pipeline.schema.contract import Schema
from pipeline.scoring.load import read_model
from pipeline.serving.app import Invoked
from pipeline.serving.endpoint import endpoint_of
from pipeline.serving.settings import Settings


def load(model: Path, settings: Settings, schema: Schema | None = None) -> Invoked:
    """Loads a bundle, model archive or run folder; raises PipelineError for whatever would fail every request.

    An archive with a factorization machine answers what its container on SageMaker does, all others see endpoint_of.
    """
    files = read_model(model)
    if FILE not in files:
        return endpoint_of(files, model, settings, schema)
    if schema is not None:
        raise ConfigError(f"{model} holds a factorization machine, which takes features and no contract")
    from pipeline.serving.factorization_endpoint import FactorizationEndpoint

    return FactorizationEndpoint(files[FILE], settings)
