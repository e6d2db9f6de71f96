"""Class-data archives, made and mapped by a real JVM."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipeline.java import java_home
from pipeline.spark.class_data import ClassData


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that archives are kept in, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "inference-pipeline" / "class-data"


def start_java(class_data: ClassData, *also: str) -> str:
    """Starts a JVM as a run does and returns what it said."""
    command = [str(java_home() / "bin" / "java"), *class_data.options, *also, "-version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_second_jvm_maps_what_the_first_gathered(cache: Path) -> None:
    first = ClassData(java_home())
    assert any(option.startswith("-XX:ArchiveClassesAtExit=") for option in first.options)
    with first.gathering():
        start_java(first)
    base, top = names(cache)
    assert (base.endswith(".base.jsa"), top) == (True, base.replace(".base", ""))
    second = ClassData(java_home())
    assert second.options[0] == f"-XX:SharedArchiveFile={cache / base}:{cache / top}"
    with second.gathering():
        # With -Xshare:on a JVM that cannot map the archive does not start.
        assert "version" in start_java(second, "-Xshare:on")
    assert names(cache) == [base, top]


def test_a_jvm_that_ended_badly_leaves_nothing(cache: Path) -> None:
    class_data = ClassData(java_home())

    def fail() -> None:
        start_java(class_data)
        raise ValueError("ended badly")

    before = names(cache)
    with pytest.raises(ValueError, match="ended badly"), class_data.gathering():
        fail()
    assert names(cache) == before
    assert len(before) == 1


def test_without_a_cache_the_jvm_starts_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    class_data = ClassData(java_home())
    assert class_data.options == []
    with class_data.gathering():
        assert "version" in start_java(class_data)


def test_a_cache_whose_name_the_jvm_would_split_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a:b"))
    assert ClassData(java_home()).options == []
    assert not (tmp_path / "a:b").exists()


def test_a_java_that_makes_no_archive_starts_as_ever(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "java" / "bin").mkdir(parents=True)
    (tmp_path / "java" / "bin" / "java").symlink_to("/bin/false")
    assert ClassData(tmp_path / "java").options == []
    assert names(cache) == []
