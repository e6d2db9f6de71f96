"""From an endpoint config to a fleet that serves it: all processes healthy, or none left."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.local.endpoints.container import NONE, Containers, download_containers
from pipeline.local.endpoints.instance import Instance
from pipeline.local.endpoints.variant import Fleet, Variant
from pipeline.local.errors import JobFailure
from pipeline.local.images import Images
from pipeline.local.objects import Objects

# SageMaker's ContainerStartupHealthCheckTimeoutInSeconds where a variant does not set it.
_HEALTHY_SECONDS = 480.0


@dataclass(frozen=True)
class Deployer:
    """Starts and ends the processes of endpoints.

    `environment` is the base of every process's, `settings` the containers' variables that the service sets itself;
    `log` gets (endpoint, stream, line).
    """

    objects: Objects
    images: Images
    environment: Mapping[str, str]
    settings: Mapping[str, str]
    log: Callable[[str, str, str], None]

    def deploy(
        self,
        endpoint: str,
        config: Mapping[str, Any],
        models: Mapping[str, Mapping[str, Any]],
        folder: Path,
        cancelled: threading.Event,
    ) -> Fleet:
        """Serves a CreateEndpointConfig request; `models` are CreateModel requests by name.

        Blocks until every instance of every variant is healthy. Raises JobFailure with the FailureReason, all
        processes ended, where one is not, or `cancelled` is set.
        """
        if config.get("ShadowProductionVariants"):
            raise JobFailure("shadow variants are not served here")
        variants: list[Variant] = []
        try:
            if cancelled.is_set():
                raise JobFailure("it was given up before it was in service")
            for place, entry in enumerate(config["ProductionVariants"]):
                variants.append(self._variant(endpoint, entry, models, folder / f"{place + 1}"))
            for variant in variants:
                self.wait(variant, variant.instances, cancelled)
        except BaseException:
            end(instance for variant in variants for instance in variant.instances)
            raise
        return Fleet(variants)

    def grow(self, endpoint: str, variant: Variant, count: int) -> list[Instance]:
        """Starts further instances of a variant, which do not serve it yet; see wait."""
        name = variant.name
        return [self._started(endpoint, name, variant.containers) for _ in range(count)]

    def wait(self, variant: Variant, instances: Iterable[Instance], cancelled: threading.Event) -> None:
        """Waits until the instances are healthy; raises JobFailure."""
        seconds = float(variant.config.get("ContainerStartupHealthCheckTimeoutInSeconds", _HEALTHY_SECONDS))
        for instance in instances:
            try:
                instance.wait(seconds, cancelled)
            except JobFailure as error:
                raise JobFailure(f"Production variant {variant.name}: {error.message}") from error

    def _variant(
        self, endpoint: str, entry: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]], folder: Path
    ) -> Variant:
        name = entry["VariantName"]
        containers = self._containers(name, entry["ModelName"], models, folder) if "ModelName" in entry else NONE
        count = int(entry.get("InitialInstanceCount", 1))
        weight = float(entry.get("InitialVariantWeight", 1.0))
        instances = [self._started(endpoint, name, containers) for _ in range(count)]
        return Variant(dict(entry), containers, instances, weight, weight, count)

    def _containers(
        self, variant: str, model: str, models: Mapping[str, Mapping[str, Any]], folder: Path
    ) -> Containers:
        if model not in models:
            raise JobFailure(f"Production variant {variant}: could not find model {model}")
        try:
            return download_containers(models[model], self.objects, folder, self.images, self.settings)
        except PipelineError as error:
            raise JobFailure(f"Production variant {variant}: {error.message}", hint=error.hint) from error

    def _started(self, endpoint: str, variant: str, containers: Containers) -> Instance:
        # SageMaker's names of log streams: those of a pipeline's containers end with the container's.
        stream = f"{variant}/i-{uuid.uuid4().hex[:17]}"
        several = len(containers.members) > 1

        def log(hostname: str, line: str) -> None:
            self.log(endpoint, f"{stream}/{hostname}" if several else stream, line)

        instance = Instance(containers, self.environment, log)
        instance.start()
        return instance


def end(instances: Iterable[Instance]) -> None:
    """Ends instances, all at once."""
    ending = list(instances)
    if ending:
        with ThreadPoolExecutor(len(ending)) as pool:
            list(pool.map(Instance.stop, ending))
