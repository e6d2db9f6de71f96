"""The kinds of jobs: what the API calls them, and what does their work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from pipeline.local import states
from pipeline.local.jobs.job import Executor, JobFailure
from pipeline.local.jobs.job_log import GlueLog, JobLog
from pipeline.local.logs import Logs

# Glue's Timeout counts in minutes.
MINUTE = 60.0


@dataclass(frozen=True)
class Words:
    """What a service calls the ends of a job, and the member of its description that says why.

    `running` follows a job's first status when its work begins; empty where the first one says so already. `limited`
    is the status of a job whose time was up, and `limit` the member that says so, with its words.
    """

    completed: str = "Completed"
    failed: str = "Failed"
    stopping: str = "Stopping"
    stopped: str = "Stopped"
    limited: str = "Stopped"
    running: str = ""
    reason: str = "FailureReason"
    limit: tuple[str, str] = ("ExitMessage", "MaxRuntimeExceeded: the job ran for MaxRuntimeInSeconds")


_GLUE = Words(
    "SUCCEEDED",
    "FAILED",
    "STOPPING",
    "STOPPED",
    "TIMEOUT",
    running="RUNNING",
    reason="ErrorMessage",
    limit=("ErrorMessage", "the run took longer than its Timeout"),
)


def _seconds(request: Mapping[str, Any]) -> float | None:
    seconds: float | None = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    return seconds


def _minutes(request: Mapping[str, Any]) -> float | None:
    return request["Timeout"] * MINUTE if "Timeout" in request else None


@dataclass(frozen=True)
class JobKind:
    """One kind: `noun` is the API's word for it, `executor` a `module:function`, imported when the first job runs.

    `patience` is how many seconds a stopped job's programs have between SIGTERM and SIGKILL, `limit` how many its
    request gives it in all.
    """

    kind: str
    noun: str
    executor: str
    log_group: str
    start_time: str = ""
    end_time: str = ""
    patience: float = 3.0  # a stopped job is to end within 5
    words: Words = Words()
    limit: Callable[[Mapping[str, Any]], float | None] = _seconds
    open_log: Callable[[Logs, str, str], JobLog] = JobLog

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
            JobKind(
                states.GLUE_JOB_RUN,
                "JobRun",
                "pipeline.local.jobs.glue:run_glue",
                "/aws-glue/jobs",
                "RunningOn",
                "CompletedOn",
                words=_GLUE,
                limit=_minutes,
                open_log=GlueLog,
            ),
        )
    }
)
