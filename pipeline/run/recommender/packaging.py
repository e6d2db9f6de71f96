"""Packaging: a model of SageMaker's, of the archive that training left."""

from __future__ import annotations

import shutil

from pipeline.bundle.archive import read_files
from pipeline.errors import ModelError
from pipeline.evaluation.recommender import read_split
from pipeline.factorization import FILE
from pipeline.factorization.model import FactorizationMachine
from pipeline.run.recommender.state import Recommender
from pipeline.run.requests import send, step_of
from pipeline.run.state import Run

_REGISTRATION = ("CreateModelPackageGroup", "CreateModelPackage")


def packaging_step(run: Run) -> str:
    """Creates the model, keeps its archive and scores the test rows; sets `recommender`."""
    send(run, step_of(run.plan, "CreateModel"), "packaging")
    for operation in _REGISTRATION:
        if (request := run.plan.step(operation)) is not None:
            send(run, request, "packaging")
    archive = run.model("trained")
    archive.parent.mkdir(parents=True)
    shutil.copyfile(run.trained, archive)
    files = read_files(archive)
    if FILE not in files:
        raise ModelError(f"{archive} holds no {FILE}", hint="is it a training job's archive?")
    machine = FactorizationMachine.from_bytes(files[FILE])
    test = read_split(run.etl / "test")
    run.recommender = Recommender(machine, read_split(run.etl / "train"), test, machine.scores(test))
    size, factors = machine.factors.shape
    return f"{factors} factors of {size:,} features"
