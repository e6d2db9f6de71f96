"""The members of a job's request that matter to a person, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pipeline.local import states
from pipeline.local.pages.links import Link, link
from pipeline.local.store import Resource

Cell = str | Link | None
Request = Mapping[str, Any]

# A stopped job keeps the model of the rounds done.
_WITH_MODEL = frozenset({"Completed", "Stopped"})


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first cell of each names it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Details:
    """Short facts and tables; a fact without a value is not shown."""

    facts: Sequence[tuple[str, Cell]]
    tables: Sequence[Table] = field(default=())


def details(job: Resource) -> Details:
    """What a job was asked for."""
    found = _OF_KIND[job.kind](job)
    filled = [table for table in found.tables if table.rows]
    return Details([(name, value) for name, value in found.facts if value], filled)


def pairs(title: str, heading: str, values: Request) -> Table:
    """Names and values, in the order of the names."""
    return Table(title, (heading, "Value"), [(name, str(values[name])) for name in sorted(values)])


def _processing(job: Resource) -> Details:
    request = job.request
    application, cluster = request["AppSpecification"], request["ProcessingResources"]["ClusterConfig"]
    command = [*application.get("ContainerEntrypoint", ()), *application.get("ContainerArguments", ())]
    inputs = [
        (entry["InputName"], entry["S3Input"]["S3Uri"], entry["S3Input"].get("LocalPath"))
        for entry in request.get("ProcessingInputs", ())
        if "S3Input" in entry
    ]
    outputs = [
        (entry["OutputName"], entry["S3Output"].get("LocalPath"), entry["S3Output"]["S3Uri"])
        for entry in request.get("ProcessingOutputConfig", {}).get("Outputs", ())
        if "S3Output" in entry
    ]
    return Details(
        [("Image", application["ImageUri"]), ("Instances", _instances(cluster)), ("Command", " ".join(command))],
        [
            Table("Inputs", ("Input", "From", "To"), inputs),
            Table("Outputs", ("Output", "From", "To"), outputs),
            pairs("Environment", "Variable", request.get("Environment", {})),
        ],
    )


def _training(job: Resource) -> Details:
    request, extra = job.request, job.extra
    tuning, artifacts = extra.get("TuningJobArn"), extra.get("ModelArtifacts", {})
    tuned = extra.get("TunedHyperParameters", {})
    parameters = request.get("HyperParameters", {})
    channels = [
        {
            "Name": channel["ChannelName"],
            "Type": channel.get("ContentType"),
            "Distribution": source.get("S3DataDistributionType", "FullyReplicated"),
            "S3Uri": source.get("S3Uri"),
        }
        for channel in request.get("InputDataConfig", ())
        for source in [channel.get("DataSource", {}).get("S3DataSource", {})]
    ]
    return Details(
        [
            ("Image", request["AlgorithmSpecification"].get("TrainingImage")),
            ("Instances", _instances(request["ResourceConfig"])),
            ("Tuning job", link(states.TUNING_JOB, tuning.rpartition("/")[2]) if tuning else None),
            ("Model", artifacts.get("S3ModelArtifacts") if job.status in _WITH_MODEL else None),
            ("Checkpoints", request.get("CheckpointConfig", {}).get("S3Uri")),
        ],
        [
            Table(
                "Hyperparameters",
                ("Name", "Value"),
                [
                    (name, f"{parameters[name]} (tuned)" if name in tuned else parameters[name])
                    for name in sorted(parameters)
                ],
            ),
            Table(
                "Channels",
                ("Channel", "From", "Content type", "Distribution"),
                _rows(channels, "Name", "S3Uri", "Type", "Distribution"),
            ),
            pairs("Environment", "Variable", request.get("Environment", {})),
        ],
    )


def _transform(job: Resource) -> Details:
    request = job.request
    source, target = request["TransformInput"], request["TransformOutput"]
    processing = request.get("DataProcessing", {})
    return Details(
        [
            ("Model", link(states.MODEL, request["ModelName"])),
            ("Instances", _instances(request["TransformResources"])),
            ("Input", source["DataSource"]["S3DataSource"]["S3Uri"]),
            ("Content type", source.get("ContentType")),
            ("Split", source.get("SplitType")),
            ("Output", target["S3OutputPath"]),
            ("Accept", target.get("Accept")),
            ("Assembled", target.get("AssembleWith")),
            ("Strategy", request.get("BatchStrategy")),
            ("Joined with", processing.get("JoinSource")),
            ("Input filter", processing.get("InputFilter")),
            ("Output filter", processing.get("OutputFilter")),
        ],
        [pairs("Environment", "Variable", request.get("Environment", {}))],
    )


def _tuning(job: Resource) -> Details:
    config = job.request["HyperParameterTuningJobConfig"]
    limits, objective = config["ResourceLimits"], config.get("HyperParameterTuningJobObjective", {})
    ranges = [
        (one["Name"], _range(one), one.get("ScalingType"))
        for members in config.get("ParameterRanges", {}).values()
        for one in members
        if "Name" in one
    ]
    definition = job.request.get("TrainingJobDefinition", {})
    return Details(
        [
            ("Strategy", config["Strategy"]),
            ("Objective", " ".join(filter(None, [objective.get("Type"), objective.get("MetricName")]))),
            ("Training jobs at most", _text(limits.get("MaxNumberOfTrainingJobs"))),
            ("At once", _text(limits.get("MaxParallelTrainingJobs"))),
            ("Early stopping", config.get("TrainingJobEarlyStoppingType")),
            ("Warm start", job.request.get("WarmStartConfig", {}).get("WarmStartType")),
        ],
        [
            Table("Ranges", ("Hyperparameter", "Range", "Scaling"), sorted(ranges)),
            pairs("Fixed hyperparameters", "Hyperparameter", definition.get("StaticHyperParameters", {})),
        ],
    )


def _glue(job: Resource) -> Details:
    request = job.request
    return Details(
        [
            ("Run", job.name),
            ("Script", request["Command"]["ScriptLocation"]),
            ("Workers", f"{request['Workers']} × {request.get('WorkerType', 'worker')}"),
            ("Glue", request.get("GlueVersion")),
            ("After run", job.extra.get("PreviousRunId")),
        ],
        [pairs("Arguments", "Argument", request["Arguments"])],
    )


_OF_KIND: Mapping[str, Callable[[Resource], Details]] = MappingProxyType(
    {
        states.PROCESSING_JOB: _processing,
        states.TRAINING_JOB: _training,
        states.TRANSFORM_JOB: _transform,
        states.TUNING_JOB: _tuning,
        states.GLUE_JOB_RUN: _glue,
    }
)


def _rows(entries: Iterable[Request], *members: str) -> list[list[Cell]]:
    return [[_text(entry.get(member)) for member in members] for entry in entries]


def _range(one: Request) -> str:
    return ", ".join(one["Values"]) if "Values" in one else f"{one['MinValue']} to {one['MaxValue']}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _instances(cluster: Request) -> str:
    if "InstanceGroups" in cluster:
        return ", ".join(_instances(group) for group in cluster["InstanceGroups"])
    return f"{cluster.get('InstanceCount', 1)} × {cluster.get('InstanceType', 'instance')}"
