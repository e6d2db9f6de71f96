"""`python -m pipeline.services FILE SERVICE`: one service of a file in the foreground, for `up` and for containers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ConfigError, PipelineError, RequirementError
from pipeline.services.state import Running, ServiceState


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is stopped; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.services", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("service")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=None)
    parser.add_argument("--state", type=Path, help="where `up` and `down` look for it")
    parser.add_argument("--made-of", default="")
    options = parser.parse_args(arguments)
    try:
        return _serve(options)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _serve(options: argparse.Namespace) -> int:
    from pipeline.config import load_task_file
    from pipeline.services.serve import serve
    from pipeline.services.surroundings import surroundings

    state = ServiceState(options.state, options.service) if options.state else None
    held = state.hold() if state is not None else None
    if state is not None and held is None:
        raise RequirementError(f"service {options.service} runs already")
    file = load_task_file(options.file)
    service = file.services.get(options.service)
    if service is None:
        raise ConfigError(
            f"{options.file} has no service {options.service!r}", hint=f"services: {', '.join(file.services)}"
        )
    os.environ.update(surroundings(file, service))

    def ready(url: str) -> None:
        print(f"serving {options.service} of {options.file} on {url}", file=sys.stderr, flush=True)
        if state is not None:
            state.note(Running(os.getpid(), url, options.made_of))

    port = options.port if options.port is not None else service.port or 0
    return serve(file.images[service.image], service, host=options.host, port=port, ready=ready)


if __name__ == "__main__":
    sys.exit(main())
