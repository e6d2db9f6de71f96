"""Who starts the jobs, stops them, limits their time and brings them back after the service was killed."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.local import states
from pipeline.local.errors import DataFolderError, reason
from pipeline.local.images import Images
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.kinds import JOB_KINDS, JobKind
from pipeline.local.jobs.leftovers import end_remembered
from pipeline.local.jobs.outputs import UPLOADING, withdraw
from pipeline.local.jobs.secondary import advance
from pipeline.local.logs import Logs
from pipeline.local.objects import Objects
from pipeline.local.store import Resource, Store
from pipeline.local.tuning.training_jobs import TrainingJobs

# A job that takes the whole service down with it is not tried for ever.
_ATTEMPTS = 3
_FULL_PAUSE = 1.0  # seconds between two attempts to write down a job's end on a full disk
_GLANCE = 0.1  # seconds between two looks for a free slot

_log = logging.getLogger(__name__)


@dataclass
class _Running:
    """A job's thread. `reason` says who set `stopping`: the API (`stop`), the time limit (`limit`), the end (`end`)."""

    kind: JobKind
    name: str
    stopping: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    reason: str = ""
    thread: threading.Thread | None = None

    def end(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.stopping.set()
        if reason == "end":
            self.ending.set()


class Supervisor:
    """Runs every job in a thread of its own, `slots` at once; a tuning job, which waits for others, takes no slot.

    After a kill -9 every job that was InProgress runs again from its inputs: executors upload their outputs last, so
    nothing of the first attempt is visible, and each object that had been uploaded is written again as a whole. A job
    that was interrupted three times fails and says so; one that was Stopping is Stopped. What the killed service's
    programs still do is ended first. An orderly end of the service is treated in the same way.

    `environment` and `training_jobs` are a job's, by its region; see Job. `ended` is told of each job that has come to
    its end, and of all such again when the service is back.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        logs: Logs,
        folder: Path,
        *,
        environment: Callable[[str], dict[str, str]],
        training_jobs: Callable[[str], TrainingJobs],
        images: Images,
        slots: int,
        ended: Callable[[Resource], None],
    ) -> None:
        self._store, self._objects, self._logs, self._folder = store, objects, logs, folder
        self._environment, self._training_jobs, self._images = environment, training_jobs, images
        self._slots, self._ended_job = threading.Semaphore(slots), ended
        self._running: dict[tuple[str, str], _Running] = {}
        self._lock = threading.RLock()
        self._ended = False

    def start(self) -> None:
        """Ends what a killed service left running, and runs its jobs again."""
        for record in self._folder.glob("*/*/processes"):
            end_remembered(record)
        shutil.rmtree(self._folder, ignore_errors=True)
        for kind in JOB_KINDS:
            for resource in self._store.all(kind):
                self._recover(resource)

    def stop(self) -> None:
        """Ends all jobs; they stay InProgress and run again when the service is back."""
        with self._lock:
            self._ended = True
            running = list(self._running.values())
        for job in running:
            job.end("end")
        for job in running:
            if job.thread is not None:
                job.thread.join()

    def submit(self, resource: Resource) -> None:
        """Starts a job that the store has in its first status."""
        kind = JOB_KINDS[resource.kind]
        running = _Running(kind, resource.name)
        running.thread = threading.Thread(
            target=self._work, args=(running, resource), name=f"{resource.kind} {resource.name}", daemon=True
        )
        with self._lock:
            if self._ended:
                return
            self._running[resource.kind, resource.name] = running
        running.thread.start()

    def stop_job(self, kind: str, name: str) -> None:
        """Stop*Job: the job is Stopping, and Stopped when its programs have ended; a finished job stays as it is."""
        words = JOB_KINDS[kind].words
        with self._lock:
            resource = self._store.find(kind, name)
            if resource is None or resource.status == words.stopping or states.is_final(kind, resource.status):
                return
            self._store.transition(kind, name, words.stopping, **self._secondary(resource, words.stopping))
            running = self._running.get((kind, name))
        if running is not None:
            running.end("stop")
        else:
            self._store.transition(kind, name, words.stopped)

    @property
    def ending(self) -> bool:
        """Whether the service ends."""
        with self._lock:
            return self._ended

    def at_rest(self, kind: str, name: str) -> bool:
        """Whether nobody works on a job: it has ended, or the end of the service has interrupted it."""
        with self._lock:
            return (kind, name) not in self._running

    def _recover(self, resource: Resource) -> None:
        words = JOB_KINDS[resource.kind].words
        if states.is_final(resource.kind, resource.status):
            self._ended_job(resource)
            return
        # Programs name their files by chance: those of an interrupted attempt must not stay beside the next one's.
        withdraw(self._objects, resource.extra.get(UPLOADING) or ())
        if resource.status == words.stopping:
            self._finish(resource, words.stopped, {})
        elif resource.extra.get("Attempts", 1) >= _ATTEMPTS:
            told = f"InternalServerError: the service ended {_ATTEMPTS} times while this job ran"
            self._finish(resource, words.failed, {words.reason: told})
        else:
            attempts = resource.extra.get("Attempts", 1) + 1
            self.submit(self._store.update(resource.kind, resource.name, Attempts=attempts))

    def _work(self, running: _Running, resource: Resource) -> None:
        try:
            if self._slot(running):
                try:
                    status, fields = self._run(running, resource)
                finally:
                    self._release(running)
            else:
                status, fields = running.kind.words.stopped, {}
            while running.reason != "end":
                try:
                    self._finish(resource, status, fields)
                    break
                except DataFolderError as error:
                    # A job without an end would be followed for ever.
                    _log.error("%s %s is %s, but %s", resource.kind, resource.name, status, error)
                    running.ending.wait(_FULL_PAUSE)
        finally:
            with self._lock:
                self._running.pop((resource.kind, resource.name), None)

    def _run(self, running: _Running, resource: Resource) -> tuple[str, dict[str, Any]]:
        """Does the work; returns the job's last status and the fields that go with it."""
        kind, name, words = running.kind, resource.name, running.kind.words
        region = _region(resource)
        log = kind.open_log(self._logs, kind.log_group, name)
        folder = self._folder / resource.kind / name / "work"
        job = Job(
            kind=resource.kind,
            name=name,
            request=resource.request,
            folder=folder,
            objects=self._objects,
            log=log,
            log_error=log.error,
            stopping=running.stopping,
            update=lambda **fields: self._update(resource.kind, name, fields),
            environment=self._environment(region),
            images=self._images,
            training_jobs=self._training_jobs(region),
        )
        limit = _limit(running, resource)
        try:
            folder.mkdir(parents=True)
            if kind.start_time:
                self._begin(resource, **{kind.start_time: time.time()})
            fields = kind.load_executor()(job)
            return (words.stopped if running.stopping.is_set() else words.completed), fields
        except (JobFailure, DataFolderError) as error:
            if running.stopping.is_set():
                return words.stopped, {}
            told = reason(error.message, error.hint)
            log(1, f"job failed: {told}")
            return words.failed, {words.reason: told}
        except Exception as error:  # noqa: BLE001 - whatever a job does, the service goes on and tells it
            for line in traceback.format_exc().splitlines():
                log(1, line)
            told = reason(f"InternalServerError: {type(error).__name__}: {error}")
            return (words.stopped, {}) if running.stopping.is_set() else (words.failed, {words.reason: told})
        finally:
            if limit is not None:
                limit.cancel()
            shutil.rmtree(folder.parent, ignore_errors=True)
            log.close()

    def _finish(self, resource: Resource, status: str, fields: dict[str, Any]) -> None:
        kind = JOB_KINDS[resource.kind]
        words = kind.words
        with self._lock:
            running = self._running.get((resource.kind, resource.name))
            now = self._store.find(resource.kind, resource.name)
            if now is None:
                return
            fields = {kind.end_time: time.time(), **fields}
            last = status
            if status == words.stopped and running is not None and running.reason == "limit":
                status, last = words.limited, "MaxRuntimeExceeded"
                fields.setdefault(*words.limit)
            fields |= self._secondary(now, last, fields.get("FailureReason"))
            self._ended_job(self._store.transition(resource.kind, resource.name, status, **fields))
            if resource.kind == states.TUNING_JOB:
                self._stop_started(resource)

    def _begin(self, resource: Resource, **fields: Any) -> None:
        """A job's work is under way: a status of its own, where the service has one, unless it is to stop already."""
        with self._lock:
            now = self._store.find(resource.kind, resource.name)
            running = JOB_KINDS[resource.kind].words.running
            if running and now is not None and now.status == states.initial(resource.kind):
                self._store.transition(resource.kind, resource.name, running, **fields)
            else:
                self._store.update(resource.kind, resource.name, **fields)

    def _stop_started(self, tuning: Resource) -> None:
        """A tuning job that has ended, however it did, leaves no training job that nobody waits for."""
        for described in self._training_jobs(_region(tuning)).of(tuning.name):
            self.stop_job(states.TRAINING_JOB, described["TrainingJobName"])

    def _update(self, kind: str, name: str, fields: dict[str, Any]) -> None:
        with self._lock:
            resource = self._store.find(kind, name)
            if resource is None:
                return
            message = fields.pop("StatusMessage", None)
            if "SecondaryStatus" in fields:
                fields |= self._secondary(resource, fields["SecondaryStatus"], message)
            self._store.update(kind, name, **fields)

    @staticmethod
    def _secondary(resource: Resource, status: str, message: str | None = None) -> dict[str, Any]:
        if resource.kind != states.TRAINING_JOB:
            return {}
        return advance(resource.extra, status, time.time(), message)

    def _slot(self, running: _Running) -> bool:
        """Waits for one; False where the job is stopped before."""
        if running.kind.kind == states.TUNING_JOB:
            return not running.stopping.is_set()
        while not running.stopping.is_set():
            if self._slots.acquire(timeout=_GLANCE):
                return True
        return False

    def _release(self, running: _Running) -> None:
        if running.kind.kind != states.TUNING_JOB:
            self._slots.release()


def _region(resource: Resource) -> str:
    return resource.arn.split(":")[3]


def _limit(running: _Running, resource: Resource) -> threading.Timer | None:
    seconds = running.kind.limit(resource.request)
    if seconds is None:
        return None
    timer = threading.Timer(seconds, running.end, args=("limit",))
    timer.daemon = True
    timer.start()
    return timer
