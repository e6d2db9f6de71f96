"""Programs of a job: together they live, together they end."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.leftovers import end_remembered
from pipeline.local.jobs.processes import Child, Group, ProcessFailure, run_processes
from pipeline.local.objects import Objects

WAIT = "import time\nprint('ready', flush=True)\ntime.sleep(600)"
STUBBORN = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WAIT}"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    folder = tmp_path / "work"
    folder.mkdir()
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    return Job(
        kind="processing-job",
        name="x",
        request={},
        folder=folder,
        objects=Objects(client),
        log=Lines(),
        stopping=threading.Event(),
        update=lambda **_: None,
        environment=dict(os.environ),
    )


class Lines(list[tuple[int, str]]):
    """A job's log."""

    def __call__(self, instance: int, line: str) -> None:
        self.append((instance, line))


def child(job: Job, code: str, instance: int = 1, on_line: Callable[[str], None] | None = None) -> Child:
    return Child([sys.executable, "-c", code], job.environment, job.folder, instance, on_line)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_every_line_is_logged_under_its_instance(job: Job) -> None:
    told: list[str] = []
    run_processes([child(job, "print('a\\nb')", 1, told.append), child(job, "print('\\u00e9')", 2)], job)
    assert isinstance(job.log, Lines)
    assert sorted(job.log) == [(1, "a"), (1, "b"), (2, "é")]
    assert told == ["a", "b"]


def test_one_that_fails_ends_the_others(job: Job) -> None:
    began = time.monotonic()
    with pytest.raises(ProcessFailure, match="algo-2 ended with exit code 3: last words") as failed:
        run_processes([child(job, WAIT), child(job, "import sys\nprint('last words')\nsys.exit(3)", 2)], job)
    assert (failed.value.exit_code, failed.value.lines) == (3, ["last words"])
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("code", [WAIT, STUBBORN])
def test_a_stop_ends_all_within_five_seconds(job: Job, code: str) -> None:
    began: list[float] = []

    def stop(_: str) -> None:
        began.append(time.monotonic())
        job.stopping.set()

    with pytest.raises(JobFailure, match="was stopped"):
        run_processes([child(job, code, on_line=stop)], job)
    assert time.monotonic() - began[0] < 5
    told = job.folder.with_name("processes").read_text()
    assert gone(int(told.split()[0]))


def test_a_stopped_training_program_has_time_to_save_its_model(job: Job) -> None:
    job = replace(job, kind="training-job")
    save = "lambda *_: (time.sleep(4), print('saved', flush=True), sys.exit())"
    code = f"import signal, sys, time\nsignal.signal(signal.SIGTERM, {save})\n{WAIT}"
    with pytest.raises(JobFailure, match="was stopped"):
        run_processes([child(job, code, on_line=lambda _: job.stopping.set())], job)
    assert isinstance(job.log, Lines)
    assert [line for _, line in job.log] == ["ready", "saved"]


def test_what_a_program_leaves_behind_ends_with_it(job: Job) -> None:
    code = f"import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', {WAIT!r}]).pid, flush=True)"
    # The grandchild holds the pipe: the reader must not wait for it.
    run_processes([child(job, code)], job)
    assert isinstance(job.log, Lines)
    grandchild = int(next(line for _, line in job.log if line.isdigit()))
    deadline = time.monotonic() + 10
    while not gone(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_program_that_is_not_there_is_told(job: Job) -> None:
    with pytest.raises(JobFailure, match="/no/such/program does not start"):
        run_processes([Child(["/no/such/program"], {}, job.folder)], job)


def test_a_killed_services_programs_are_ended_by_the_next(job: Job) -> None:
    group = Group(job)
    process = group.start(child(job, WAIT))
    end_remembered(job.folder.with_name("processes"))
    assert process.wait(10) < 0
    with group:
        pass


def test_a_program_that_is_killed_is_said_to_be_rather_than_those_that_it_takes_with_it(job: Job) -> None:
    """As the other hosts of a training job, which end when they miss it."""
    code = "import os, signal, time\nprint('pid', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    other = "raise SystemExit(1)"
    with Group(job) as group:
        for each in (child(job, other), replace(child(job, code, 2), name="the second")):
            group.start(each).wait()
        with pytest.raises(ProcessFailure, match="the second was killed by SIGKILL: pid") as failed:
            group.wait()
    assert failed.value.hint == "the system kills what takes too much memory"


def test_a_program_goes_on_where_its_log_cannot_be_written(job: Job) -> None:
    def full(instance: int, line: str) -> None:
        raise OSError(28, "No space left on device")

    job.log = full
    run_processes([child(job, "print('x' * 300_000)")], job)
