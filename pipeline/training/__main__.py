"""The training program: `python -m pipeline.training [--base-dir DIR]`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pipeline.errors import PipelineError
from pipeline.training.container import FAILURE_CHARACTERS, Container, reason_of, write_whole
from pipeline.training.hosts.company import company
from pipeline.training.job import prepare

_STOPPED = "stopped before the first round: there is no model"


def _end_now(_signal: int, _frame: FrameType | None) -> None:
    print(_STOPPED, file=sys.stderr)
    sys.exit(0)


def _train(container: Container) -> None:
    """Runs the job; SIGTERM ends it at once while data is read, and then after the current round."""
    signal.signal(signal.SIGTERM, _end_now)

    def end(reason: str | None) -> None:
        print(f"TrainingError: {reason}" if reason else _STOPPED, file=sys.stderr)
        leave(_failed(container, reason) if reason else 0)

    with company(*container.hosts(), end) as group:
        job = prepare(container.base, group)
        terminated = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: terminated.set())
        job.run(should_stop=terminated.is_set)


def _failed(container: Container, reason: str) -> int:
    write_whole(container.failure, reason[:FAILURE_CHARACTERS].encode())
    return 1


def leave(status: int) -> NoReturn:
    """Ends the process at once: where hosts have lost each other, XGBoost's own end would wait for them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(arguments: list[str] | None = None) -> int:
    """Runs one training job and returns its exit status: 0, or 1 with the reason on stderr and in `output/failure`."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.training", description="Trains XGBoost as SageMaker does."
    )
    parser.add_argument(
        "--base-dir",
        type=Path,
        default=Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")),
        help="the folder with input/, model/ and output/ (default: $SAGEMAKER_BASE_DIR, or /opt/ml)",
    )
    base = parser.parse_args(arguments).base_dir
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.captureWarnings(True)
    container = Container(base)
    container.failure.unlink(missing_ok=True)
    try:
        _train(container)
    except PipelineError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        reason = reason_of(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the job's owner reads it in FailureReason
        traceback.print_exc()
        reason = reason_of(error)
    else:
        return 0
    return _failed(container, reason)


if __name__ == "__main__":
    leave(main())
