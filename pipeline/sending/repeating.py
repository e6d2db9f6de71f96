"""A request that is sent again: what an earlier one of the same name has made must not mix with what this one makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.plan.deletions import JOBS, deletion_of
from pipeline.sending.cleanup import delete, delete_objects, description_of, until_ended
from pipeline.sending.clients import Clients, code_of, failing_as
from pipeline.sending.kin import Said
from pipeline.sending.named import named

# Who may not delete a job still may make one under another name.
_REFUSED = ("AccessDeniedException", "AccessDenied")


def make_way(clients: Clients, kind: str, request: Mapping[str, Any], root: str, said: Said) -> None:
    """Before a request of this kind ("TrainingJob", "Model", ...) is sent once more.

    An earlier job is stopped and deleted with the files it left below `root`; AWS takes its name anew. Where this role
    may not delete it, and for transform jobs, which stay, the name is taken. A model or an endpoint's configuration
    of the name is deleted. An endpoint's change is waited for; one that never came into service is deleted. Raises
    StepError.
    """
    name = str(request[f"{kind}Name"])
    with failing_as(name):
        if kind in JOBS:
            ended = [name]
            # A tuning job's training jobs bear its name, and would stay.
            for one in (kind, "TrainingJob") if kind == "HyperParameterTuningJob" else (kind,):
                for found in sorted(named(clients, one, name)):
                    _end(clients, one, found, said)
                    ended.append(found)
            for uri in dict.fromkeys(_outputs(kind, request, ended)):
                if uri.startswith(f"{root}/") and (count := delete_objects(clients.s3, uri)):
                    said(f"{count} objects below {uri} of an earlier try are deleted")
        elif kind == "Endpoint":
            _settle(clients, name, said)
        elif name in named(clients, kind, name) and delete(clients, deletion_of(kind, name)):
            said(f"{kind} {name} of an earlier try is deleted")


def _end(clients: Clients, kind: str, name: str, said: Said) -> None:
    from botocore.exceptions import ClientError

    try:
        if delete(clients, deletion_of(kind, name)):
            said(f"{kind} {name} of an earlier try is {'stopped' if kind == 'TransformJob' else 'deleted'}")
    except ClientError as error:
        if code_of(error) not in _REFUSED:
            raise
        said(f"{kind} {name} of an earlier try stays: {error}")


def _settle(clients: Clients, name: str, said: Said) -> None:
    deletion = deletion_of("Endpoint", name)
    until_ended(clients, deletion)
    described = description_of(clients, deletion)
    if described is not None and described["EndpointStatus"] == "Failed" and delete(clients, deletion):
        said(f"Endpoint {name}, which never came into service, is deleted")


def _outputs(kind: str, request: Mapping[str, Any], jobs: Iterable[str]) -> Iterator[str]:
    """Where a job, or those of these names, leave files that one of the same name would find."""
    if kind == "ProcessingJob":
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            yield output["S3Output"]["S3Uri"]
    elif kind == "TransformJob":
        yield request["TransformOutput"]["S3OutputPath"]
    else:
        definition = request.get("TrainingJobDefinition", request)
        yield from (f"{definition['OutputDataConfig']['S3OutputPath']}/{job}" for job in jobs)
        if "CheckpointConfig" in definition:
            yield definition["CheckpointConfig"]["S3Uri"]
