"""What answers an endpoint's requests at one time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.local.endpoints.capture import Capture
from pipeline.local.endpoints.deployment import Deployer, end
from pipeline.local.endpoints.variant import Fleet

Config = Mapping[str, Any]
_CAPTURE = "DataCaptureConfig"


@dataclass(frozen=True)
class Serving:
    """What answers an endpoint's requests: replaced as a whole."""

    config: Config
    fleet: Fleet
    capture: Capture | None
    folder: Path

    @classmethod
    def of(cls, config: Config, fleet: Fleet, endpoint: str, deployer: Deployer, folder: Path) -> Serving:
        """A fleet with the data capture of its config; `folder` is its own."""
        if _CAPTURE not in config:
            return cls(config, fleet, None, folder)
        log = partial(deployer.log, endpoint, "data-capture")
        capture = Capture(config[_CAPTURE], endpoint, deployer.objects, folder / "captured", log)
        return cls(config, fleet, capture, folder)

    def end(self, seconds: float) -> None:
        """Ends it when its requests are answered, or the time is over."""
        self.fleet.drain(seconds)
        end(instance for variant in self.fleet.variants for instance in variant.instances)
        if self.capture is not None:
            self.capture.flush()
        shutil.rmtree(self.folder, ignore_errors=True)


def hosts_components(config: Config) -> bool:
    """Whether an endpoint config leaves the models to inference components."""
    return any("ModelName" not in variant for variant in config["ProductionVariants"])
