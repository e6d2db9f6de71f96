"""The run folder: there as a whole or not at all, in the place of nothing but an earlier run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.run.folder import RECORD, RunFolder


def write_run(target: Path, text: str) -> None:
    with RunFolder(target) as folder:
        (folder.path / RECORD).write_text(text)
        folder.publish()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def living() -> Iterator[int]:
    """The id of another process, which lives as long as the test."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.communicate(b"\n")


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_nothing_is_at_the_target_until_it_is_published(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "down" / "out"
    with RunFolder(target) as folder:
        (folder.path / RECORD).write_text("{}")
        assert not target.exists()
        assert folder.path.parent == target.parent
        folder.publish()
        assert names(target) == [RECORD]
    assert names(target.parent) == ["out"]


def test_an_earlier_run_is_replaced_whole(tmp_path: Path) -> None:
    write_run(tmp_path / "out", "first")
    (tmp_path / "out" / "first.txt").touch()
    write_run(tmp_path / "out", "second")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == [RECORD]
    assert (tmp_path / "out" / RECORD).read_text() == "second"


def test_an_empty_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_run(tmp_path / "out", "{}")
    assert names(tmp_path / "out") == [RECORD]


def test_a_relative_target_means_the_folder_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = RunFolder(Path("out"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with folder:
        folder.publish()
    assert names(tmp_path) == ["elsewhere", "out"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_run_is_refused_and_kept(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out"
    precious = target
    if kind == "folder":
        target.mkdir()
        precious = target / "precious.txt"
    precious.write_text("keep me")
    with pytest.raises(ConfigError, match="is there and is not a run"), RunFolder(target):
        pass
    assert precious.read_text() == "keep me"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_nothing_but_the_earlier_run(tmp_path: Path, error: type[BaseException]) -> None:
    write_run(tmp_path / "out", "first")

    def work() -> None:
        with RunFolder(tmp_path / "out") as folder:
            (folder.path / "logs").mkdir()
            (folder.path / "logs" / "etl.log").touch()
            raise error

    with pytest.raises(error):
        work()
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / RECORD).read_text() == "first"


def test_the_earlier_run_comes_back_where_its_successor_cannot_be_put(tmp_path: Path) -> None:
    write_run(tmp_path / "out", "first")
    with RunFolder(tmp_path / "out") as folder:
        folder.path.rmdir()
        with pytest.raises(FileNotFoundError):
            folder.publish()
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / RECORD).read_text() == "first"


@pytest.mark.parametrize("target", ["out", "out [1]*"])
def test_leftovers_of_dead_processes_go_and_those_of_living_ones_stay(
    tmp_path: Path, target: str, living: int, dead: int
) -> None:
    gone = [f".{target}.run-{dead}", f".{target}.run-{dead}-old", f".{target}.run-{os.getpid()}"]
    kept = [f".{target}.run-{living}", f".{target}.run-{living}-old", f".{target}.run-notes", f".other.run-{dead}"]
    for name in [*gone, *kept]:
        (tmp_path / name / "logs").mkdir(parents=True)
    write_run(tmp_path / target, "{}")
    assert names(tmp_path) == sorted([*kept, target])


def test_a_parent_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot write to .*file: "), RunFolder(tmp_path / "file" / "out"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_parent_without_write_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ConfigError, match="Permission denied"), RunFolder(tmp_path / "out"):
            pass
    finally:
        tmp_path.chmod(0o700)
