"""A model of SageMaker's as a scorer, from the archives that its containers load."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.bundle.archive import Files, read_files
from pipeline.errors import ModelError
from pipeline.scoring import Scorer
from pipeline.scoring.load import BOOSTER, parts_of
from pipeline.scoring.manifest import Manifest
from pipeline.sending.objects import split


def load_scorer(s3: Any, archives: Sequence[str], features: str) -> Scorer:
    """The scorer of one archive with bundle and booster, or of two: a bundle, then a booster that reads `features`.

    Raises ModelError or BundleError for what is no model of this project.
    """
    files = [fetch(s3, uri) for uri in archives]
    if len(files) == 1:
        return Scorer(parts_of(files[0], archives[0]))
    if len(files) != 2 or BOOSTER not in files[1]:
        raise ModelError(f"a model of {len(files)} containers is not one of this project's: {', '.join(archives)}")
    parts = parts_of(files[0], archives[0])
    return Scorer(replace(parts, booster=files[1][BOOSTER], manifest=Manifest(features=features)))


def fetch(s3: Any, uri: str) -> Files:
    """The files of an archive in S3; raises ModelError or BundleError."""
    if not uri.startswith("s3://"):
        raise ModelError(f"{uri or 'a container without an archive'} is no archive in S3")
    bucket, key = split(uri)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tar.gz"
        s3.download_file(bucket, key, str(path))
        return read_files(path)
