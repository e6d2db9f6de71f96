"""`python -m pipeline.serving`: the endpoint as a program, for containers and for `inference-pipeline serve`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.schema import load_schema
from pipeline.serving.settings import PORTS, WORKERS, whole, words


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m pipeline.serving") -> int:
    """Serves until it is stopped; returns the exit status, 1 for a model or setting that cannot be used."""
    options = _parser(program).parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    if options.stop_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    # Imported late: asking for help, or a wrong option, needs none of it.
    from pipeline.serving.server import serve

    try:
        return serve(
            options.model,
            host=options.host,
            port=options.port,
            workers=options.workers,
            schema=load_schema(options.schema) if options.schema else None,
            output=options.output,
            ignore_surplus=options.ignore_surplus,
            metrics_port=options.metrics_port,
            access_log=options.access_log,
        )
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve a model: GET /ping, GET /execution-parameters, POST /invocations.",
        epilog="SageMaker's variables set what no option does: SAGEMAKER_BIND_TO_PORT, SAGEMAKER_MODEL_SERVER_WORKERS, "
        "SAGEMAKER_MODEL_SERVER_TIMEOUT, SAGEMAKER_MAX_PAYLOAD_IN_MB, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, "
        "SAGEMAKER_INFERENCE_OUTPUT and SAGEMAKER_SPARKML_SCHEMA. INFERENCE_PIPELINE_METRICS_PORT and "
        "INFERENCE_PIPELINE_ACCESS_LOG=1 stand for the options of these names.",
    )
    add = parser.add_argument
    add(
        "model",
        type=Path,
        nargs="?",
        default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")),
        help="a run folder, a model archive or a bundle (default: %(default)s)",
    )
    add("--host", help="the address to bind (default: 127.0.0.1; all where SAGEMAKER_BIND_TO_PORT is set)")
    add("--port", type=_bounded(*PORTS), help="the port, 0 for any that is free (default: 8080)")
    add("--workers", type=_bounded(*WORKERS), help="server processes (default: 1)")
    add("--schema", type=Path, metavar="FILE", help="a contract that overrides the model's own")
    add("--output", type=words, metavar="KEYS", help="what a prediction holds, by commas: predicted_label,probability")
    add("--ignore-surplus", action="store_true", default=None, help="leave out values that the contract does not know")
    add("--metrics-port", type=_bounded(*PORTS), help="where Prometheus finds metrics (default: nowhere)")
    add("--access-log", action="store_true", default=None, help="write a line of JSON for each invocation")
    add("--stop-with-stdin", action="store_true", help="end when standard input does, as when its other side is killed")
    return parser


def _end_with_stdin() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _bounded(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            return whole(text, low, high)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


if __name__ == "__main__":
    sys.exit(main())
