"""Packaging: the model archives, each laid out for its container, as a model of SageMaker's names them."""

from __future__ import annotations

from pipeline.bundle.archive import read_files
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.run.state import Run
from pipeline.schema import parse_schema
from pipeline.scoring.manifest import Manifest


def packaging_step(run: Run) -> str:
    """Writes the sparkml, xgboost and fused archives of the job's bundle and the trained model."""
    bundle, booster = read_files(run.etl / "model.tar.gz"), run.booster.read_bytes()
    classes = run.record["classes"]
    manifest = Manifest(
        features=run.config.features.column,
        feature_names=tuple(run.record["features"]["names"]),
        zeros_are_missing=run.record["training"]["zeros_are_missing"],
        classes=None if classes is None else tuple(classes),
        output=run.config.inference.output,
    )
    sparkml_archive(bundle, run.model("sparkml"))
    xgboost_archive(booster, run.model("xgboost"))
    fused_archive(bundle, booster, parse_schema(run.record["schema"]), manifest, run.model("fused"))
    # AWS's SparkML container hands zeros on as values, which such a model never saw.
    return "sparkml, xgboost, fused" + (" (deploy this one: trained on libsvm)" if manifest.zeros_are_missing else "")
