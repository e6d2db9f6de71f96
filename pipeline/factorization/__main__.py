"""The training program: `python -m pipeline.factorization [--base-dir DIR]`."""

from __future__ import annotations

import signal
import sys
import threading

from pipeline.factorization.job import FactorizationContainer, run_job
from pipeline.training.program import base_folder, report


def main(arguments: list[str] | None = None) -> int:
    """Runs one training job and returns its exit status: 0, or 1 with the reason on stderr and in `output/failure`.

    SIGTERM ends it after the current batch, with the model of what has been learned until then.
    """
    base = base_folder(arguments, "pipeline.factorization", "Trains factorization machines as SageMaker does.")
    failure = FactorizationContainer(base).failure
    failure.unlink(missing_ok=True)
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    try:
        run_job(base, should_stop=terminated.is_set)
    except Exception as error:  # noqa: BLE001 - whatever it is, the job's owner reads it in FailureReason
        return report(error, failure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
