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
from pipeline.serving.access_log import Logged
from pipeline.serving.app import App
from pipeline.serving.asgi import Application
from pipeline.serving.http_server import Server
from pipeline.serving.known_heads import Directs
from pipeline.serving.listener import bind, url
from pipeline.serving.loading import load
from pipeline.serving.metrics import Counted, Counts, publish
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
    metrics_port: int | None = None,
    access_log: bool | None = None,
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
        metrics_port=metrics_port,
        access_log=access_log,
    )
    listener = bind(
        settings.host,
        settings.port,
        named=f"port {settings.port} of {settings.host}",
        hint="choose another with --port or SAGEMAKER_BIND_TO_PORT, 0 for any that is free",
    )

    counts = _published(settings)

    def announce() -> None:
        print(f"serving {model} on {url(*listener.getsockname()[:2])}", file=sys.stderr, flush=True)

    def work(ready: Callable[[], None]) -> None:
        with _HiddenPandas.installed():
            app = App(load(model, settings, schema), settings)
            observed, directs = _observed(app, counts, settings)
            # The model lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            Server(observed, settings.timeout, ready, directs).run(sockets=[listener])

    if settings.workers > 1:
        return Workers(work).run(settings.workers, announce)
    exit_on_signal()
    work(announce)
    return 0


def _observed(app: App, counts: Counts | None, settings: Settings) -> tuple[Application, Directs | None]:
    """The application as it is asked, and what is answered without it."""
    if settings.access_log:
        # Each request has a line, and most an id of their own.
        logged = Logged(app)
        return (logged if counts is None else Counted(logged, app.directs, counts)), None
    if counts is None:
        return app, app.directs
    counted = Counted(app, app.directs, counts)
    return counted, counted.directs


def _published(settings: Settings) -> Counts | None:
    """What invocations are counted in, told on the metrics' port; None where there is no such port."""
    if settings.metrics_port is None:
        return None
    named, hint = f"port {settings.metrics_port} for metrics", "choose another with --metrics-port"
    listener = bind(settings.host, settings.metrics_port, named=named, hint=hint)
    print(f"metrics on {url(*listener.getsockname()[:2])}/metrics", file=sys.stderr, flush=True)
    counts = Counts()
    publish(counts, listener)
    return counts


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
