"""Endpoints that really serve: created, updated without a dropped request, invoked, deleted."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.local.endpoints.deployment import Deployer
from pipeline.local.endpoints.endpoint import Endpoint, Models, OnChange
from pipeline.local.endpoints.invocation import Invocation
from pipeline.local.endpoints.replies import Errors
from pipeline.local.endpoints.serving import Config, hosts_components
from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.local.images import Images
from pipeline.local.objects import Objects
from pipeline.local.wire import Reply

MIB = 1 << 20
# InvokeEndpoint's own limits.
MAX_PAYLOAD, TIMEOUT = 6 * MIB, 60.0
_FLUSH_SECONDS = 3.0


class Endpoints:
    """Endpoints by name, each a fleet of serving processes.

    What is slow and rare, starting, watching and ending processes, is done by threads: create, update, set_weights and
    delete return at once and tell `on_change` how it went. What must be fast, an invocation, is an event loop's: it
    reads one reference to a fleet, takes a kept connection and waits on nothing but the containers. The two meet in
    that reference alone, so that an update is one assignment, and a request sees the old fleet or the new one.
    """

    def __init__(
        self,
        objects: Objects,
        folder: Path,
        *,
        environment: Mapping[str, str],
        log: Callable[[str, str, str], None],
        on_change: OnChange,
        images: Images | None = None,
        errors: Errors | None = None,
        max_payload: int = MAX_PAYLOAD,
        timeout: float = TIMEOUT,
    ) -> None:
        """`environment` is the base of the processes' variables, `log` gets (endpoint, log stream, line).

        `errors` are the runtime's words, those for endpoints unless told otherwise. `max_payload` is the largest
        request in bytes, `timeout` the seconds that a model has for its answer.
        """
        self._folder, self._on_change = folder, on_change
        self._errors = errors or Errors()
        self._max_payload, self._timeout = max_payload, timeout
        # Containers know SageMaker's limit themselves.
        settings = {"SAGEMAKER_MAX_PAYLOAD_IN_MB": str(-(-max_payload // MIB))} if max_payload > MAX_PAYLOAD else {}
        self._deployer = Deployer(objects, images or Images(), environment, settings, log)
        self._endpoints: dict[str, Endpoint] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._flusher = threading.Thread(target=self._flush_regularly, name="data capture", daemon=True)
        self._flusher.start()

    def create(self, name: str, config: Config, models: Models) -> None:
        """Serves an endpoint; `config` is CreateEndpointConfig's request, `models` has CreateModel's by name.

        Then InService, or Failed with a reason.
        """
        with self._lock:
            if name in self._endpoints:
                raise ResourceInUse(f"endpoint {name} is there already")
            folder = self._folder / name
            endpoint = Endpoint(name, folder, self._deployer, self._on_change, self._timeout)
            self._endpoints[name] = endpoint
        endpoint.create(config, models)

    def update(self, name: str, config: Config, models: Models) -> None:
        """Serves another config: new processes first, then the switch, then the old ones' requests are let end.

        Where the new ones do not become healthy: RollingBack, and InService as it was, with the reason.
        """
        self._get(name).update(config, models)

    def set_weights(self, name: str, desired: Sequence[Mapping[str, Any]]) -> None:
        """UpdateEndpointWeightsAndCapacities' DesiredWeightsAndCapacities. Then InService.

        Raises ValidationException for a variant that is not there.
        """
        endpoint = self._get(name)
        if (serving := endpoint.serving) is not None:
            try:
                for entry in desired:
                    serving.fleet.named(entry["VariantName"])
            except LookupError as error:
                raise ValidationException(str(error)) from error
        endpoint.set_weights(desired)

    def delete(self, name: str) -> None:
        """Ends an endpoint when its requests are answered, also one that is being created. Then Deleted."""
        self._get(name).delete(lambda: self._forget(name))

    def variants(self, name: str) -> list[dict[str, Any]]:
        """DescribeEndpoint's ProductionVariants; none while nothing serves."""
        serving = self._get(name).serving
        return [] if serving is None else [variant.describe() for variant in serving.fleet.variants]

    def hosts_components(self, name: str) -> bool:
        """Whether an endpoint serves, and its config leaves the models to inference components."""
        endpoint = self._endpoints.get(name)
        return endpoint is not None and endpoint.serving is not None and hosts_components(endpoint.serving.config)

    async def invoke(self, name: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """InvokeEndpoint: the runtime's answer, also where it is an error. Header names are in lower case.

        The containers' keep-alive connections belong to the event loop that calls; use one.
        """
        if len(body) > self._max_payload:
            return self._errors.too_large(self._max_payload)
        invocation = Invocation(name, body, headers, self._errors, self._timeout)
        while True:
            endpoint = self._endpoints.get(name)
            serving = endpoint.serving if endpoint is not None else None
            if serving is None:
                return self._errors.not_found(name)
            reply = await invocation.answer(serving.fleet, serving.capture)
            if reply is not None:
                return reply

    def stop(self) -> None:
        """Ends all processes, and writes what data capture still holds. The endpoints' status is not changed."""
        self._stopped.set()
        self._flusher.join()
        with self._lock:
            endpoints = list(self._endpoints.values())
            self._endpoints.clear()
        if endpoints:
            with ThreadPoolExecutor(len(endpoints)) as pool:
                list(pool.map(Endpoint.stop, endpoints))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _get(self, name: str) -> Endpoint:
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise ValidationException(f'Could not find endpoint "{name}".')
        return endpoint

    def _forget(self, name: str) -> None:
        with self._lock:
            self._endpoints.pop(name, None)

    def _flush_regularly(self) -> None:
        while not self._stopped.wait(_FLUSH_SECONDS):
            for endpoint in list(self._endpoints.values()):
                if (serving := endpoint.serving) is not None and serving.capture is not None:
                    serving.capture.flush()
