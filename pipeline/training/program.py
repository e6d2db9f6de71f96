"""What SageMaker's training programs have in common: their one argument, their log, how they fail."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.training.container import FAILURE_CHARACTERS, reason_of, write_whole


def base_folder(arguments: list[str] | None, program: str, description: str) -> Path:
    """The folder with input/, model/ and output/; the log goes to stderr from now on."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument(
        "--base-dir",
        type=Path,
        default=Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")),
        help="the folder with input/, model/ and output/ (default: $SAGEMAKER_BASE_DIR, or /opt/ml)",
    )
    base: Path = parser.parse_args(arguments).base_dir
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    return base


def report(error: Exception, failure: Path) -> int:
    """Says why a job fails, on stderr and in its file `failure`; returns the program's exit status."""
    if isinstance(error, PipelineError):
        print(f"{error.code}: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)
    return failed(failure, reason_of(error))


def failed(failure: Path, reason: str) -> int:
    """Writes the reason where SageMaker looks for it; returns the program's exit status."""
    write_whole(failure, reason[:FAILURE_CHARACTERS].encode())
    return 1
