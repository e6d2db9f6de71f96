"""The port: who may come in, and that it stays on this machine."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from service_cases import Service

from pipeline.errors import RequirementError
from pipeline.local.port import Port

TARGET = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}


def call(service: Service, method: str = "POST", path: str = "/", body: bytes = b"{}", **headers: str) -> int:
    """The status of a request whose headers are these and no other."""
    port = int(service.url.rpartition(":")[2])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        reply = connection.getresponse()
        reply.read()
        return reply.status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:1", "bucket.localhost"])
def test_this_machines_names_are_let_in(service: Service, host: str) -> None:
    assert call(service, Host=host, **TARGET) == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "localhost.evil", "[::1"])
def test_other_hosts_are_refused(service: Service, host: str) -> None:
    assert call(service, Host=host, **TARGET) == 403
    assert call(service, "GET", "/", b"", Host=host) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_other_origins_are_refused(service: Service, origin: str) -> None:
    host = service.url.removeprefix("http://")
    assert call(service, Host=host, Origin=origin, **TARGET) == 403
    assert call(service, "OPTIONS", "/bucket/key", b"", Host=host, Origin=origin) == 403


def test_its_own_pages_are_let_in(service: Service) -> None:
    host = service.url.removeprefix("http://")
    assert call(service, Host=host, Origin=service.url, **TARGET) == 200


def test_a_request_without_host_is_refused(service: Service) -> None:
    assert call(service, **TARGET) in {400, 403}


def test_a_request_above_the_limit_is_refused(service: Service) -> None:
    assert call(service, Host="localhost", body=b" " * (5 << 20), **TARGET) == 413


@pytest.mark.parametrize("path", ["/moto-api/data.json", "/moto-api/reset", "/latest/meta-data/iam"])
def test_motos_own_doors_are_shut(service: Service, path: str) -> None:
    assert call(service, "POST", path, b"", Host="localhost") == 400


def test_an_endpoint_that_is_not_there_is_refused_as_the_runtime_does(service: Service) -> None:
    runtime = service.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ClientError, match=r"ValidationError.*none.*not found"):
        runtime.invoke_endpoint(EndpointName="none", Body=b"1,2")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("InvokeEndpointAsync", {"InputLocation": "s3://bucket/rows.csv"}),
        ("InvokeEndpointWithResponseStream", {"Body": b"1,2"}),
    ],
)
def test_other_invocations_are_refused_by_name(service: Service, operation: str, request_: dict[str, Any]) -> None:
    runtime = service.client("sagemaker-runtime")
    with pytest.raises(ClientError, match=rf"{operation} of sagemaker-runtime is not served") as refused:
        getattr(runtime, xform_name(operation))(EndpointName="any", **request_)
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
    reply = refused.value.response["ResponseMetadata"]
    assert (reply["HTTPStatusCode"], reply["HTTPHeaders"]["content-type"]) == (400, "application/x-amz-json-1.1")


def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(RequirementError, match="loopback only"):
        Port("0.0.0.0", 0)  # noqa: S104 - what must not be


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(RequirementError, match=f"port {number} is taken"):
            Port("127.0.0.1", number).bind()
