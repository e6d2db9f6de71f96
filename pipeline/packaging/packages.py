"""The archives of a model, from what the Spark job and the training job left."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.bundle.archive import Files, read_files
from pipeline.config.model import PipelineConfig
from pipeline.errors import ConfigError, ModelError
from pipeline.packaging.archives import fused_archive, fused_files, sparkml_archive, xgboost_archive
from pipeline.packaging.script_mode import script_mode_archive
from pipeline.schema import parse_schema
from pipeline.schema.contract import Schema
from pipeline.scoring.load import BOOSTER
from pipeline.scoring.manifest import Manifest

LAYOUTS = ("sparkml", "xgboost", "fused", "script-mode", "trained")


@dataclass(frozen=True)
class ModelSource:
    """What a model is made of; each part is read when it is asked for.

    `etl` is a folder with the Spark job's model.tar.gz, schema.json and summary.json, `trained` the training job's
    archive, in which ModelError misses the booster.
    """

    config: PipelineConfig
    etl: Path
    trained: Path

    @cached_property
    def booster(self) -> bytes:
        """The model as training wrote it."""
        booster = read_files(self.trained).get(BOOSTER)
        if booster is None:
            raise ModelError(f"{self.trained} holds no {BOOSTER}", hint="is it a training job's archive?")
        return booster

    @cached_property
    def bundle(self) -> Files:
        """The files of the MLeap bundle."""
        return read_files(self.etl / "model.tar.gz")

    @cached_property
    def schema(self) -> Schema:
        """The contract with the label's classes."""
        return parse_schema((self.etl / "schema.json").read_text(encoding="utf-8"))

    @cached_property
    def manifest(self) -> Manifest:
        """What the archive says beside them."""
        summary = json.loads((self.etl / "summary.json").read_text(encoding="utf-8"))
        return Manifest(
            features=self.config.features.column,
            feature_names=tuple(summary["features"]["names"]),
            zeros_are_missing=summary["zeros_are_missing"],
            classes=None if summary["classes"] is None else tuple(summary["classes"]),
            output=self.config.inference.output,
        )


def write_package(layout: str, source: ModelSource, path: Path) -> Path:
    """Writes one of LAYOUTS to `path`."""
    if layout == "trained":
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(source.trained, path))
    if layout == "sparkml":
        return sparkml_archive(source.bundle, path)
    if layout == "xgboost":
        return xgboost_archive(source.booster, path)
    if layout == "fused":
        return fused_archive(source.bundle, source.booster, source.schema, source.manifest, path)
    if layout == "script-mode":
        wheels = source.config.sagemaker.model.wheels
        files = fused_files(source.bundle, source.booster, source.schema, source.manifest)
        return script_mode_archive(files, path, Path(wheels) if wheels else None)
    raise ConfigError(f"no archive is laid out as {layout!r}", hint=f"layouts: {', '.join(LAYOUTS)}")
