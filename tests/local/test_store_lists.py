"""Lists of a store with many rows: what a page shows is read, and nothing else."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local import states
from pipeline.local.pages.overview import overview
from pipeline.local.pages.rendering import page
from pipeline.local.store import Store

JOBS = 2000
KINDS = (states.TRAINING_JOB, states.GLUE_JOB_RUN, states.MODEL)

documents = st.dictionaries(
    st.sampled_from(["JobName", "Served", "Other", "More"]),
    st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5), st.lists, max_leaves=3),
)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(KINDS), documents, documents), max_size=7),
    kinds=st.lists(st.sampled_from(KINDS), max_size=3),
    start=st.integers(0, 8),
    count=st.integers(0, 4),
    members=st.lists(st.sampled_from(["JobName", "More", "none"]), max_size=3, unique=True),
)
def test_the_newest_are_a_part_of_all(
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]],
    kinds: list[str],
    start: int,
    count: int,
    members: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "state.sqlite")
        for number, (kind, request, extra) in enumerate(rows):
            store.create(kind, f"n{number}", f"arn:{number}", request, extra=extra)
        every = [resource for kind in set(kinds) for resource in store.all(kind)]
        every.sort(key=lambda one: (one.created, one.name), reverse=True)
        found = store.newest(kinds, start, count, request=members, extra=["Served"])
        wanted = every[start : start + count]
        assert [(one.kind, one.name, one.arn, one.status, one.created) for one in found] == [
            (one.kind, one.name, one.arn, one.status, one.created) for one in wanted
        ]
        for one, whole in zip(found, wanted, strict=True):
            assert one.request == {name: whole.request[name] for name in members if name in whole.request}
            assert one.extra == {name: whole.extra[name] for name in ("Served",) if name in whole.extra}
        assert store.counts(kinds) == Counter((one.kind, one.status) for one in every)
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a store of 2,000 training jobs, the last one running; only the newest 25 can be read at all."""
    file = tmp_path / "state.sqlite"
    Store(file).close()
    shown = json.dumps({"SecondaryStatus": "Training", "TrainingStartTime": JOBS - 60.0, "Series": [1.5] * 1000})
    rows = [
        (
            states.TRAINING_JOB,
            f"job-{number:04d}",
            f"arn:{number}",
            "InProgress" if number == JOBS else "Completed",
            "{}" if number > JOBS - 25 else "{never read",
            shown if number > JOBS - 25 else "{never read",
            float(number),
            float(number),
        )
        for number in range(1, JOBS + 1)
    ]
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany("INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return file


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def test_the_overview_of_2000_jobs_reads_the_25_that_it_shows(store: Store) -> None:
    values = overview(SimpleNamespace(store=store), {})  # type: ignore[arg-type]
    jobs = values["jobs"]
    assert [job.link.text for job in jobs.items] == [f"job-{number:04d}" for number in range(JOBS, JOBS - 25, -1)]
    assert (jobs.first, jobs.last, jobs.total, jobs.before, jobs.after) == (1, 25, JOBS, None, "?jobs=2#jobs")
    assert values["counts"] == [("Completed", JOBS - 1), ("InProgress", 1)]
    assert [(one.title, one.count) for one in values["filters"]] == [("All", JOBS), ("Training", JOBS)]
    assert (values["live"], values["empty"]) == (True, False)
    assert jobs.items[0].step == "Training"
    text = re.sub(r"<[^>]*>", "", page("overview.j2", variables={}, **values).body.decode())
    assert "job-2000" in text
    assert "job-1975" not in text
    assert "1–25 of 2,000" in text
    # The proof that these were not read: who asks for them cannot.
    with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
        overview(SimpleNamespace(store=store), {"jobs": "2"})  # type: ignore[arg-type]


def test_older_jobs_are_a_page_away(store: Store, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE resources SET request = '{}', extra = '{}' WHERE created <= 25")
    last = overview(SimpleNamespace(store=store), {"jobs": "80", "kind": "training"})["jobs"]  # type: ignore[arg-type]
    assert [job.link.text for job in last.items] == [f"job-{number:04d}" for number in range(25, 0, -1)]
    assert (last.first, last.total, last.before, last.after) == (1976, JOBS, "?kind=training&jobs=79#jobs", None)
    other = overview(SimpleNamespace(store=store), {"kind": "tuning"})["jobs"]  # type: ignore[arg-type]
    assert (other.items, other.total) == ([], 0)
