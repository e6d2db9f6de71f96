"""The rows of a run: given, downloaded or made up, and every way in which they cannot be had."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.config.model import Download
from pipeline.data.csv import CsvOptions, parse_block
from pipeline.errors import ConfigError, DataError
from pipeline.run.data import SAMPLE_ROWS, Source, find_data, load_function
from pipeline.schema import load_schema

CONTENT = b"M,0.4,12\nF,0.5,9\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
EXAMPLE = ROOT / "examples" / "abalone"


def config_of(**data: Any) -> PipelineConfig:
    """A pipeline file without rows of its own, but for what is given."""
    config = load_config(EXAMPLE / "pipeline.yml")
    changed = {"location": None, "download": None, "sample": None, **data}
    return config.model_copy(update={"data": config.data.model_copy(update=changed)})


def find(folder: Path, given: Path | None = None, **data: Any) -> Source:
    return find_data(config_of(**data), given, folder, folder / "work")


class Site:
    """A web site of one file, which counts its visitors."""

    def __init__(self) -> None:
        self.content, self.status, self.length, self.visits = CONTENT, 200, len(CONTENT), 0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.visits += 1
                self.send_response(site.status)
                self.send_header("Content-Length", str(site.length))
                self.end_headers()
                self.wfile.write(site.content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def file(self) -> Download:
        # A pipeline file takes https alone; here is no certificate.
        return Download.model_construct(url=f"http://127.0.0.1:{self.server.server_port}/rows.csv", sha256=SHA256)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that downloads are kept in, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "inference-pipeline" / "data"


def test_the_given_file_goes_before_the_pipeline_file_s(tmp_path: Path) -> None:
    for name in ("given.csv", "own.csv"):
        (tmp_path / name).write_bytes(CONTENT)
    own = str(tmp_path / "own.csv")
    assert find(tmp_path, location=own, sample="sample:generate").name == "own.csv"
    source = find(tmp_path, tmp_path / "given.csv", location=own, sample="sample:generate")
    assert source == Source(tmp_path / "given.csv", "file", "given.csv")


def test_a_file_is_described_by_its_hash_and_size(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(CONTENT)
    described = find(tmp_path, tmp_path / "rows.csv").describe("csv")
    assert described == {"source": "rows.csv", "kind": "file", "sha256": SHA256, "bytes": 17, "format": "csv"}


def test_a_folder_is_described_by_all_of_its_files_in_order(tmp_path: Path) -> None:
    for name, content in (("b", b"F,0.5,9\n"), ("a/z", b"M,0.4,12\n")):
        (tmp_path / "rows" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rows" / name).write_bytes(content)
    described = find(tmp_path, tmp_path / "rows").describe("csv")
    assert (described["sha256"], described["bytes"]) == (SHA256, 17)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "rows.csv is not there"),
        (b"", "rows.csv is empty"),
        (b"\xef\xbb\xbfM,1\n", "^rows.csv: it starts with a byte order mark"),
        ("M,1\n".encode("utf-16"), "^rows.csv: it is UTF-16, not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_rows_is_refused(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DataError, match=problem):
        find(tmp_path, tmp_path / "rows.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads anything")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(CONTENT)
    (tmp_path / "rows.csv").chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        find(tmp_path, tmp_path / "rows.csv")


def test_a_missing_file_is_not_made_up_for_by_a_sample(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        find(EXAMPLE, tmp_path / "rows.csv", sample="sample:generate")


def test_without_any_rows_the_hint_says_where_to_name_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are no rows") as caught:
        find(tmp_path)
    assert caught.value.hint is not None
    assert "--input" in caught.value.hint


def test_a_download_is_fetched_once(site: Site, cache: Path, tmp_path: Path) -> None:
    first = find(tmp_path, download=site.file)
    assert (first.kind, first.name) == ("download", site.file.url)
    assert first.path.read_bytes() == CONTENT
    assert find(tmp_path, download=site.file) == first
    assert site.visits == 1
    assert [path.name for path in cache.iterdir()] == [SHA256]


def test_a_damaged_cache_is_fetched_again(site: Site, cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    (cache / SHA256).write_bytes(CONTENT[:-1])
    assert find(tmp_path, download=site.file).path.read_bytes() == CONTENT
    assert site.visits == 1


def test_another_file_than_the_hash_says_is_refused_and_not_kept(site: Site, cache: Path, tmp_path: Path) -> None:
    site.content = CONTENT[::-1]
    with pytest.raises(DataError) as caught:
        find(EXAMPLE, download=site.file, sample="sample:generate")
    assert caught.value.source == site.file.url
    assert caught.value.expected == SHA256
    assert hashlib.sha256(CONTENT[::-1]).hexdigest() in caught.value.message
    assert not cache.exists()


@pytest.mark.parametrize("failure", ["status", "cut off", "nobody"])
def test_without_the_download_a_sample_is_made_up(site: Site, cache: Path, tmp_path: Path, failure: str) -> None:
    wanted = site.file
    if failure == "status":
        site.status = 503
    elif failure == "cut off":
        site.length += 1
    else:
        site.close()
    source = find_data(config_of(download=wanted, sample="sample:generate"), None, EXAMPLE, tmp_path)
    assert source.kind == "synthetic"
    assert not cache.exists()
    with pytest.raises(ConfigError, match="there are no rows"):
        find(tmp_path, download=wanted)


def test_a_sample_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = (
        find_data(config_of(sample="sample:generate"), None, EXAMPLE, tmp_path / name) for name in ("a", "b")
    )
    assert first.path != second.path
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.name == "4,000 generated rows"


def test_a_sample_of_real_rows_says_where_they_are_from(tmp_path: Path) -> None:
    folder = ROOT / "examples" / "recommender"
    source = find_data(config_of(sample="sample:movielens"), None, folder, tmp_path)
    assert (source.kind, source.name) == ("sample", "Spark's sample_movielens_ratings.txt")
    assert len(source.path.read_text(encoding="utf-8").splitlines()) == 1501


def test_without_spark_as_many_ratings_are_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pyspark" else found(name))
    folder = ROOT / "examples" / "recommender"
    source = find_data(config_of(sample="sample:movielens"), None, folder, tmp_path)
    assert (source.kind, source.name) == ("synthetic", "1,501 generated rows")
    rows = [line.split(",") for line in source.path.read_text(encoding="utf-8").splitlines()]
    # As many features as the example's file says, and no pair twice.
    assert len({row[0] for row in rows}) + len({row[1] for row in rows}) <= 130
    assert len({(row[0], row[1]) for row in rows}) == 1501


@pytest.mark.parametrize("file", ["abalone/pipeline.yml", "churn/pipeline.yml", "churn/glue.yml"])
def test_the_rows_that_an_example_makes_up_keep_its_contract(tmp_path: Path, file: str) -> None:
    path = ROOT / "examples" / file
    config = load_config(path)
    config = config.model_copy(update={"data": config.data.model_copy(update={"download": None})})
    source = find_data(config, None, path.parent, tmp_path)
    schema = load_schema(config.data.schema_file)
    table = parse_block(source.path.read_bytes(), schema, CsvOptions())
    assert (source.kind, table.num_rows) == ("synthetic", SAMPLE_ROWS)
    assert schema.label is not None
    assert len(set(table[schema.label.name].to_pylist())) > 1


def test_a_sample_is_csv_whatever_its_cells_hold(tmp_path: Path) -> None:
    rows = [["a,b", 'c"d', 1.5, None], ["größe", " ", 2, ""]]
    (tmp_path / "made.py").write_text(f"def rows(count, seed):\n    yield from {rows!r} * (count // 2)\n")
    path = find(tmp_path, sample="made:rows").path
    with path.open(newline="", encoding="utf-8") as stream:
        cells = list(csv.reader(stream))
    assert len(cells) == SAMPLE_ROWS
    assert cells[:2] == [["a,b", 'c"d', "1.5", ""], ["größe", " ", "2", ""]]


@pytest.mark.parametrize(
    ("source", "reference", "problem"),
    [
        (None, "made:rows", "made.py is not there, though the pipeline file names made:rows"),
        ("other = 1\n", "made:rows", "made.py has no function 'rows'"),
        ("rows = [1]\n", "made:rows", "made.py has no function 'rows'"),
        ("import nowhere\n", "made:rows", "made.py cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("def rows(:\n", "made:rows", "made.py cannot be imported: SyntaxError: "),
        ("def rows(count, seed):\n    yield [1 / 0]\n", "made:rows", "made:rows gave no rows: ZeroDivisionError: "),
    ],
)
def test_a_function_that_cannot_be_had(tmp_path: Path, source: str | None, reference: str, problem: str) -> None:
    if source is not None:
        (tmp_path / "made.py").write_text(source)
    with pytest.raises(ConfigError) as caught:
        find(tmp_path, sample=reference)
    assert problem in caught.value.message


def test_a_function_may_stand_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "made.py").write_text("def twice(value):\n    return value * 2\n")
    assert load_function(tmp_path, "deep.made", "twice")(21) == 42
