"""The training program: `python -m pipeline.training [--base-dir DIR]`."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from pipeline.training.container import Container
from pipeline.training.hosts.company import company
from pipeline.training.job import prepare
from pipeline.training.program import base_folder, failed, report

_STOPPED = "stopped before the first round: there is no model"


def _end_now(_signal: int, _frame: FrameType | None) -> None:
    print(_STOPPED, file=sys.stderr)
    sys.exit(0)


def _train(container: Container) -> None:
    """Runs the job; SIGTERM ends it at once while data is read, and then after the current round."""
    signal.signal(signal.SIGTERM, _end_now)

    def end(reason: str | None) -> None:
        print(f"TrainingError: {reason}" if reason else _STOPPED, file=sys.stderr)
        leave(failed(container.failure, reason) if reason else 0)

    with company(*container.hosts(), end) as group:
        job = prepare(container.base, group)
        terminated = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: terminated.set())
        job.run(should_stop=terminated.is_set)


def leave(status: int) -> NoReturn:
    """Ends the process at once: where hosts have lost each other, XGBoost's own end would wait for them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(arguments: list[str] | None = None) -> int:
    """Runs one training job and returns its exit status: 0, or 1 with the reason on stderr and in `output/failure`."""
    base = base_folder(arguments, "pipeline.training", "Trains XGBoost as SageMaker does.")
    logging.captureWarnings(True)
    container = Container(base)
    container.failure.unlink(missing_ok=True)
    try:
        _train(container)
    except Exception as error:  # noqa: BLE001 - whatever it is, the job's owner reads it in FailureReason
        return report(error, container.failure)
    return 0


if __name__ == "__main__":
    # XGBoost imports scikit-learn for wrappers that no job uses; that takes four times as long as all else.
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    leave(main())
