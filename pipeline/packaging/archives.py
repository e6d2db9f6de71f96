"""The three model archives of a run, reproducible to the byte."""

from __future__ import annotations

from pathlib import Path

from pipeline.bundle.archive import Files
from pipeline.bundle.pack import write_files
from pipeline.operators.values import to_json
from pipeline.schema.contract import Schema
from pipeline.scoring.load import BOOSTER, BUNDLE, MANIFEST, SCHEMA
from pipeline.scoring.manifest import Manifest


def sparkml_archive(bundle: Files, path: Path) -> Path:
    """For AWS's SparkML container: bundle.json and root/ at the top, the contract beside them."""
    return write_files(bundle, path)


def xgboost_archive(booster: bytes, path: Path) -> Path:
    """For the XGBoost container, which loads every top-level file as a model: there is just one."""
    return write_files({BOOSTER: booster}, path)


def fused_archive(bundle: Files, booster: bytes, schema: Schema, manifest: Manifest, path: Path) -> Path:
    """Bundle and booster in one; all but the booster stands in the folder inference/."""
    return write_files(fused_files(bundle, booster, schema, manifest), path)


def fused_files(bundle: Files, booster: bytes, schema: Schema, manifest: Manifest) -> Files:
    """The files of the fused archive."""
    files = {BUNDLE + name: content for name, content in bundle.items() if name != "schema.json"}
    files[BOOSTER] = booster
    files[SCHEMA] = to_json(schema.to_dict()).encode()
    files[MANIFEST] = manifest.to_json()
    return files
