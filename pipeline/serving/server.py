"""The endpoint's process: a socket, a model, uvicorn, and an orderly end."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path

from pipeline.schema.contract import Schema
from pipeline.serving.app import App
from pipeline.serving.http_server import Server
from pipeline.serving.listener import bind, url
from pipeline.serving.loading import load
from pipeline.serving.settings import Settings
from pipeline.serving.workers import Workers, exit_on_signal


def serve(
    model: Path,
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    schema: Schema | None = None,
    output: Sequence[str] | None = None,
    ignore_surplus: bool | None = None,
) -> int:
    """Serves a bundle, model archive or run folder until SIGTERM or SIGINT, then drains; returns the exit status.

    What is None is as the environment says, see Settings. `schema` overrides the archive's contract, `output` chooses
    what a prediction holds. Nothing listens before the model is loaded. Raises PipelineError for a model, a setting or
    a port that cannot be had.
    """
    settings = Settings.from_environment(
        os.environ,
        host=host,
        port=port,
        workers=workers,
        output=None if output is None else tuple(output),
        ignore_surplus=ignore_surplus,
    )
    listener = bind(
        settings.host,
        settings.port,
        named=f"port {settings.port} of {settings.host}",
        hint="choose another with --port or SAGEMAKER_BIND_TO_PORT, 0 for any that is free",
    )

    def announce() -> None:
        print(f"serving {model} on {url(*listener.getsockname()[:2])}", file=sys.stderr, flush=True)

    def work(ready: Callable[[], None]) -> None:
        with _HiddenPandas.installed():
            app = App(load(model, settings, schema), settings)
            # The model lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            Server(app, settings.timeout, ready, app.directs).run(sockets=[listener])

    if settings.workers > 1:
        return Workers(work).run(settings.workers, announce)
    exit_on_signal()
    work(announce)
    return 0


class _HiddenPandas(MetaPathFinder):
    """Keeps pandas out, which pyarrow imports with its first scalar: half a second of one request, and 50 MB."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("the endpoint does without pandas", name=fullname)

    @classmethod
    @contextmanager
    def installed(cls) -> Iterator[None]:
        finder = cls()
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
