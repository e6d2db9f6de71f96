"""One endpoint: what serves it now, and its changes, one after the other."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import PipelineError
from pipeline.local.endpoints.deployment import Deployer, end
from pipeline.local.endpoints.serving import Config, Serving
from pipeline.local.endpoints.variant import Variant
from pipeline.local.errors import reason

Models = Mapping[str, Mapping[str, Any]]


class OnChange(Protocol):
    """Told of every change of an endpoint's status.

    `status` is InService, Failed, RollingBack or Deleted, `config` the name of the endpoint config that serves now,
    `reason` the FailureReason of what went wrong. Called from threads, one call after the other for each endpoint.
    """

    def __call__(self, name: str, status: str, *, config: str | None, reason: str | None) -> None: ...


class Endpoint:
    """An endpoint of a name; every change is a thread's, and `serving` the one reference that requests read."""

    def __init__(self, name: str, folder: Path, deployer: Deployer, on_change: OnChange, drain_seconds: float) -> None:
        self.name = name
        self.serving: Serving | None = None
        self._folder, self._deployer, self._on_change = folder, deployer, on_change
        self._drain_seconds = drain_seconds
        self._deployments = 0
        self._cancelled = threading.Event()
        self._changing = threading.Lock()

    def create(self, config: Config, models: Models) -> None:
        """Then InService, or Failed."""
        self._begin(lambda: self._create(config, models))

    def update(self, config: Config, models: Models) -> None:
        """Then InService, or RollingBack and InService as it was."""
        self._begin(lambda: self._update(config, models))

    def set_weights(self, desired: Sequence[Mapping[str, Any]]) -> None:
        """Then InService, with a reason where instances did not come up."""
        self._begin(lambda: self._set_weights(desired))

    def delete(self, done: Callable[[], None]) -> None:
        """Gives up what is being done, then Deleted."""
        self._cancelled.set()
        self._begin(lambda: self._delete(done))

    def stop(self) -> None:
        """Ends its processes without a word; blocks."""
        self._cancelled.set()
        with self._changing:
            self._end()

    def _begin(self, change: Callable[[], None]) -> None:
        def work() -> None:
            with self._changing:
                change()

        threading.Thread(target=work, name=f"endpoint {self.name}", daemon=True).start()

    def _create(self, config: Config, models: Models) -> None:
        try:
            self.serving = self._deploy(config, models)
        except Exception as error:  # noqa: BLE001 - whatever it is, the endpoint has failed and says so
            self._tell("Failed", error)
        else:
            self._tell("InService")

    def _update(self, config: Config, models: Models) -> None:
        old = self.serving
        try:
            new = self._deploy(config, models)
        except Exception as error:  # noqa: BLE001 - whatever it is, the old processes go on serving
            self._tell("RollingBack", error)
            self._tell("InService", error)
            return
        self.serving = new
        if old is not None:
            old.end(self._drain_seconds)
        self._tell("InService")

    def _set_weights(self, desired: Sequence[Mapping[str, Any]]) -> None:
        try:
            for variant in self._asked(desired):
                if variant.desired_count != len(variant.instances):
                    self._resize(variant, variant.desired_count)
                variant.weight = variant.desired_weight
        except Exception as error:  # noqa: BLE001 - whatever it is, the instances that serve go on
            self._tell("InService", error)
        else:
            self._tell("InService")

    def _asked(self, desired: Sequence[Mapping[str, Any]]) -> list[Variant]:
        """The variants that are to change, which show from now on what they are to be."""
        if self.serving is None:
            return []
        asked = [(self.serving.fleet.named(entry["VariantName"]), entry) for entry in desired]
        for variant, entry in asked:
            variant.desired_weight = float(entry.get("DesiredWeight", variant.weight))
            variant.desired_count = int(entry.get("DesiredInstanceCount", len(variant.instances)))
        return [variant for variant, _ in asked]

    def _resize(self, variant: Variant, count: int) -> None:
        surplus = variant.instances[count:]
        started = self._deployer.grow(self.name, variant, count - len(variant.instances))
        try:
            self._deployer.wait(variant, started, self._cancelled)
        except BaseException:
            variant.desired_count = len(variant.instances)
            end(started)
            raise
        variant.instances = [*variant.instances[:count], *started]
        for instance in surplus:
            instance.drain(self._drain_seconds)
        end(surplus)

    def _delete(self, done: Callable[[], None]) -> None:
        self._end()
        done()
        self._on_change(self.name, "Deleted", config=None, reason=None)

    def _end(self) -> None:
        serving, self.serving = self.serving, None
        if serving is not None:
            serving.end(self._drain_seconds)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _deploy(self, config: Config, models: Models) -> Serving:
        self._deployments += 1
        folder = self._folder / str(self._deployments)
        try:
            fleet = self._deployer.deploy(self.name, config, models, folder, self._cancelled)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Serving.of(config, fleet, self.name, self._deployer, folder)

    def _tell(self, status: str, error: Exception | None = None) -> None:
        if self._cancelled.is_set():
            return
        config = None if self.serving is None else str(self.serving.config["EndpointConfigName"])
        self._on_change(self.name, status, config=config, reason=None if error is None else _reason(error))


def _reason(error: Exception) -> str:
    if not isinstance(error, PipelineError):
        return reason(f"InternalServerError: {type(error).__name__}: {error}")
    return reason(error.message, error.hint)
