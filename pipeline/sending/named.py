"""The things of an account, by the beginning of their names."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.sending.clients import Clients

# Kind: the operation that lists it, as boto3 has it, and where its reply has the things.
_LISTS = {
    "ProcessingJob": ("list_processing_jobs", "ProcessingJobSummaries"),
    "TrainingJob": ("list_training_jobs", "TrainingJobSummaries"),
    "TransformJob": ("list_transform_jobs", "TransformJobSummaries"),
    "HyperParameterTuningJob": ("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries"),
    "Model": ("list_models", "Models"),
    "EndpointConfig": ("list_endpoint_configs", "EndpointConfigs"),
}


def named(clients: Clients, kind: str, beginning: str) -> Iterator[str]:
    """The names of all things of a kind that begin so."""
    operation, member = _LISTS[kind]
    for page in clients.sagemaker.get_paginator(operation).paginate(NameContains=beginning):
        for found in page[member]:
            if str(found[f"{kind}Name"]).startswith(beginning):
                yield str(found[f"{kind}Name"])
