"""A new model and the one that serves, measured on the same test rows, and the gate's word on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.errors import PipelineError
from pipeline.evaluation.decision import decide
from pipeline.evaluation.serving import model_in_service
from pipeline.evaluation.unseen import Unseen, read_unseen
from pipeline.sending.clients import Clients
from pipeline.sending.objects import split


def compare(
    config: PipelineConfig, clients: Clients, *, root: str, archives: Sequence[str], endpoint: str | None
) -> dict[str, Any]:
    """Measures the model of these archives, and that of `endpoint`, on the test rows of the run below `root`.

    Returns what evaluation.json says, which is written there: `rows`, `metrics` with their baseline, `serving` (the
    endpoint's model and its metrics, or why it has none) and `gate`. Raises PipelineError where the new model itself
    cannot be measured.
    """
    unseen = read_unseen(config, clients.s3, root)
    metrics = unseen.measure(archives)
    serving = None if endpoint is None else model_in_service(clients.sagemaker, endpoint)
    theirs = {} if serving is None else _measured(unseen, serving.archives)
    decision = decide(config.gate, metrics, theirs.get("metrics"), theirs.get("obstacle"))
    document = {
        "pipeline": config.name,
        "rows": unseen.count,
        "metrics": metrics,
        "serving": None if serving is None else {"endpoint": serving.endpoint, "model": serving.model, **theirs},
        "gate": {"passed": decision.passed, "reasons": list(decision.reasons)},
    }
    bucket, key = split(f"{root}/evaluation.json")
    content = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    clients.s3.put_object(Bucket=bucket, Key=key, Body=content)
    return document


def _measured(unseen: Unseen, archives: Sequence[str]) -> dict[str, Any]:
    """The `metrics` of the model that serves, or the `obstacle` to measuring it."""
    from botocore.exceptions import ClientError

    try:
        return {"metrics": unseen.measure(archives)}
    except (PipelineError, ClientError) as error:
        # Its archive is gone, not for this role to read, or not one of this project's.
        return {"obstacle": str(error)}
