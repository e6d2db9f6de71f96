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

from pipeline.errors import PipelineError
from pipeline.training.container import FAILURE_CHARACTERS, Container, write_whole
from pipeline.training.job import prepare


def _end_now(_signal: int, _frame: FrameType | None) -> None:
    print("stopped before the first round: there is no model", file=sys.stderr)
    sys.exit(0)


def _train(base: Path) -> None:
    """Runs the job; SIGTERM ends it at once while data is read, and then after the current round."""
    signal.signal(signal.SIGTERM, _end_now)
    job = prepare(base)
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    job.run(should_stop=terminated.is_set)


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
        _train(base)
    except PipelineError as error:
        reason = str(error)
        print(f"{error.code}: {reason}", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - whatever it is, the job's owner reads it in FailureReason
        reason = f"{type(error).__name__}: {error}"
        traceback.print_exc()
    else:
        return 0
    write_whole(container.failure, reason[:FAILURE_CHARACTERS].encode())
    return 1


if __name__ == "__main__":
    sys.exit(main())
