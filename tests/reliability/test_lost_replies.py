"""What was made by a request whose reply was lost is this run's own; what was there before is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from fault_proxy import CUT, LOST, THROTTLED, FaultProxy
from service_cases import Service
from training_cases import channel, training_request

from pipeline.plan.waits import wait_for
from pipeline.sending.clients import Clients, is_passing, make_clients
from pipeline.sending.lost_replies import Attempt
from pipeline.sending.objects import read

BUCKET = "lost"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("lost") / "data")
    running.client("s3").create_bucket(Bucket=BUCKET)
    yield running
    assert running.stop() == 0


def request(name: str) -> dict[str, Any]:
    """A training job that fails soon: it has no data."""
    return training_request(name, f"s3://{BUCKET}", [channel("train", f"s3://{BUCKET}/none")])


def made(clients: Clients, name: str) -> bool:
    """Whether a refusal is the answer to a request that was carried out before."""
    attempt = Attempt()
    with pytest.raises(ClientError, match="already exists") as refused:
        clients.sagemaker.create_training_job(**request(name))
    return attempt.made(clients, wait_for("CreateTrainingJob", name), refused.value)


@pytest.mark.parametrize("fault", [LOST, CUT])
def test_a_request_that_was_carried_out_is_ones_own(service: Service, fault: str) -> None:
    proxy = FaultProxy(service.url, first={"CreateTrainingJob": fault})
    with proxy.serving():
        assert made(make_clients("us-east-1", endpoint=proxy.url), f"own-{fault}")
    assert proxy.met["CreateTrainingJob", fault] == 1


def test_what_was_there_before_is_not(service: Service) -> None:
    direct = make_clients("us-east-1", endpoint=service.url)
    direct.sagemaker.create_training_job(**request("before"))
    assert not made(direct, "before")
    # Times of replies are in whole seconds, and a busy machine takes its time to read one.
    time.sleep(5)
    proxy = FaultProxy(service.url, first={"CreateTrainingJob": THROTTLED})
    with proxy.serving():
        assert not made(make_clients("us-east-1", endpoint=proxy.url), "before")


def test_replies_that_are_cut_off_are_asked_for_again(service: Service, tmp_path: Path) -> None:
    content = b"x" * 3_000_000
    service.client("s3").put_object(Bucket=BUCKET, Key="content", Body=content)
    proxy = FaultProxy(service.url, first={"GET s3": CUT, "ListTrainingJobs": CUT})
    with proxy.serving():
        clients = make_clients("us-east-1", endpoint=proxy.url)
        assert read(clients.s3, f"s3://{BUCKET}/content") == content
        assert "TrainingJobSummaries" in clients.sagemaker.list_training_jobs()
    assert proxy.met.total() == 2


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (EndpointConnectionError(endpoint_url="x"), True),
        (ConnectionClosedError(endpoint_url="x"), True),
        (ReadTimeoutError(endpoint_url="x"), True),
        (ClientError({"ResponseMetadata": {"HTTPStatusCode": 503}}, "x"), True),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), True),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "x"), False),
        (NoCredentialsError(), False),
    ],
    ids=["refused", "closed", "late", "busy", "throttled", "forbidden", "unsigned"],
)
def test_only_what_may_pass_is_waited_for(error: Exception, passes: bool) -> None:
    assert is_passing(error) == passes
