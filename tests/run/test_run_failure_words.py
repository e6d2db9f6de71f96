"""What a run says of a job that failed: its program's own words, or the service's."""

from __future__ import annotations

import pytest

from pipeline.errors import StepError
from pipeline.run.failure import explained

LOST = StepError("processing", "DescribeProcessingJob: no answer", hint="its log: /aws/x")


def said(reason: str | None, *lines: str) -> tuple[str, str | None]:
    error = explained("etl", LOST, reason, lines)
    assert error.step == "etl"
    return error.message, error.hint


def test_an_error_on_purpose_is_passed_on_with_its_hint() -> None:
    lines = ("WARN noise", "error: rows.csv, row 7: bad", "  hint: mend it", "late noise")
    assert said("AlgorithmError: exit code 1: rows.csv", *lines) == ("step etl: rows.csv, row 7: bad", "mend it")


@pytest.mark.parametrize("after", [(), ("Shutdown hook called",)])
def test_an_error_may_have_no_hint(after: tuple[str, ...]) -> None:
    assert said("AlgorithmError: exit code 1: x", "error: first", "error: bad", *after) == ("step etl: bad", None)


def test_a_jvm_out_of_memory_says_what_gives_it_more() -> None:
    message, hint = said(
        "AlgorithmError: exit code 1: the JVM ran out of memory", "java.lang.OutOfMemoryError: Java heap space"
    )
    assert message == "step etl: the JVM ran out of memory"
    assert hint is not None
    assert "SPARK_DRIVER_MEMORY" in hint


@pytest.mark.parametrize("status", ["1", "-9"])
def test_a_program_that_ended_unforeseen_is_to_be_reported(status: str) -> None:
    message, hint = said(f"AlgorithmError: exit code {status}: KeyError: 'key'", "Traceback (most recent call last):")
    assert message == f"step etl: the program ended with status {status}: KeyError: 'key'"
    assert hint == "this is unforeseen: please report it"


def test_a_training_programs_reason_keeps_its_hint() -> None:
    reason = "AlgorithmError: channel train is empty\n  hint: are there rows?"
    assert said(reason) == ("step etl: channel train is empty", "are there rows?")


def test_without_a_reason_it_is_the_failure_itself() -> None:
    assert said(None, "noise") == ("step etl: DescribeProcessingJob: no answer", "its log: /aws/x")
