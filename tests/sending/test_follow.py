"""Work followed to its end: whose lines are whose, and those that come after the end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from account_cases import BUCKET, Account

from pipeline.errors import StepError
from pipeline.plan import Step
from pipeline.plan.waits import wait_for
from pipeline.sending.clients import Clients
from pipeline.sending.follow import follow
from pipeline.sending.named import named


def step_of(operation: str, name: str) -> Step:
    return Step("step", operation, {f"{operation.removeprefix('Create')}Name": name}, wait_for(operation, name))


def test_a_tuning_jobs_lines_are_told_as_those_of_its_training_jobs(account: Account) -> None:
    account.tuning("told-tune", f"s3://{BUCKET}/told/training")
    heard: list[tuple[str, str]] = []
    # Its one training job finds no rows.
    with contextlib.suppress(StepError):
        follow(
            account.clients,
            step_of("CreateHyperParameterTuningJob", "told-tune"),
            {},
            print,
            lambda *said: heard.append(said),
        )
    assert {job for job, _ in heard} == set(named(account.clients, "TrainingJob", "told-tune-"))


@dataclass
class Cloud:
    """A job that has ended, whose last line CloudWatch shows after a while."""

    lines: list[str] = field(default_factory=list)

    def describe_training_job(self, **_: str) -> dict[str, Any]:
        return {"TrainingJobStatus": "Completed"}

    def get_paginator(self, _: str) -> Cloud:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"logStreams": [{"logStreamName": "a-job/algo-1"}]}]

    def get_log_events(self, **_: Any) -> dict[str, Any]:
        events, self.lines = [{"message": line} for line in self.lines], []
        return {"events": events, "nextForwardToken": "t"}


def test_aws_shows_the_last_lines_of_a_job_after_its_end() -> None:
    cloud, heard, states = Cloud(), [], []
    clients = Clients(cloud, None, None, cloud, pause=lambda seconds: cloud.lines.append(f"after {seconds} s"))
    follow(clients, step_of("CreateTrainingJob", "a-job"), {}, states.append, lambda *said: heard.append(said))
    assert heard == [("a-job", "after 5.0 s")]
    assert states == []
