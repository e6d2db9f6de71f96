"""The line of JSON that each invocation leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving_models import LINE
from serving_server import serving

from pipeline.serving.access_log import Logged


def test_each_invocation_has_a_line(archive: Callable[[str], Path], tmp_path: Path) -> None:
    began = datetime.now(UTC)
    with serving(archive("regression"), tmp_path / "log", "--access-log", "--workers", "2") as server:
        for _ in range(3):
            assert server.post(LINE, X_Amzn_SageMaker_Inference_Id="größe-1".encode().decode("latin-1")).status == 200
            assert server.post(LINE, X_Inference_Id="mine").status == 200
            assert server.post("M", "text/csv").status == 400
            assert server.call().status == 200
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert [line["status"] for line in lines] == [200, 200, 400] * 3
    assert [line["bytes"] for line in lines[:3]] == [str(len(LINE)), str(len(LINE)), "1"]
    assert {line["content_type"] for line in lines} == {"text/csv"}
    assert [line["inference_id"] for line in lines[1::3]] == ["mine"] * 3
    # What is not fit for a log, and what is missing, becomes an id of the server's.
    assert len({line["inference_id"] for line in lines}) == 7
    assert all(began <= datetime.fromisoformat(line["time"]) <= datetime.now(UTC) for line in lines[3:])
    assert all(0 < line["milliseconds"] < 60_000 for line in lines)


def test_without_the_option_there_is_none(archive: Callable[[str], Path], tmp_path: Path) -> None:
    with serving(archive("regression"), tmp_path / "log", INFERENCE_PIPELINE_ACCESS_LOG="0") as server:
        assert server.post(LINE).status == 200
        assert server.stop() == 0
        assert "{" not in server.log.read_text()


def test_a_client_that_went_away_has_no_status() -> None:
    lines: list[bytes] = []

    async def gone(scope: Any, receive: Any, send: Any) -> None:
        """Answers nothing."""

    async def unused(*_: Any) -> Any:
        raise AssertionError

    scope = {"path": "/invocations", "headers": [(b"content-length", b"7")]}
    asyncio.run(Logged(gone, lines.append)(scope, unused, unused))
    assert json.loads(lines[0])["status"] is None
