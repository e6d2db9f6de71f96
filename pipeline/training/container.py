"""The folders and configuration files of SageMaker's training containers, below one base folder."""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pipeline.errors import PipelineError, TrainingError
from pipeline.training.content_types import DEFAULT_CONTENT_TYPE

CHANNELS = ("train", "validation")
# FailureReason of DescribeTrainingJob holds no more.
FAILURE_CHARACTERS = 1024


@dataclass(frozen=True)
class Container:
    """The layout below a base folder, `/opt/ml` on SageMaker."""

    # What another algorithm has otherwise.
    model_file: ClassVar[str] = "xgboost-model"
    channels: ClassVar[tuple[str, ...]] = CHANNELS
    default_content_type: ClassVar[str] = DEFAULT_CONTENT_TYPE

    base: Path

    @property
    def model(self) -> Path:
        """The model's file: the booster in UBJSON."""
        return self.base / "model" / self.model_file

    @property
    def metrics(self) -> Path:
        """What training found, as JSON."""
        return self.base / "output" / "data" / "metrics.json"

    @property
    def failure(self) -> Path:
        """Why training failed, in at most 1,024 characters."""
        return self.base / "output" / "failure"

    def channel(self, name: str) -> Path:
        """The folder of a channel's files."""
        return self.base / "input" / "data" / name

    def hyperparameters(self) -> dict[str, Any]:
        """The hyperparameters as given; TrainingError where the file is missing or no JSON object."""
        return self._config("hyperparameters.json")

    def content_types(self) -> dict[str, str]:
        """The content type of each channel; TrainingError for channels that are missing, unknown or not files."""
        channels = self._config("inputdataconfig.json")
        for name, settings in channels.items():
            if name not in self.channels:
                near = difflib.get_close_matches(name, self.channels, n=1)
                raise TrainingError(
                    f"channel {name!r} is not known; allowed: {', '.join(self.channels)}",
                    hint=f"did you mean {near[0]!r}?" if near else None,
                )
            if not isinstance(settings, dict):
                raise TrainingError(f"inputdataconfig.json: channel {name!r} is not an object")
            mode = settings.get("TrainingInputMode") or "File"
            if mode not in {"File", "FastFile"}:
                raise TrainingError(f"channel {name!r}: TrainingInputMode {mode!r}; expected File or FastFile")
        if "train" not in channels:
            raise TrainingError("the channel 'train' is missing in inputdataconfig.json")
        return {name: str(channels[name].get("ContentType") or self.default_content_type) for name in channels}

    def hosts(self) -> tuple[str, tuple[str, ...]]:
        """This host's name and the names of all that train together, in the order that all of them see."""
        if not (self.base / "input" / "config" / "resourceconfig.json").exists():
            return "algo-1", ("algo-1",)
        document = self._config("resourceconfig.json")
        hosts = document.get("hosts") or ["algo-1"]
        current = document.get("current_host") or hosts[0]
        if current not in hosts or len(set(hosts)) < len(hosts):
            raise TrainingError(f"resourceconfig.json: current_host is {current!r}, hosts are {hosts!r}")
        return current, tuple(sorted(hosts))

    def checkpoints(self) -> Path | None:
        """The folder that SageMaker keeps in S3 while the job runs; None where the job asked for none."""
        if not (self.base / "input" / "config" / "checkpointconfig.json").exists():
            return None
        return Path(self._config("checkpointconfig.json").get("LocalPath") or self.base / "checkpoints")

    def _config(self, name: str) -> dict[str, Any]:
        path = self.base / "input" / "config" / name
        try:
            document = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path} cannot be read as JSON: {error}") from error
        if not isinstance(document, dict):
            raise TrainingError(f"{path} must hold a JSON object")
        return document


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # What ends so, SageMaker does not copy to S3 with the checkpoints.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.sagemaker-ignore")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def reason_of(error: BaseException) -> str:
    """An error in words, as `output/failure` has them."""
    return str(error) if isinstance(error, PipelineError) else f"{type(error).__name__}: {error}"
