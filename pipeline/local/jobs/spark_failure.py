"""What a failed Spark program is to be blamed for, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.processes import ProcessFailure

OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
_RAISED = re.compile(r"[\w.]*(Error|Exception)(: |$)")
_FULL = re.compile(r"java\.io\.IOException: No space left on device|OSError: \[Errno 28\].*")
_SCHEME = re.compile(r'No FileSystem for scheme "(s3\w?)"|org\.apache\.hadoop\.fs\.s3a')


def spark_failure(failure: ProcessFailure) -> JobFailure:
    """The failure in the words of the error that the program ended with."""
    everything = "\n".join(failure.lines)
    if failure.was_killed and OUT_OF_MEMORY not in everything:
        return JobFailure(failure.message, hint=failure.hint)
    said, hint = _said(failure.lines), None
    if OUT_OF_MEMORY in everything:
        said, hint = "the JVM ran out of memory", "give the service more: SPARK_DRIVER_MEMORY=4g"
    elif full := _FULL.search(everything):
        said = full[0]
    elif _SCHEME.search(everything):
        hint = "Spark reads S3 here only by URIs that are arguments of the program, each as a whole, or by inputs"
    elif "/opt/ml/" in said:
        hint = "paths below /opt/ml are mapped where they are arguments of the program, not inside it"
    return JobFailure(f"AlgorithmError: exit code {failure.exit_code}: {said}", hint=hint)


def refusal(lines: Sequence[str]) -> tuple[str, str | None] | None:
    """What a program of ours has refused on purpose, the last time, and its hint; None where it has not."""
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].startswith("error: ")), None)
    if start is None:
        return None
    after = lines[start + 1].strip() if len(lines) > start + 1 else ""
    return lines[start].removeprefix("error: "), after.removeprefix("hint: ") if after.startswith("hint: ") else None


def _said(lines: Sequence[str]) -> str:
    found = refusal(lines)
    if found is not None:
        message, hint = found
        return message if hint is None else f"{message}; hint: {hint}"
    # What a Python traceback ends with says more than what a JVM says when it shuts down.
    raised = next((line for line in reversed(lines) if _RAISED.match(line)), None)
    return raised or "\n".join(lines[-20:]) or "it said nothing"
