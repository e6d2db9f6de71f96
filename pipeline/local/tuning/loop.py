"""The loop of a tuning job: choose, start, watch, learn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.jobs.job import Job
from pipeline.local.tuning.completion import check_hope, check_result, is_complete
from pipeline.local.tuning.early_stopping import is_worse_than_median
from pipeline.local.tuning.progress import Finished, Progress
from pipeline.local.tuning.requests import TuningRequest
from pipeline.local.tuning.search import Search, Trial
from pipeline.local.tuning.training_jobs import FINAL, TrainingJobs
from pipeline.local.tuning.warm_start import warm_start

_GLANCE = 0.2  # seconds between two looks at the training jobs


@dataclass
class _Running:
    name: str
    trial: Trial
    stopped: bool = False


class Tuning:
    """One tuning job while it runs."""

    def __init__(self, job: Job, request: TuningRequest, jobs: TrainingJobs) -> None:
        self._job, self._request, self._jobs = job, request, jobs
        self._search = Search(
            request.name,
            request.strategy,
            request.ranges,
            request.objective,
            jobs=request.max_jobs,
            seed=request.seed,
            resources=request.resources,
        )
        self._criteria: Mapping[str, Any] = request.config.get("TuningJobCompletionCriteria") or {}
        self._progress = Progress(request.objective)
        self._running: list[_Running] = []
        # The objective of each job that has ended, round by round.
        self._series: list[list[float]] = []
        self._deadline = time.monotonic() + (request.max_seconds or float("inf"))

    def run(self) -> dict[str, Any]:
        """Runs it to its end; see run_tuning."""
        if "ConvergenceDetected" in self._criteria:
            self._job.log(1, "ConvergenceDetected has no meaning on this machine")
        self._progress.parents = warm_start(self._request, self._jobs, self._search)
        self._take_over()
        try:
            while not self._enough():
                while len(self._running) < self._request.max_parallel and self._started < self._request.max_jobs:
                    self._start()
                self._look()
                check_hope(self._progress, self._request.max_jobs)
                self._job.stopping.wait(_GLANCE)
        finally:
            self._end()
        if not self._job.stopping.is_set():
            check_result(self._progress)
        return self._progress.fields(running=0)

    @property
    def _started(self) -> int:
        return len(self._running) + len(self._progress.finished)

    def _enough(self) -> bool:
        all_done = not self._running and self._started >= self._request.max_jobs
        too_late = time.monotonic() > self._deadline
        return all_done or too_late or self._job.stopping.is_set() or is_complete(self._criteria, self._progress)

    def _take_over(self) -> None:
        """Goes on with what an earlier attempt of this job has started."""
        for described in self._jobs.of(self._request.name):
            trial = self._search.take_up(described.get("TunedHyperParameters", {}))
            if trial is not None:
                self._running.append(_Running(described["TrainingJobName"], trial))
        self._tell()

    def _start(self) -> None:
        trial = self._search.next()
        request = self._request.training_job(self._started + 1, trial.texts)
        name = request["TrainingJobName"]
        self._jobs.start(self._request.name, request, trial.texts)
        self._running.append(_Running(name, trial))
        self._job.log(1, f"{name}: {', '.join(f'{key}={value}' for key, value in trial.texts.items())}")
        self._tell()

    def _look(self) -> None:
        """Takes in what has ended, and stops what does too badly."""
        for running in list(self._running):
            described = self._jobs.describe(running.name)
            if described["TrainingJobStatus"] in FINAL:
                self._finish(running, described)
            elif not running.stopped and self._is_bad(running.trial, described):
                running.stopped = True
                self._jobs.stop(running.name)
                self._job.log(1, f"{running.name}: stopped early")

    def _is_bad(self, trial: Trial, described: Mapping[str, Any]) -> bool:
        values = self._request.objective.series(described)
        if self._request.resources:
            return trial.report(values)
        return self._request.early_stopping and is_worse_than_median(values, self._series, self._request.objective)

    def _finish(self, running: _Running, described: Mapping[str, Any]) -> None:
        objective = self._request.objective
        finished = Finished(described, running.trial.texts, objective.value(described))
        self._running.remove(running)
        self._progress.finished.append(finished)
        if finished.value is None or finished.failed:
            running.trial.finish(None)
        else:
            if self._request.resources:
                running.trial.report(objective.series(described))
            running.trial.finish(finished.value, stopped=running.stopped)
            self._series.append(objective.series(described))
        if finished.value is not None:
            self._jobs.update(
                running.name,
                FinalHyperParameterTuningJobObjectiveMetric=objective.final(finished.value),
                ObjectiveStatus="Succeeded",
            )
        else:
            self._jobs.update(running.name, ObjectiveStatus="Failed")
        found = "no value" if finished.value is None else f"{objective.metric} {finished.value:g}"
        self._job.log(1, f"{running.name}: {described['TrainingJobStatus']}, {found}")
        self._tell()

    def _tell(self) -> None:
        self._job.update(**self._progress.fields(running=len(self._running)))

    def _end(self) -> None:
        """Stops the training jobs that still run, and waits for them; where the service ends they stay as they are."""
        for running in self._running:
            self._jobs.stop(running.name)
            running.stopped = True
        while self._running:
            for running in list(self._running):
                at_rest = self._jobs.at_rest(running.name)
                described = self._jobs.describe(running.name)
                if described["TrainingJobStatus"] in FINAL:
                    self._finish(running, described)
                elif at_rest:
                    self._running.remove(running)
            time.sleep(_GLANCE)
