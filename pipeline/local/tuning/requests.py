"""A CreateHyperParameterTuningJob request: what contradicts itself, and the training jobs that come of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from pipeline.local.errors import ValidationException
from pipeline.local.tuning.hyperband import Resources
from pipeline.local.tuning.objective import Objective
from pipeline.local.tuning.ranges import Categorical, Range, read_ranges
from pipeline.local.tuning.search import grid

_OBJECTIVE = "_tuning_objective_metric"
_MOST_JOBS = 750  # where only MaxRuntimeInSeconds is given: SageMaker's quota
# Members that a definition shares with CreateTrainingJob.
_SHARED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


class TuningRequest:
    """A request, read. Raises ValidationException for what contradicts itself, or is not done here."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.name: str = request["HyperParameterTuningJobName"]
        self.config: Mapping[str, Any] = request["HyperParameterTuningJobConfig"]
        if request.get("Autotune", {}).get("Mode") == "Enabled":
            raise ValidationException("Autotune is not done here", hint="give strategy, ranges and limits")
        self.definition = _definition(request)
        self.strategy: str = self.config["Strategy"]
        self.static: dict[str, str] = dict(self.definition.get("StaticHyperParameters", {}))
        self.objective = _objective(self.config, self.definition)
        self.ranges = self._read_ranges()
        self.early_stopping = self.config.get("TrainingJobEarlyStoppingType") == "Auto"
        self.resources = Resources.of(self.config, self.static) if self.strategy == "Hyperband" else None
        if self.resources and self.early_stopping:
            raise ValidationException("Hyperband stops training jobs itself: TrainingJobEarlyStoppingType must be Off")
        self.max_jobs, self.max_parallel, self.max_seconds = self._limits()
        self.seed: int | None = self.config.get("RandomSeed")
        self.warm_start: Mapping[str, Any] = request.get("WarmStartConfig") or {}

    def _read_ranges(self) -> list[Range]:
        given = self.definition.get("HyperParameterRanges") or self.config.get("ParameterRanges") or {}
        ranges = read_ranges(given)
        if not ranges:
            raise ValidationException("ParameterRanges has no range: there is nothing to tune")
        if both := sorted({each.name for each in ranges} & set(self.static)):
            raise ValidationException(f"hyperparameters that are both static and tuned: {', '.join(both)}")
        if self.strategy == "Grid" and not all(isinstance(each, Categorical) for each in ranges):
            raise ValidationException("the strategy Grid takes CategoricalParameterRanges only")
        return ranges

    def _limits(self) -> tuple[int, int, float | None]:
        limits = self.config["ResourceLimits"]
        most = limits.get("MaxNumberOfTrainingJobs")
        if self.strategy == "Grid":
            combinations = len(grid(self.ranges))
            if most not in {None, combinations}:
                raise ValidationException(
                    f"MaxNumberOfTrainingJobs is {most}; the grid has {combinations} combinations", hint="leave it out"
                )
            most = combinations
        elif most is None and limits.get("MaxRuntimeInSeconds") is None:
            raise ValidationException("ResourceLimits needs MaxNumberOfTrainingJobs or MaxRuntimeInSeconds")
        most = most or _MOST_JOBS
        if limits["MaxParallelTrainingJobs"] > most:
            raise ValidationException(
                f"MaxParallelTrainingJobs {limits['MaxParallelTrainingJobs']} is more than there are jobs: {most}"
            )
        return most, limits["MaxParallelTrainingJobs"], limits.get("MaxRuntimeInSeconds")

    def training_job(self, number: int, tuned: Mapping[str, str]) -> dict[str, Any]:
        """The CreateTrainingJob request of the tuning job's number-th training job (from 1)."""
        # As on SageMaker: the name of the tuning job, a number, and something that was not there before.
        name = f"{self.name}-{number:03d}-{secrets.token_hex(4)}"
        definition = self.definition
        built = {member: definition[member] for member in _SHARED if member in definition}
        algorithm = definition["AlgorithmSpecification"]
        hyperparameters = {**self.static, **tuned}
        if _is_built_in(self.objective, algorithm):
            hyperparameters[_OBJECTIVE] = self.objective.metric
        if self.resources:
            hyperparameters = self.resources.limit(hyperparameters)
        if "CheckpointConfig" in built:
            # Training jobs must not go on with each other's models.
            own = f"{built['CheckpointConfig']['S3Uri'].rstrip('/')}/{name}"
            built["CheckpointConfig"] = {**built["CheckpointConfig"], "S3Uri": own}
        return {
            **built,
            "TrainingJobName": name,
            "HyperParameters": hyperparameters,
            "AlgorithmSpecification": dict(algorithm),
            "ResourceConfig": _resources(definition),
        }


def _definition(request: Mapping[str, Any]) -> Mapping[str, Any]:
    definitions = [request["TrainingJobDefinition"]] if "TrainingJobDefinition" in request else []
    definitions += request.get("TrainingJobDefinitions", [])
    if len(definitions) != 1:
        raise ValidationException(
            f"the request has {len(definitions)} training job definitions; tuning is done here with one",
            hint="several algorithms are several tuning jobs",
        )
    definition: Mapping[str, Any] = definitions[0]
    return definition


def _objective(config: Mapping[str, Any], definition: Mapping[str, Any]) -> Objective:
    given = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
    if given is None:
        raise ValidationException("HyperParameterTuningJobObjective is missing: there is nothing to look for")
    return Objective.of(given)


def _is_built_in(objective: Objective, algorithm: Mapping[str, Any]) -> bool:
    """Whether the metric is one that the built-in algorithm prints by itself, and must be told of."""
    defined = {each["Name"] for each in algorithm.get("MetricDefinitions", ())}
    return objective.metric.partition(":")[0] in {"train", "validation", "test"} and objective.metric not in defined


def _resources(definition: Mapping[str, Any]) -> dict[str, Any]:
    if "ResourceConfig" in definition:
        return dict(definition["ResourceConfig"])
    given = definition.get("HyperParameterTuningResourceConfig")
    if given is None:
        raise ValidationException("the training job definition has no ResourceConfig")
    first = (given.get("InstanceConfigs") or [given])[0]
    return {
        "InstanceType": first["InstanceType"],
        "InstanceCount": first["InstanceCount"],
        "VolumeSizeInGB": first.get("VolumeSizeInGB") or given.get("VolumeSizeInGB") or 1,
    }
