"""What tuning jobs are tested with: a service that really trains, and one that only calculates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training_cases import Bench, RecordedJob, training_request

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.training import run_training
from pipeline.local.training.metrics import SERIES
from pipeline.local.tuning.training_jobs import FINAL, TrainingJobs

METRIC = "validation:rmse"


class _Known:
    """The descriptions of training jobs, as a service keeps them."""

    def __init__(self) -> None:
        self.described: dict[str, dict[str, Any]] = {}
        self.stopped: list[str] = []
        self._lock = threading.Lock()

    def add(self, tuning_job: str, request: Mapping[str, Any], tuned: Mapping[str, str]) -> str:
        name = str(request["TrainingJobName"])
        with self._lock:
            self.described[name] = {
                **request,
                "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}",
                "TuningJobArn": tuning_job,
                "TunedHyperParameters": dict(tuned),
                "TrainingJobStatus": "InProgress",
                "CreationTime": time.time(),
            }
        return name

    def describe(self, name: str) -> dict[str, Any]:
        with self._lock:
            return dict(self.described[name])

    def update(self, name: str, **fields: Any) -> None:
        with self._lock:
            self.described[name].update(fields)

    def at_rest(self, name: str) -> bool:
        return self.described[name]["TrainingJobStatus"] in FINAL

    def of(self, tuning_job: str) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(each) for each in self.described.values() if each["TuningJobArn"] == tuning_job]

    @property
    def running(self) -> list[str]:
        return [name for name in list(self.described) if not self.at_rest(name)]


class TrainedJobs(_Known):
    """Training jobs that train: each by its executor, with its program, in a thread."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self.jobs: dict[str, RecordedJob] = {}
        self.most = 0

    def start(self, tuning_job: str, request: Mapping[str, Any], tuned: Mapping[str, str]) -> None:
        name = self.add(tuning_job, request, tuned)
        started = self._bench.job(dict(request))
        started.job.update = lambda **fields: self.update(name, **fields)
        self.jobs[name] = started
        self.most = max(self.most, len(self.running))
        threading.Thread(target=self._work, args=(name, started), daemon=True).start()

    def _work(self, name: str, started: RecordedJob) -> None:
        try:
            fields = run_training(started.job)
            status = "Stopped" if started.job.stopping.is_set() else "Completed"
            self.update(name, TrainingJobStatus=status, **fields)
        except JobFailure as failure:
            self.update(name, TrainingJobStatus="Failed", FailureReason=failure.message)

    def stop(self, name: str) -> None:
        self.stopped.append(name)
        self.jobs[name].job.stopping.set()


class CalculatedJobs(_Known):
    """Training jobs whose metric follows from their hyperparameters, round by round; each look is a round."""

    def __init__(self, curve: Callable[[dict[str, str]], list[float]], *, rounds_a_look: int = 1000) -> None:
        super().__init__()
        self._curve, self._rounds = curve, rounds_a_look
        self._seen: dict[str, int] = {}
        self.most = 0

    def start(self, tuning_job: str, request: Mapping[str, Any], tuned: Mapping[str, str]) -> None:
        self.add(tuning_job, request, tuned)
        self.most = max(self.most, len(self.running))

    def describe(self, name: str) -> dict[str, Any]:
        described = super().describe(name)
        if described["TrainingJobStatus"] not in FINAL:
            self._go_on(name, described)
        return super().describe(name)

    def _go_on(self, name: str, described: dict[str, Any]) -> None:
        try:
            curve = self._curve(described["HyperParameters"])
        except JobFailure as failure:
            self.update(name, TrainingJobStatus="Failed", FailureReason=failure.message)
            return
        self._seen[name] = min(len(curve), self._seen.get(name, 0) + self._rounds)
        said = curve[: self._seen[name]]
        final = [{"MetricName": METRIC, "Value": said[-1], "Timestamp": time.time()}] if said else []
        self.update(name, **{SERIES: {METRIC: said}, "FinalMetricDataList": final})
        if len(said) == len(curve):
            self.update(name, TrainingJobStatus="Completed")

    def stop(self, name: str) -> None:
        self.stopped.append(name)
        if not self.at_rest(name):
            self.update(name, TrainingJobStatus="Stopped")


def tuning_request(
    name: str, channels: list[dict[str, Any]], uri: str, ranges: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """CreateHyperParameterTuningJob; `jobs`, `parallel`, `strategy`, `static`, and members of the configuration."""
    training = training_request("unused", uri, channels)
    definition = {
        member: training[member]
        for member in ("RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    }
    algorithm = training["AlgorithmSpecification"]
    request = {"WarmStartConfig": more.pop("WarmStartConfig")} if "WarmStartConfig" in more else {}
    return {
        **request,
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": more.pop("strategy", "Random"),
            "HyperParameterTuningJobObjective": {"Type": more.pop("type", "Minimize"), "MetricName": METRIC},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": more.pop("jobs", 4),
                "MaxParallelTrainingJobs": more.pop("parallel", 2),
            },
            "ParameterRanges": ranges,
            "RandomSeed": 3,
            **{member: value for member, value in more.items() if member[0].isupper()},
        },
        "TrainingJobDefinition": {
            **definition,
            "AlgorithmSpecification": algorithm,
            "StaticHyperParameters": more.get("static", {"num_round": "5"}),
            **more.get("definition", {}),
        },
    }


def tuning_job(bench: Bench | None, folder: Path, request: dict[str, Any], jobs: TrainingJobs) -> RecordedJob:
    """The tuning job itself."""
    objects: Any = bench.objects if bench else None
    folder.mkdir(parents=True, exist_ok=True)
    named = {**request, "TrainingJobName": request["HyperParameterTuningJobName"]}
    recorded = RecordedJob(named, folder, objects, None)
    recorded.job.training_jobs = jobs
    return recorded


def integer(name: str, low: object, high: object, scaling: str = "Auto") -> dict[str, str]:
    return {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}


continuous = integer


def categorical(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}
