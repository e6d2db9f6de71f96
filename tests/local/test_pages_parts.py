"""What pages are made of: which requests are theirs, ends of logs, pages of lists, lines of metrics."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.logs import Logs
from pipeline.local.pages.log_tail import read_lines, tail
from pipeline.local.pages.pages import Pages
from pipeline.local.pages.paging import paged
from pipeline.local.pages.request import PageRequest, page_request
from pipeline.local.pages.series import HEIGHT, WIDTH, series
from pipeline.local.pages.trial import problem
from pipeline.local.training.metrics import SERIES
from pipeline.local.wire import Reply

HOST = "127.0.0.1:8770"
BROWSER = {"host": HOST, "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "is_page"),
    [
        ("GET", "/", "", BROWSER, True),
        ("GET", "/", "jobs=2&kind=training", BROWSER, True),
        ("GET", "/-/models/a", "", {"host": "[::1]:1"}, True),
        ("POST", "/-/endpoints/a", "", {"host": "localhost:1"}, True),
        ("GET", "/", "", {"host": HOST, "accept": "*/*"}, False),
        ("GET", "/", "", {**BROWSER, "authorization": "AWS4-HMAC-SHA256 Credential=..."}, False),
        ("GET", "/", "X-Amz-Signature=0", BROWSER, False),
        ("POST", "/", "", BROWSER, False),
        ("GET", "/bucket/-/key", "", BROWSER, False),
        ("GET", "/-", "", BROWSER, False),
        ("GET", "/-/key", "", {**BROWSER, "host": "bucket.localhost:8770"}, False),
        ("GET", "/", "", {**BROWSER, "host": "bucket.localhost:8770"}, False),
    ],
)
def test_pages_take_nothing_from_s3(method: str, path: str, query: str, headers: dict[str, str], is_page: bool) -> None:
    assert (page_request(method, path, query, headers) is not None) is is_page


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({}, False),
        ({"origin": f"http://{HOST}"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": f"http://{HOST}"}, True),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site", "origin": f"http://{HOST}"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, False),
        ({"origin": "http://127.0.0.1:1"}, False),
        ({"origin": f"https://{HOST}"}, False),
    ],
)
def test_only_pages_of_this_very_service_may_send_forms(headers: dict[str, str], same: bool) -> None:
    assert PageRequest("POST", "/-/endpoints/a", {}, {"host": HOST, **headers}).same_origin is same


def test_a_page_that_takes_its_time_does_not_stop_the_others() -> None:
    made = threading.Event()

    class Slow:
        def read(self, request: PageRequest) -> Reply:
            assert made.wait(30)
            return Reply(200, b"")

    pages: Any = Pages.__new__(Pages)
    pages.__dict__["_views"] = Slow()

    async def work() -> int:
        waiting = asyncio.create_task(pages.answer(PageRequest("GET", "/", {}, {})))
        await asyncio.sleep(0)
        made.set()
        return (await waiting).status

    assert asyncio.run(work()) == 200


def written(file: Path, texts: list[str]) -> Path:
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({"timestamp": 1000 * at, "message": text}) + "\n" for at, text in enumerate(texts))
    return file


@given(
    st.lists(st.sampled_from(["", "short", "größe 😀", "x" * 3_000, "é" * 40_000]), max_size=40),
    st.integers(1, 9),
)
@settings(max_examples=30, deadline=None)
def test_pages_back_through_a_log_show_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], count: int
) -> None:
    file = written(tmp_path_factory.mktemp("log") / "a.jsonl", texts)
    with file.open("a") as out:
        out.write('{"timestamp": 5, "mess')
    found: list[str] = []
    end: int | None = None
    while end != 0:
        lines, end = read_lines(file, end, count)
        assert len(lines) <= count
        found = [line.text for line in lines] + found
    assert found == texts


def test_a_job_shows_no_log_of_an_earlier_one_of_its_name(tmp_path: Path) -> None:
    logs = Logs(tmp_path, lambda: None)
    group = "/aws/sagemaker/TrainingJobs"
    for stream in ("one/algo-1-1000", "one/algo-1-2000", "one/algo-2-2000", "one-more/algo-1-2000"):
        file = logs.file(group, stream)
        file.parent.mkdir(parents=True, exist_ok=True)
        written(file, [stream])
    shown = tail(logs, group, "one", {"stream": "algo-2-2000"}, since=1500.5)
    assert shown is not None
    assert (shown.streams, shown.stream) == (["algo-1-2000", "algo-2-2000"], "algo-2-2000")
    assert [line.text for line in shown.lines] == ["one/algo-2-2000"]
    for asked in ("algo-1-1000", "../one-more/algo-1-2000", "/etc/passwd"):
        other = tail(logs, group, "one", {"stream": asked}, since=1500.5)
        assert other is not None
        assert other.stream in shown.streams
    assert tail(logs, group, "none", {}) is None


@pytest.mark.parametrize("asked", ["", "0", "1", "3", "99", "-1", "x", "²"])
def test_whatever_page_is_asked_for_there_is_one(asked: str) -> None:
    shown = paged(range(7), {"jobs": asked, "kind": "a&b"}, "jobs", str, size=3)
    number = {"3": 3, "99": 3}.get(asked, 1)
    assert (shown.number, shown.first, "".join(shown.items)) == (
        number,
        3 * number - 2,
        "0123456"[3 * number - 3 :][:3],
    )
    assert shown.after == (None if number == 3 else "?jobs=2&kind=a%26b#jobs")
    assert (shown.before is None) == (number == 1)
    assert paged([], {"jobs": asked}, "jobs", str).total == 0


def test_a_metrics_line_stays_in_its_frame() -> None:
    values = [float((at * 37) % 101) for at in range(1000)]
    line, flat, single = series({SERIES: {"a": values, "b": [2.0, 2.0], "c": [1.0]}})
    points = [tuple(map(float, point.split(","))) for point in line.points.split()]
    assert points[0][0] == 0
    assert points[-1] == (WIDTH, round(HEIGHT * (100 - values[-1]) / 100, 1))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert flat.points == f"0.0,0.0 {WIDTH:.1f},0.0"
    assert single.points == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"Message": "No endpoint."}', "No endpoint."),
        (
            '{"Message": "m", "OriginalMessage": "{\\"error\\": {\\"message\\": \\"row 2\\", \\"hint\\": \\"h\\"}}"}',
            "row 2: h",
        ),
        ('{"Message": "m", "OriginalMessage": "plain"}', "plain"),
        ("[" * 100_000, "[" * 100_000),
        ("no JSON", "no JSON"),
    ],
    ids=["runtime", "ours", "other", "deep", "text"],
)
def test_an_error_in_words(text: str, words: str) -> None:
    assert problem(text) == words
