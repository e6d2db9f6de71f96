"""The jobs of the section `sagemaker`: processing, training, tuning, transform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.config.section import S3Uri, Scalar, Section

DAY = 24 * 60 * 60
MAX_TRANSFORM_MB = 100
# A tuning job's name is shorter than the others.
TuningName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$", max_length=32)]


class ProcessingJob(Section):
    """The Spark job."""

    role: str | None = Field(None, description="the ARN of its own role; sagemaker.role by default")
    instance_type: str | None = None
    instance_count: int = Field(1, ge=1)
    volume_size: int | None = Field(None, ge=1, description="GiB an instance")
    max_runtime: int = Field(DAY, ge=1, description="seconds")
    spark: dict[str, Scalar] = Field({}, description="Spark's own settings, such as spark.executor.memory: 4g")
    event_log: bool = Field(True, description="keep what Spark's history server reads")


class TrainingJob(Section):
    """The XGBoost job."""

    role: str | None = Field(None, description="the ARN of its own role; sagemaker.role by default")
    instance_type: str | None = None
    instance_count: int = Field(1, ge=1)
    volume_size: int | None = Field(None, ge=1, description="GiB an instance")
    max_runtime: int = Field(DAY, ge=1, description="seconds")
    input_mode: Literal["File", "FastFile"] = "File"
    spot: bool = Field(False, description="on spare capacity: cheaper, interrupted and resumed from checkpoints")
    max_wait: int | None = Field(None, ge=1, description="seconds for a spot job's waits and runs together")

    @model_validator(mode="after")
    def _waits_for_spot(self) -> TrainingJob:
        if self.max_wait is not None and not self.spot:
            raise ValueError("max_wait is for spot: true")
        if self.max_wait is not None and self.max_wait < self.max_runtime:
            raise ValueError(f"max_wait {self.max_wait} is below max_runtime {self.max_runtime}, which it includes")
        return self


class Range(Section):
    """What a hyperparameter may be: from `min` to `max`, or one of `values`."""

    min: float | None = None
    max: float | None = None
    scaling: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"
    values: tuple[Scalar, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _one_form(self) -> Range:
        bounded = self.min is not None and self.max is not None
        if bounded == bool(self.values) or (self.values and (self.min, self.max) != (None, None)):
            raise ValueError("a range has min and max, or values")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class WarmStart(Section):
    """Earlier tuning jobs to begin with."""

    parents: tuple[TuningName, ...] = Field(strict=False, min_length=1)
    type: Literal["IdenticalDataAndAlgorithm", "TransferLearning"] = "IdenticalDataAndAlgorithm"


class Hyperband(Section):
    """How many rounds a training job gets before Hyperband compares it with others."""

    min_resource: int = Field(1, ge=1)
    max_resource: int = Field(81, ge=1)


class Completion(Section):
    """When a tuning job ends before its last training job."""

    target: float | None = Field(None, description="a value of the objective that is good enough")
    not_improving: int | None = Field(None, ge=1, description="training jobs in a row without a better value")
    on_convergence: bool = False


class TuningJob(Section):
    """The search for hyperparameters: many training jobs, the best of which becomes the model."""

    objective: Annotated[str, StringConstraints(pattern=r"^(validation|test):\S+$")] = Field(
        description="the metric, such as validation:rmse; test:rmse of factorization machines"
    )
    ranges: dict[str, Range] = Field(min_length=1)
    strategy: Literal["Bayesian", "Random", "Hyperband", "Grid"] = "Bayesian"
    max_jobs: int = Field(10, ge=1)
    parallel_jobs: int = Field(1, ge=1)
    max_runtime: int | None = Field(None, ge=1, description="seconds for all training jobs together")
    early_stopping: bool = Field(False, description="end training jobs that promise little")
    seed: int | None = Field(None, ge=0)
    hyperband: Hyperband | None = None
    completion: Completion | None = None
    warm_start: WarmStart | None = None

    @model_validator(mode="after")
    def _fits_its_strategy(self) -> TuningJob:
        if self.strategy == "Hyperband" and self.early_stopping:
            raise ValueError("strategy Hyperband stops training jobs itself: leave early_stopping out")
        if self.hyperband is not None and self.strategy != "Hyperband":
            raise ValueError("hyperband is for strategy: Hyperband")
        if self.strategy == "Grid" and any(not allowed.values for allowed in self.ranges.values()):
            raise ValueError("strategy Grid takes ranges of values alone, no min and max")
        if self.parallel_jobs > self.max_jobs:
            raise ValueError(f"parallel_jobs {self.parallel_jobs} is above max_jobs {self.max_jobs}")
        return self


class TransformJob(Section):
    """The batch transform of the test split, or of what `input` names."""

    instance_type: str | None = None
    instance_count: int = Field(1, ge=1)
    input: S3Uri | None = Field(None, description="rows as the endpoint takes them; the test split's by default")
    content_type: Literal["text/csv", "application/jsonlines"] = "text/csv"
    accept: Literal["text/csv", "application/jsonlines"] | None = Field(None, description="as batch.format by default")
    compression: Literal["None", "Gzip"] = "None"
    split: Literal["Line", "None"] = "Line"
    strategy: Literal["MultiRecord", "SingleRecord"] | None = Field(
        None, description="rows a request: many, or one where AWS's SparkML container comes first"
    )
    assemble: Literal["Line", "None"] = "Line"
    join: bool = Field(False, description="each prediction behind its row")
    input_filter: str | None = Field(None, description="JSONPath of what the model gets, such as $[1:]")
    output_filter: str | None = Field(None, description="JSONPath of what is kept, such as $[0,-1]")
    max_payload: int = Field(6, ge=0, description="MB a request")
    max_concurrent: int | None = Field(None, ge=0, description="requests at once to an instance")
    timeout: int = Field(600, ge=1, description="seconds a request")
    retries: int = Field(3, ge=0)
    environment: dict[str, str] = Field({})

    @model_validator(mode="after")
    def _fits_together(self) -> TransformJob:
        if self.max_payload * (self.max_concurrent or 1) > MAX_TRANSFORM_MB:
            raise ValueError(f"max_payload times max_concurrent is above {MAX_TRANSFORM_MB} MB")
        if self.split == "None" and (self.strategy or self.join):
            raise ValueError("strategy and join work on single rows: they need split: Line")
        if self.join and self.assemble == "None":
            raise ValueError("join needs assemble: Line")
        return self
