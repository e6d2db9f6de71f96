"""The kinds of jobs: what the API calls them, and what does their work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from pipeline.local import states
from pipeline.local.jobs.job import Executor, JobFailure


@dataclass(frozen=True)
class JobKind:
    """One kind: `noun` is the API's word for it, `executor` a `module:function`, imported when the first job runs.

    `patience` is how many seconds a stopped job's programs have between SIGTERM and SIGKILL.
    """

    kind: str
    noun: str
    executor: str
    log_group: str
    start_time: str = ""
    end_time: str = ""
    patience: float = 3.0  # a stopped job is to end within 5

    def load_executor(self) -> Executor:
        """The function that does a job's work; raises JobFailure for a kind that is not run here."""
        module, _, name = self.executor.partition(":")
        if find_spec(module) is None:
            raise JobFailure(f"{self.noun}s are kept here, but not run yet")
        function: Executor = getattr(import_module(module), name)
        return function


JOB_KINDS: Mapping[str, JobKind] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            JobKind(
                states.PROCESSING_JOB,
                "ProcessingJob",
                "pipeline.local.jobs.processing:run_processing",
                "/aws/sagemaker/ProcessingJobs",
                "ProcessingStartTime",
                "ProcessingEndTime",
            ),
            JobKind(
                states.TRAINING_JOB,
                "TrainingJob",
                "pipeline.local.jobs.training:run_training",
                "/aws/sagemaker/TrainingJobs",
                "TrainingStartTime",
                "TrainingEndTime",
                # SageMaker's: the program may save its model.
                patience=120.0,
            ),
            JobKind(
                states.TRANSFORM_JOB,
                "TransformJob",
                "pipeline.local.jobs.transform:run_transform",
                "/aws/sagemaker/TransformJobs",
                "TransformStartTime",
                "TransformEndTime",
            ),
            JobKind(
                states.TUNING_JOB,
                "HyperParameterTuningJob",
                "pipeline.local.jobs.tuning:run_tuning",
                "/aws/sagemaker/TrainingJobs",
                end_time="HyperParameterTuningEndTime",
            ),
        )
    }
)
