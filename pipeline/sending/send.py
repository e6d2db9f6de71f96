"""A plan sent: uploads, then its requests one after the other, each followed to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pipeline.config.model import PipelineConfig
from pipeline.errors import StepError
from pipeline.plan.steps import Plan, Step
from pipeline.sending.clients import Clients, code_of, failing_as, message_of
from pipeline.sending.filling import filled
from pipeline.sending.follow import News, OnLine, call, follow, unheard
from pipeline.sending.glue_runs import begun
from pipeline.sending.lost_replies import Attempt
from pipeline.sending.manifests import with_manifests
from pipeline.sending.objects import send_upload
from pipeline.sending.packages import send_package

# How AWS says that an endpoint cannot be updated yet, and that a thing is there already, by code and words.
_CHANGING = "in-progress"
_EXISTS = {
    "ResourceInUse": "",
    "ValidationException": "already exist",
    "ConflictException": "",
    "IdempotentParameterMismatchException": "",
    "AlreadyExistsException": "",
}
# The requests by which others get the model: the registry's and the endpoint's.
_HANDING_ON = ("model-package-group", "endpoint-config")
# How Glue says that a run of the job goes on, perhaps the one whose reply was lost.
_RUNNING = "ConcurrentRunsExceededException"


class Shown(Protocol):
    """A step as people see it."""

    detail: str


class Watcher(Protocol):
    """Who sees how it goes: `pipeline.run.progress.Progress` is one."""

    def step(self, name: str, title: str) -> AbstractContextManager[Shown]:
        """Entered for each step."""

    def news(self, text: str) -> None:
        """A state that the step has come to, or what is done for it just now."""

    def line(self, name: str, text: str) -> None:
        """A line that the job of that name said."""


def send_plan(
    plan: Plan,
    config: PipelineConfig | None,
    clients: Clients,
    watcher: Watcher,
    *,
    judge: Callable[[], str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Sends the whole plan; returns the last description of each step that has one.

    `config` is for steps that pack something. `judge` is asked before the first request that hands the model on; it
    says what it found, or raises StepError.
    Sent again with the same run key it takes up where it ended: what is there already is followed, not made anew.
    Raises StepError, also for a job that is there already though something before it had to be made: it ran on that
    thing's predecessor.
    """
    with watcher.step("upload", "Upload") as shown, failing_as("upload"):
        shown.detail = f"{send_uploads(plan, clients)} objects below {plan.root}"
    found = {}
    is_new = False
    handing_on = next((step.name for step in plan.steps if step.name in _HANDING_ON), None)
    for step in plan.steps:
        if judge is not None and step.name == handing_on:
            with watcher.step("gate", "Gate") as shown, failing_as("gate"):
                shown.detail = judge()
        with watcher.step(step.name, step.thing) as shown, failing_as(step.name):
            request = with_manifests(step.request, clients.s3, step.name, plan.root, own=False)
            sent = send_step(replace(step, request=request), config, clients, watcher.news)
            if sent.was_there and is_new and step.wait is not None and step.wait.stop is not None:
                raise StepError(
                    step.name,
                    f"{step.thing_name} is there already, from an earlier run or one at the same time with this key",
                    hint="give this run another --run-key",
                )
            is_new = is_new or not (sent.was_there or step.is_definition)
            found[step.name] = follow_step(sent, clients, watcher.news, watcher.line)
            shown.detail = _detail(sent, found[step.name])
    return found


def send_uploads(plan: Plan, clients: Clients) -> int:
    """Uploads what must be there before the first request; returns the number of objects."""
    return sum(send_upload(clients.s3, upload) for upload in plan.uploads)


@dataclass(frozen=True)
class Sent:
    """The request that was sent, and its reply; `was_there` where nothing was made."""

    step: Step
    reply: Mapping[str, Any]
    was_there: bool = False


def send_step(step: Step, config: PipelineConfig | None, clients: Clients, news: News) -> Sent:
    """Packs what a request needs and sends it, or, where its thing is there already, what the plan has instead.

    Raises ConfigError where AWS would not take the request as it is by now, with what an earlier job has found out.
    """
    from botocore.exceptions import ClientError

    if step.package is not None:
        assert config is not None  # noqa: S101 - it belongs to a plan that packs
        news(f"packing {step.package.uri}")
        send_package(clients, step.package, config)
    step = filled(step, clients.s3)
    if (reply := _begun(step, clients)) is not None:
        return Sent(step, reply, was_there=True)
    attempt = Attempt()
    try:
        return Sent(step, call(clients.of(step.service), step.operation, step.request))
    except ClientError as error:
        if code_of(error) == _RUNNING and (reply := _begun(step, clients)) is not None:
            return Sent(step, reply)
        if not _exists(error):
            raise
        if attempt.made(clients, step.wait, error):
            return Sent(step, {})
    if step.instead is None:
        return Sent(step, {}, was_there=True)
    return Sent(step.instead, _update(step.instead, clients, news))


def follow_step(sent: Sent, clients: Clients, news: News, on_line: OnLine = unheard) -> dict[str, Any]:
    """Waits until a request's work is done; returns its last description, where it has one. See follow."""
    wait = sent.step.wait
    # What can only be asked about by a reply that did not come is taken as it is.
    if wait is None or not set(wait.from_reply.values()) <= sent.reply.keys():
        return {}
    return follow(clients, sent.step, sent.reply, news, on_line)


def _update(step: Step, clients: Clients, news: News) -> dict[str, Any]:
    """Sends a request to an endpoint, as soon as an update that is under way has ended."""
    from botocore.exceptions import ClientError

    try:
        return call(clients.of(step.service), step.operation, step.request)
    except ClientError as error:
        if step.wait is None or _CHANGING not in message_of(error):
            raise
    follow(clients, replace(step, wait=replace(step.wait, expected={})), {}, news)
    return call(clients.of(step.service), step.operation, step.request)


def _begun(step: Step, clients: Clients) -> dict[str, Any] | None:
    """The reply to a request that Glue would take for another one each time it is sent; None where it was not sent."""
    return begun(clients, step) if step.operation == "StartJobRun" else None


def _detail(sent: Sent, description: Mapping[str, Any]) -> str:
    state = str(description[sent.step.wait.status]) if sent.step.wait is not None and description else ""
    said = ["was there already"] if sent.was_there else []
    return ", ".join(filter(None, [sent.step.thing_name, state, *said]))


def _exists(error: Any) -> bool:
    words = _EXISTS.get(code_of(error))
    return words is not None and words in message_of(error)
