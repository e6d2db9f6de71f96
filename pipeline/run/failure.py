"""Why a job of a run failed, in the words of its program."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import StepError
from pipeline.local.jobs.spark_failure import OUT_OF_MEMORY, refusal

# What the service puts before a program's reason.
_ORIGIN = re.compile(r"(AlgorithmError|ClientError|CustomerError|InternalServerError): (exit code -?\d+: )?")


def explained(step: str, error: StepError, reason: str | None, lines: Sequence[str]) -> StepError:
    """The failure of a step: what the program refused on purpose, with its hint, else the service's reason.

    `lines` are the last that the program said; `error` is the failure where the service gives no reason.
    """
    refused = refusal(lines)
    if refused is not None:
        message, hint = refused
        return StepError(step, message, hint=hint)
    if OUT_OF_MEMORY in "\n".join(lines):
        return StepError(step, "the JVM ran out of memory", hint="give it more: SPARK_DRIVER_MEMORY=4g")
    if reason is None:
        return StepError(step, error.message.removeprefix(f"step {error.step}: "), hint=error.hint)
    return _told(step, reason)


def _told(step: str, reason: str) -> StepError:
    origin = _ORIGIN.match(reason)
    said, status = (reason[origin.end() :], origin[2]) if origin is not None else (reason, None)
    if status is not None:
        code = status.removeprefix("exit code ").removesuffix(": ")
        said = f"the program ended with status {code}: {said}"
        return StepError(step, said, hint="this is unforeseen: please report it")
    said, _, hint = said.partition("\n  hint: ")
    return StepError(step, said, hint=hint or None)
