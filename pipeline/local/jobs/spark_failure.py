"""What a failed Spark program is to be blamed for, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.processes import ProcessFailure

_OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
_RAISED = re.compile(r"[\w.]*(Error|Exception)(: |$)")
_FULL = re.compile(r"java\.io\.IOException: No space left on device|OSError: \[Errno 28\].*")
_SCHEME = re.compile(r'No FileSystem for scheme "(s3\w?)"|org\.apache\.hadoop\.fs\.s3a')


def spark_failure(failure: ProcessFailure) -> JobFailure:
    """The failure in the words of the error that the program ended with."""
    everything = "\n".join(failure.lines)
    if failure.was_killed and _OUT_OF_MEMORY not in everything:
        return JobFailure(failure.message, hint=failure.hint)
    said, hint = _said(failure.lines), None
    if _OUT_OF_MEMORY in everything:
        said, hint = "the JVM ran out of memory", "give the service more: SPARK_DRIVER_MEMORY=4g"
    elif full := _FULL.search(everything):
        said = full[0]
    elif _SCHEME.search(everything):
        hint = "Spark reads S3 here only by URIs that are arguments of the program, each as a whole, or by inputs"
    elif "/opt/ml/" in said:
        hint = "paths below /opt/ml are mapped where they are arguments of the program, not inside it"
    return JobFailure(f"AlgorithmError: exit code {failure.exit_code}: {said}", hint=hint)


def _said(lines: Sequence[str]) -> str:
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].startswith("error: ")), None)
    if start is not None:
        more = [line.strip() for line in lines[start + 1 : start + 2] if line.startswith("  hint: ")]
        return "; ".join([lines[start].removeprefix("error: "), *more])
    # What a Python traceback ends with says more than what a JVM says when it shuts down.
    raised = next((line for line in reversed(lines) if _RAISED.match(line)), None)
    return raised or "\n".join(lines[-20:]) or "it said nothing"
