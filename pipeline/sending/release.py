"""A model's requests by what its archives hold: another model is another name, the same one is the same.

An endpoint's instances load the archives of their model whenever they start. What serves must therefore stay as it is
when a run makes its model once more, and the endpoint must move on to a configuration of another name.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.plan.model import archives_of
from pipeline.plan.names import resource_name
from pipeline.plan.steps import Plan
from pipeline.sending.clients import Clients
from pipeline.sending.objects import split
from pipeline.sending.packages import write_archive

# So many letters of a hash tell the models of one run apart.
_DIGEST = 5
_FROM_MODEL_ON = ("model", "model-package", "endpoint-config", "endpoint", "transform")
_SUFFIXES = {"model": "model", "endpoint-config": "config"}
_LONGEST_TOKEN = 36


def release(plan: Plan, config: PipelineConfig, clients: Clients, trained: str) -> dict[str, dict[str, Any]]:
    """Puts the archives of the run's model where they stay, and returns the requests from the model on, by step.

    `trained` is the archive that the training job really left. Raises PipelineError where the jobs left something
    else than they should.
    """
    model = plan.step("model")
    assert model is not None  # noqa: S101 - every plan has one
    planned = archives_of(model.request)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [_fetch(clients, uri, folder / str(place)) for place, uri in enumerate(planned[:-1])]
        # The last container loads the booster: packed, or as the training job left it.
        if model.package is None:
            files.append(_fetch(clients, trained, folder / "last"))
        else:
            package = replace(model.package, booster=trained, tuning_job=None)
            files.append(write_archive(clients, package, config, folder / "last"))
        digest = _digest(model.request, files)
        renamed = {uri: f"{plan.root}/model/{digest}/{place + 1}/model.tar.gz" for place, uri in enumerate(planned)}
        for uri, path in zip(planned, files, strict=True):
            bucket, key = split(renamed[uri])
            clients.s3.upload_file(str(path), bucket, key)
    for name, suffix in _SUFFIXES.items():
        if (step := plan.step(name)) is not None:
            renamed[step.thing_name] = resource_name(plan.pipeline, plan.run_key + digest, suffix)
    if (step := plan.step("model-package")) is not None:
        token = resource_name(plan.pipeline, plan.run_key + digest, "package", longest=_LONGEST_TOKEN)
        renamed[step.request["ClientToken"]] = token
    return {step.name: _replaced(step.request, renamed) for step in plan.steps if step.name in _FROM_MODEL_ON}


def _fetch(clients: Clients, uri: str, folder: Path) -> Path:
    folder.mkdir()
    bucket, key = split(uri)
    path = folder / "model.tar.gz"
    clients.s3.download_file(bucket, key, str(path))
    return path


def _digest(request: Mapping[str, Any], files: list[Path]) -> str:
    found = hashlib.sha256(json.dumps(request, sort_keys=True).encode())
    for path in files:
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:_DIGEST]


def _replaced(value: Any, renamed: Mapping[str, str]) -> Any:
    """JSON-ready data with other texts where a text is one of these."""
    if isinstance(value, Mapping):
        return {key: _replaced(one, renamed) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(one, renamed) for one in value]
    return renamed.get(value, value) if isinstance(value, str) else value
