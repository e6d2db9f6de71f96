"""Data capture: what is written where, and what happens while the store does not answer."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from endpoint_cases import LINE, MODELS, Bench, config, variant

from pipeline.local.endpoints.capture import Capture
from pipeline.local.errors import JobFailure
from pipeline.local.objects import Objects

NUMBER = itertools.count(1)
TYPES = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def capturing(target: str, *modes: str, percentage: int = 100, **more: Any) -> dict[str, Any]:
    """DataCaptureConfig."""
    return {
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": target,
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        **more,
    }


@pytest.fixture
def target() -> str:
    """A folder of the store that no other test has."""
    return f"s3://models/captured/{next(NUMBER)}"


def records(objects: Objects, target: str) -> list[dict[str, Any]]:
    """All records below a folder, in order."""
    return [json.loads(line) for key in objects.keys(target) for line in objects.read(key).splitlines()]


def test_an_endpoint_s_invocations(make_bench: Callable[..., Bench], archives: Objects, target: str) -> None:
    bench = make_bench()
    capture = capturing(target, "Input", "Output", CaptureContentTypeHeader=TYPES)
    bench.create("captured", config(variant(), DataCaptureConfig=capture))
    replies = [bench.call("captured", LINE, inference_id=f"id {place}", custom_attributes="a=b") for place in range(3)]
    assert bench.call("captured", b"X,0.5,3").status == 424
    bench.endpoints.update("captured", config(variant("other"), name="without"), MODELS)
    bench.until("captured", "InService", times=2)
    bench.call("captured")
    (key,) = archives.keys(target)
    hour = datetime.now(UTC).strftime("%Y/%m/%d/")
    assert re.fullmatch(rf"{target}/captured/AllTraffic/{hour}\d\d/[0-9a-f-]+\.jsonl", key)
    found = records(archives, target)
    assert [record["eventMetadata"]["inferenceId"] for record in found] == ["id 0", "id 1", "id 2"]
    first = found[0]
    assert first["captureData"] == {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": LINE.decode(), "encoding": "CSV"},
        "endpointOutput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "OUTPUT",
            "data": replies[0].body.decode(),
            "encoding": "CSV",
        },
    }
    assert first["eventVersion"] == "0"
    assert first["eventMetadata"]["customAttributes"] == ["a=b"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["eventMetadata"]["inferenceTime"])
    assert len({record["eventMetadata"]["eventId"] for record in found}) == 3


def test_what_is_kept_is_written_at_the_end(make_bench: Callable[..., Bench], archives: Objects, target: str) -> None:
    bench = make_bench()
    bench.create("ended", config(DataCaptureConfig=capturing(target, "InputAndOutput")))
    bench.call("ended", LINE)
    bench.endpoints.stop()
    (record,) = records(archives, target)
    assert record["captureData"]["endpointInput"]["encoding"] == "BASE64"
    assert base64.b64decode(record["captureData"]["endpointInput"]["data"]) == LINE


def captured(config: dict[str, Any], objects: Any, folder: Path, lines: list[str]) -> Capture:
    return Capture(config, "e", objects, folder / "captured", lines.append)


def event(capture: Capture, body: bytes = b"1", content_type: str = "text/csv") -> None:
    capture.record("v", (content_type, body), ("application/json", b"{}"), {})


@pytest.mark.parametrize(("modes", "keys"), [(["Input"], ["endpointInput"]), (["Output"], ["endpointOutput"])])
def test_one_side(archives: Objects, tmp_path: Path, target: str, modes: list[str], keys: list[str]) -> None:
    capture = captured(capturing(target, *modes), archives, tmp_path, [])
    event(capture)
    capture.flush()
    (record,) = records(archives, target)
    assert list(record["captureData"]) == keys


def test_encodings(archives: Objects, tmp_path: Path, target: str) -> None:
    capture = captured(capturing(target, "Input", CaptureContentTypeHeader=TYPES), archives, tmp_path, [])
    for content_type, body in [
        ("TEXT/CSV; x=y", b"1"),
        ("application/json", b"{}"),
        ("a/b", b"1"),
        ("text/csv", b"\xff"),
    ]:
        event(capture, body, content_type)
    capture.flush()
    encodings = [record["captureData"]["endpointInput"]["encoding"] for record in records(archives, target)]
    assert encodings == ["CSV", "JSON", "BASE64", "BASE64"]


def test_shares(archives: Objects, tmp_path: Path, target: str) -> None:
    def share(percentage: int, **more: Any) -> int:
        config = capturing(target, "Input", percentage=percentage, **more)
        capture = captured(config, archives, tmp_path, [])
        return sum(capture.wants_one() for _ in range(2000))

    assert (share(0), share(100), share(100, EnableCapture=False)) == (0, 2000, 0)
    # Ten standard deviations on either side.
    assert 300 < share(25) < 700


def test_nothing_is_lost_while_the_store_does_not_answer(archives: Objects, tmp_path: Path, target: str) -> None:
    class Refusing:
        def upload(self, path: Path, uri: str) -> None:
            raise JobFailure(f"{uri}: no")

    lines: list[str] = []
    capture = captured(capturing(target, "Input", CaptureContentTypeHeader=TYPES), Refusing(), tmp_path, lines)
    event(capture, b"first")
    capture.flush()
    assert "no" in lines[0]
    event(capture, b"second")
    capture._objects = archives
    capture.flush()
    capture.flush()
    assert [record["captureData"]["endpointInput"]["data"] for record in records(archives, target)] == [
        "first",
        "second",
    ]
    assert not list((tmp_path / "captured").iterdir())
