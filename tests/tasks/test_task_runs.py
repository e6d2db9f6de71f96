"""Tasks run in order as processes: what they get, what is kept, how a failure is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from pipeline.config import load_task_file
from pipeline.errors import ConfigError, RequirementError, StepError
from pipeline.tasks.mounts import moved
from pipeline.tasks.run import run_tasks

PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


def write(folder: Path, *tasks: dict[str, Any], **pipeline: Any) -> Path:
    (folder / "src").mkdir(exist_ok=True)
    document = {
        "name": "trial",
        "images": {"code": {"source": "src"}},
        "volumes": {"store": {"folder": "store"}},
        "pipelines": {"main": {**pipeline, "tasks": [{"image": "code", **task} for task in tasks]}},
    }
    file = folder / "tasks.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def run(file: Path, **options: Any) -> Path:
    return run_tasks(load_task_file(file), file, output=file.parent / "run", console=Console(quiet=True), **options)


def record(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((file.parent / "run" / "run.json").read_text())
    return found


def test_a_task_runs_in_its_image_s_folder_with_its_variables(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), sys.executable, *(os.environ[n] for n in ('A', 'B', 'STORE', 'SET')))"
    file = write(
        tmp_path,
        {
            "name": "told",
            "cmd": f"SET=shell python -c \"{code}\" /mnt/store/x && echo '{{{{ ds }}}}' > /mnt/store/x",
            "env": {"A": 3, "B": True, "STORE": "/mnt/store:/mnt/stored"},
            "mounts": {"store": "/mnt/store"},
        },
    )
    folder = run(file)
    said = (folder / "logs" / "main" / "told.log").read_text().split()
    store = tmp_path / "store"
    assert said[0] == str(tmp_path / "src")
    # The interpreter of this environment, by whatever name it is in its folder.
    assert Path(said[1]).parent == Path(sys.executable).parent
    assert said[2:] == ["3", "true", f"{store}:/mnt/stored", "shell"]
    assert (store / "x").read_text() == "{{ ds }}\n"


def test_tasks_run_one_after_the_other_and_nothing_after_a_failure(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        {"name": "a", "cmd": "echo a >> ../order"},
        {"name": "b", "cmd": "echo b >> ../order; for n in 1 2 3; do echo line $n; done; echo why >&2; exit 3"},
        {"name": "c", "cmd": "echo c >> ../order"},
    )
    with pytest.raises(StepError) as caught:
        run(file)
    log = tmp_path / "run" / "logs" / "main" / "b.log"
    assert str(caught.value).startswith("step b: ")
    assert "ended with status 3\n  | line 1\n  | line 2\n  | line 3\n  | why\n" in str(caught.value)
    assert str(log) in str(caught.value)
    assert log.read_text() == "line 1\nline 2\nline 3\nwhy\n"
    assert (tmp_path / "order").read_text() == "a\nb\n"
    assert record(file)["status"] == "failed"
    assert [(task["task"], task["status"]) for task in record(file)["tasks"]] == [("a", "completed"), ("b", "failed")]
    write(tmp_path, {"name": "a", "cmd": "true"})
    run(file)
    assert record(file)["status"] == "completed"
    assert not log.exists()


def test_a_program_that_a_signal_ends_is_told_apart(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "kill -KILL $$"})
    with pytest.raises(StepError, match="was killed by SIGKILL"):
        run(file)


def test_instances_run_at_once(tmp_path: Path) -> None:
    # Each waits for the other one's file.
    cmd = "touch ../i$TASK_INSTANCE; until [ -e ../i0 ] && [ -e ../i1 ]; do sleep 0.05; done; echo of $TASK_INSTANCES"
    file = write(tmp_path, {"name": "both", "cmd": cmd, "instances": 2})
    folder = run(file)
    assert [(folder / "logs" / "main" / f"both-{at}.log").read_text() for at in range(2)] == ["of 2\n"] * 2


def test_one_instance_that_fails_ends_the_others(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "both", "cmd": "[ $TASK_INSTANCE = 1 ] && exit 4; exec sleep 3600", "instances": 2})
    with pytest.raises(StepError, match=r"step both-1: .*status 4"):
        run(file)


@pytest.mark.parametrize("place", ["pipeline", "task"])
def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path, place: str) -> None:
    limit = {"timeout_minutes": 0.01}
    # The child does not end by SIGTERM.
    task = {"name": "slow", "cmd": "sh -c \"trap '' TERM; echo \\$\\$ > ../child; exec sleep 3600\" & echo begun; wait"}
    file = write(tmp_path, {**task, **(limit if place == "task" else {})}, **(limit if place == "pipeline" else {}))
    with pytest.raises(StepError, match="did not end in its time"):
        run(file)
    assert not _lives(int((tmp_path / "child").read_text()))


def _lives(pid: int) -> bool:
    """Whether a process is there and no zombie; one that was killed takes a moment to go."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return False
        except (ProcessLookupError, FileNotFoundError):
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no-such-package-xyz", "line 2: no-such-package-xyz is not installed here"),
        ("numpy>=99", "line 2: numpy>=99 is asked for, "),
        ("!!", "line 2: '!!' is no requirement"),
    ],
)
def test_packages_that_are_missing_are_said_before_the_first_task(tmp_path: Path, line: str, said: str) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "touch ../ran"})
    (tmp_path / "src" / "requirements.txt").write_text(f"numpy>=1\n{line}\n")
    with pytest.raises(RequirementError) as caught:
        run(file)
    assert said in str(caught.value)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "run").exists()


def test_packages_that_are_here_are_enough(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "true"})
    lines = ["numpy", "PyYAML>=6  # yes", "# no", "", "-r other.txt", "colorama; sys_platform == 'win32'"]
    (tmp_path / "src" / "requirements.txt").write_text("\n".join(lines))
    run(file)


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "true"})
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").touch()
    with pytest.raises(ConfigError, match="is there and is not a run"):
        run(file)
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["mine"]


def test_a_source_that_is_not_there_and_a_pipeline_of_another_name(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "true"})
    with pytest.raises(ConfigError, match="has no pipeline 'other'"):
        run(file, only="other")
    (tmp_path / "src").rmdir()
    with pytest.raises(ConfigError, match=r"images.code.source: there is no folder"):
        run(file)


def test_the_command_shows_lines_as_they_come_and_ends_with_status_1(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "echo accuracy 0.97"}, {"name": "b", "cmd": "exit 9"})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", str(file), "--output", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "a | accuracy 0.97" in done.stderr
    assert "error: step b: 'exit 9' ended with status 9" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_option_of_other_files_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "cmd": "true"})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", str(file), "--input", "rows.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "--input has no meaning for" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mnt/a", "X"),
        ("/mnt/a/b", "X/b"),
        ("--to=/mnt/a,/mnt/a/", "--to=X,X/"),
        ("/mnt/ab /mnt/a-b x/mnt/a ./mnt/a /mnt/a.b", "/mnt/ab /mnt/a-b x/mnt/a ./mnt/a /mnt/a.b"),
        ("/mnt/a/c/d", "Y/d"),
        ("'/mnt/a'", "'X'"),
    ],
)
def test_a_path_is_moved_where_it_is_one(text: str, expected: str) -> None:
    assert moved(text, {"/mnt/a": "X", "/mnt/a/c": "Y"}) == expected
