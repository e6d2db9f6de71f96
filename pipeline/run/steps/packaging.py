"""Packaging: the model archives, each laid out for its container, and a model of SageMaker's."""

from __future__ import annotations

from pipeline.packaging.packages import ModelSource, write_package
from pipeline.run.requests import send, step_of
from pipeline.run.state import Run

_LAYOUTS = ("sparkml", "xgboost", "fused")
_REGISTRATION = ("CreateModelPackageGroup", "CreateModelPackage")


def packaging_step(run: Run) -> str:
    """Creates the model, and writes the archives of the job's bundle and the trained model; sets `model_source`."""
    send(run, step_of(run.plan, "CreateModel"), "packaging")
    for operation in _REGISTRATION:
        if (request := run.plan.step(operation)) is not None:
            send(run, request, "packaging")
    run.model_source = ModelSource(run.config, run.etl, run.trained)
    for layout in _LAYOUTS:
        write_package(layout, run.model_source, run.model(layout))
    # AWS's SparkML container hands zeros on as values, which such a model never saw.
    hint = " (deploy this one: trained on libsvm)" if run.model_source.manifest.zeros_are_missing else ""
    return ", ".join(_LAYOUTS) + hint
