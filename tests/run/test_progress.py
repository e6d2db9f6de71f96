"""What a person sees of a run: spinner and lines on a terminal, lines alone elsewhere; what is kept of jobs' lines."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.errors import StepError
from pipeline.run.job_logs import JobLogs
from pipeline.run.job_progress import JobProgress
from pipeline.run.progress import Progress

LONG = "[0] train-rmse:3 " + "x" * 200
# What rich would take for markup and for an emoji, and a job says as it is.
ODD = "[bold]is :key: no markup[/]"

ERASED = "\r\x1b[2K"


def elsewhere() -> Console:
    return Console(file=io.StringIO())


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, _environ={"TERM": "xterm"})


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_step_is_one_line_at_its_end_and_its_news_are_a_terminals() -> None:
    console, screen = elsewhere(), terminal()
    for progress in (Progress(console), Progress(screen)):
        with progress.step("etl", "Spark ETL") as step:
            progress.news("writing the bundle ...")
            step.detail = f"[10] rows, {LONG}"
        assert [(one.name, one.status) for one in progress.steps] == [("etl", "done")]
    said = shown(console)
    assert said.startswith("✓ Spark ETL ")
    assert said.endswith(f" s  [10] rows, {LONG}\n")
    assert said.count("\n") == 1
    assert "writing the bundle ..." in shown(screen)


def test_a_step_that_fails_is_recorded_and_not_ticked() -> None:
    console = elsewhere()
    progress = Progress(console)
    with pytest.raises(ValueError, match="no"), progress.step("etl", "Spark ETL"):
        raise ValueError("no")
    assert [step.record()["status"] for step in progress.steps] == ["failed"]
    assert shown(console) == ""


def test_lines_stay_whole_and_as_they_are() -> None:
    console = elsewhere()
    progress = Progress(console)
    with progress.step("train", "Training"):
        for line in (LONG, ODD, ""):
            progress.line("a-job", line)
            assert shown(console).endswith(f"  a-job | {line}\n")
        progress.line("a-job", "two\nlines")
        assert shown(console).endswith("  a-job | two\n  a-job | lines\n")
    assert shown(console).count("\n") == 6


def test_jobs_lines_come_as_they_are_said_and_are_kept_by_job(tmp_path: Path) -> None:
    console = elsewhere()
    (tmp_path / "one.log").write_text("of an earlier run\n", encoding="utf-8")
    progress = JobProgress(console, logs=JobLogs(tmp_path))
    with progress.step("tuning", "HyperParameterTuningJob"):
        progress.news("InProgress")
        assert shown(console) == "  HyperParameterTuningJob: InProgress\n"
        progress.line("one", "first")
        # What is kept is there at once, for who looks.
        assert (tmp_path / "one.log").read_text(encoding="utf-8") == "first\n"
        progress.line("two", ODD)
        progress.line("one", LONG)
    lines = shown(console).splitlines()
    assert lines[1:-1] == ["  one | first", f"  two | {ODD}", f"  one | {LONG}"]
    assert lines[-1].startswith("✓ HyperParameterTuningJob")
    kept = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert kept == {"one.log": f"first\n{LONG}\n", "two.log": f"{ODD}\n"}


def test_on_a_terminal_lines_stand_above_the_spinner(tmp_path: Path) -> None:
    console = terminal()
    progress = JobProgress(console, logs=JobLogs(tmp_path))
    with progress.step("training", "TrainingJob"):
        progress.news("InProgress")
        progress.line("a-job", "first")
        progress.line("a-job", "second")
        said = shown(console)
    # Behind a line the spinner, which is erased for the next line.
    _, _, behind = said.partition(" | first\n")
    spinner, _, behind = behind.partition(ERASED)
    assert "TrainingJob: InProgress" in spinner
    assert "\n" not in spinner
    assert " | second\n" in behind


def test_a_failure_says_where_the_lines_of_its_jobs_are(tmp_path: Path) -> None:
    progress = JobProgress(elsewhere(), logs=JobLogs(tmp_path))
    with progress.step("processing", "ProcessingJob"):
        progress.line("etl", "all is well")

    def fail(jobs: tuple[str, ...], hint: str | None) -> None:
        with progress.step("training", "TrainingJob"):
            for job in jobs:
                progress.line(job, "why")
            raise StepError("training", "it failed", hint=hint)

    def hint_of(*jobs: str, hint: str | None = None) -> str | None:
        with pytest.raises(StepError) as caught:
            fail(jobs, hint)
        return caught.value.hint

    assert hint_of(hint="its log: there") == "its log: there"
    assert hint_of("train", hint="its log: there") == f"its log: there; what was said is kept in {tmp_path}/train.log"
    assert hint_of("one", "two") == f"what was said is kept in {tmp_path}"


def test_a_line_that_cannot_be_kept_is_shown_all_the_same(tmp_path: Path) -> None:
    console = elsewhere()
    progress = JobProgress(console, logs=JobLogs(tmp_path / "gone"))
    with progress.step("training", "TrainingJob"):
        progress.line("train", "first")
    assert "  train | first\n" in shown(console)
