"""A plan as data: requests in order, what must be there before them, and what to wait for after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Request = Mapping[str, Any]

SAGEMAKER, GLUE = "sagemaker", "glue"


@dataclass(frozen=True)
class Upload:
    """What must be in S3 before the first request.

    `path` is a file that becomes the object `uri`, or a folder whose files go below it; `content` is an object made
    here. Where there is neither, the run's input is meant, which no file names: the rows go below `uri`.
    """

    uri: str
    path: Path | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Logs:
    """Where a job's lines are: the log group, and what the names of its streams begin with.

    `also` are further groups that have streams of such names. Where the prefix is known only from the first reply,
    `from_reply` names the member that is it.
    """

    group: str
    prefix: str
    also: tuple[str, ...] = ()
    from_reply: str | None = None


@dataclass(frozen=True)
class Wait:
    """What is asked after a request until its work is done.

    `describe` is the operation, with `request`, whose reply has the state in `status`: any of `succeeded` or `failed`
    is the end, and `reason` says why; where they stand in a member of the reply, `within` names it. Members of the
    request that are known only from the first reply stand in `from_reply` (this member: that of the reply). At the end
    the description must say what `expected` says: an endpoint whose update was taken back is in service too. `stop` is
    the operation that ends the work early.
    """

    describe: str
    request: Request
    status: str
    succeeded: tuple[str, ...]
    failed: tuple[str, ...]
    reason: str = "FailureReason"
    expected: Request = field(default_factory=dict)
    from_reply: Mapping[str, str] = field(default_factory=dict)
    logs: Logs | None = None
    stop: str | None = None
    within: str | None = None
    service: str = SAGEMAKER

    def is_over(self, description: Mapping[str, Any]) -> bool:
        """Whether a description says that the work has ended, well or not."""
        return description[self.status] in (*self.succeeded, *self.failed)


@dataclass(frozen=True)
class Fill:
    """Members of a request that only an earlier job knows: dotted members to keys of the JSON object at `uri`."""

    uri: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class Package:
    """An archive that is packed between two requests, from what the jobs before left in S3.

    `uri` is where it goes, `layout` what it is: `xgboost`, `fused`, `script-mode` (fused, with the scorer's code) or
    `trained` (a training job's archive as it is).
    `booster` is a training job's archive; where it is None, the best training job of `tuning_job` has it. `etl` is the
    output of the Spark job, with the bundle, the contract and the summary.
    """

    uri: str
    layout: str
    etl: str
    booster: str | None = None
    tuning_job: str | None = None


@dataclass(frozen=True)
class Step:
    """One request, to the client of that service by boto3's name of it.

    `keys` says which key of the pipeline file, or variable, a part of the request comes from: dotted member names to
    that key. `package` is made before the request is sent, and `fill` completes it then. `instead` is sent where the
    request is refused because the thing is there already; with `once`, that it is there already is all that is wanted.
    """

    name: str
    operation: str
    request: Request
    wait: Wait | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    package: Package | None = None
    instead: Step | None = None
    once: bool = False
    service: str = SAGEMAKER
    fill: Fill | None = None

    @property
    def thing(self) -> str:
        """What the request makes or changes: "TrainingJob", "Endpoint"."""
        return self.operation.removeprefix("Create").removeprefix("Update").removeprefix("Start")

    @property
    def thing_name(self) -> str:
        """Its name; empty where AWS makes it up."""
        members = ("Name", "JobName") if self.service == GLUE else (f"{self.thing}Name",)
        return next((str(self.request[member]) for member in members if member in self.request), "")

    @property
    def is_definition(self) -> bool:
        """Whether it only says what a later request does: nothing is made anew where it is."""
        return self.service == GLUE and self.wait is None


@dataclass(frozen=True)
class Deletion:
    """A request that deletes what a step made; that it is gone already is no failure.

    Before it, a job that is not at its end is stopped by `wait.stop`. It is sent only where the thing's description
    says what `wait.expected` says: an endpoint that serves a later run stays. What comes after `until_gone` needs the
    thing to be gone. `refused` are error codes by which AWS keeps what others still need.
    """

    operation: str
    request: Request
    wait: Wait | None = None
    until_gone: bool = False
    refused: tuple[str, ...] = ()
    from_reply: Mapping[str, str] = field(default_factory=dict)
    service: str = SAGEMAKER


@dataclass(frozen=True)
class Plan:
    """All that a run of a pipeline asks of AWS, below the URI `root`."""

    pipeline: str
    run_key: str
    region: str
    root: str
    uploads: tuple[Upload, ...]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step of that name or operation, if the plan has it."""
        return next((step for step in self.steps if name in (step.name, step.operation)), None)
