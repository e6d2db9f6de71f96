"""CreateHyperParameterTuningJob: many training jobs of a built-in algorithm, the best of which becomes the model."""

from __future__ import annotations

import math
from typing import Any

from pipeline.config.sagemaker_jobs import Range, TuningJob
from pipeline.config.section import text
from pipeline.errors import ConfigError
from pipeline.plan.algorithms import Algorithm, algorithm_of, image_keys
from pipeline.plan.context import Context
from pipeline.plan.names import LONGEST_TUNING
from pipeline.plan.steps import Step
from pipeline.plan.training import KEYS, definition, role_key
from pipeline.plan.waits import wait_for
from pipeline.training.kinds import Kind, Real, Whole

NAME = "tuning"


def tuning_step(context: Context, tuning: TuningJob) -> Step:
    """The request. A hyperparameter with a range is none of the fixed ones any more."""
    algorithm = algorithm_of(context.config)
    algorithm.check(context)
    name = tuning_name(context)
    names = {algorithm.main_name(given) for given in tuning.ranges}
    fixed = algorithm.hyperparameters(context)
    request: dict[str, Any] = {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": tuning.strategy,
            **_strategy(tuning),
            "HyperParameterTuningJobObjective": {
                "Type": algorithm.direction(context, tuning.objective),
                "MetricName": tuning.objective,
            },
            "ResourceLimits": _limits(tuning),
            "ParameterRanges": _ranges(tuning, algorithm),
            "TrainingJobEarlyStoppingType": "Auto" if tuning.early_stopping else "Off",
            **_completion(tuning),
            **({} if tuning.seed is None else {"RandomSeed": tuning.seed}),
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {
                name: value for name, value in fixed.items() if algorithm.main_name(name) not in names
            },
            **definition(context),
        },
        **_warm_start(tuning),
        **context.tags,
    }
    inner = {f"TrainingJobDefinition__{path}": key for path, key in {**KEYS, **image_keys(context.config)}.items()}
    keys = context.keys(
        **inner,
        TrainingJobDefinition__RoleArn=role_key(context),
        TrainingJobDefinition__VpcConfig__Subnets="vpc.subnets",
        TrainingJobDefinition__VpcConfig__SecurityGroupIds="vpc.security_groups",
        TrainingJobDefinition__StaticHyperParameters="training.hyperparameters",
        HyperParameterTuningJobConfig="sagemaker.tuning",
        HyperParameterTuningJobConfig__ParameterRanges="sagemaker.tuning.ranges",
        HyperParameterTuningJobConfig__ResourceLimits__MaxNumberOfTrainingJobs="sagemaker.tuning.max_jobs",
        HyperParameterTuningJobConfig__ResourceLimits__MaxParallelTrainingJobs="sagemaker.tuning.parallel_jobs",
        HyperParameterTuningJobConfig__ResourceLimits__MaxRuntimeInSeconds="sagemaker.tuning.max_runtime",
        HyperParameterTuningJobConfig__TuningJobCompletionCriteria="sagemaker.tuning.completion",
        WarmStartConfig="sagemaker.tuning.warm_start",
    )
    wait = wait_for("CreateHyperParameterTuningJob", name)
    fill = algorithm.fill(context, "TrainingJobDefinition.StaticHyperParameters")
    return Step(NAME, "CreateHyperParameterTuningJob", request, wait, keys, fill=fill)


def tuning_name(context: Context) -> str:
    """The job's name, which has half the room of others."""
    return context.name("tune", longest=LONGEST_TUNING)


def _strategy(tuning: TuningJob) -> dict[str, Any]:
    if tuning.hyperband is None:
        return {}
    band = {"MinResource": tuning.hyperband.min_resource, "MaxResource": tuning.hyperband.max_resource}
    return {"StrategyConfig": {"HyperbandStrategyConfig": band}}


def _limits(tuning: TuningJob) -> dict[str, int]:
    limits = {"MaxParallelTrainingJobs": tuning.parallel_jobs}
    if tuning.strategy == "Grid":
        # The grid itself says how many; AWS takes no other number.
        limits["MaxNumberOfTrainingJobs"] = math.prod(len(allowed.values) for allowed in tuning.ranges.values())
    else:
        limits["MaxNumberOfTrainingJobs"] = tuning.max_jobs
    return limits if tuning.max_runtime is None else limits | {"MaxRuntimeInSeconds": tuning.max_runtime}


def _ranges(tuning: TuningJob, algorithm: Algorithm) -> dict[str, list[dict[str, Any]]]:
    ranges: dict[str, list[dict[str, Any]]] = {}
    for given, allowed in tuning.ranges.items():
        kind = _kind(given, allowed, algorithm)
        if allowed.values:
            values = [text(value) for value in allowed.values]
            ranges.setdefault("CategoricalParameterRanges", []).append({"Name": given, "Values": values})
            continue
        whole = isinstance(kind, Whole)
        bounds = {
            "Name": given,
            "MinValue": _number(allowed.min, whole),
            "MaxValue": _number(allowed.max, whole),
            "ScalingType": allowed.scaling,
        }
        ranges.setdefault("IntegerParameterRanges" if whole else "ContinuousParameterRanges", []).append(bounds)
    return ranges


def _kind(given: str, allowed: Range, algorithm: Algorithm) -> Kind:
    """What the hyperparameter takes; each end or value of its range must be such."""
    key = f"sagemaker.tuning.ranges.{given}"
    kind = algorithm.kind(given)
    if kind is None:
        raise ConfigError(f"{key}: {given!r} is not a hyperparameter of {algorithm.title} that can be tuned")
    if not allowed.values and not isinstance(kind, Whole | Real):
        raise ConfigError(f"{key}: {given} takes {kind.expected}: name values, not min and max")
    whole = isinstance(kind, Whole)
    values = [text(value) for value in allowed.values] or [_number(end, whole) for end in (allowed.min, allowed.max)]
    for value in values:
        try:
            kind.parse(value)
        except ValueError:
            raise ConfigError(f"{key}: found {value}; expected {kind.expected}") from None
    return kind


def _number(value: float | None, whole: bool) -> str:
    assert value is not None  # noqa: S101 - a range without values has both ends
    return str(int(value)) if whole and value == int(value) else repr(value)


def _completion(tuning: TuningJob) -> dict[str, Any]:
    if tuning.completion is None:
        return {}
    wanted = tuning.completion
    criteria: dict[str, Any] = {}
    if wanted.target is not None:
        criteria["TargetObjectiveMetricValue"] = wanted.target
    if wanted.not_improving is not None:
        criteria["BestObjectiveNotImproving"] = {"MaxNumberOfTrainingJobsNotImproving": wanted.not_improving}
    if wanted.on_convergence:
        criteria["ConvergenceDetected"] = {"CompleteOnConvergence": "Enabled"}
    return {"TuningJobCompletionCriteria": criteria} if criteria else {}


def _warm_start(tuning: TuningJob) -> dict[str, Any]:
    if tuning.warm_start is None:
        return {}
    parents = [{"HyperParameterTuningJobName": name} for name in tuning.warm_start.parents]
    return {"WarmStartConfig": {"ParentHyperParameterTuningJobs": parents, "WarmStartType": tuning.warm_start.type}}
