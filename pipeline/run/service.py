"""SageMaker on this machine for the time of a run, in this process."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.model import PipelineConfig
from pipeline.errors import RequirementError
from pipeline.run.place import BUCKET, REGION, images_here

if TYPE_CHECKING:
    from pipeline.sending.clients import Clients

_NEEDED = {
    "boto3": "boto3",
    "moto": "moto",
    "flask": "flask",
    "a2wsgi": "a2wsgi",
    "optuna": "optuna",
    "sagemaker": "sagemaker-core",
}
_NO_PROXY = ("NO_PROXY", "no_proxy")
# Spark takes names for patterns, and splits lists of them.
_PATTERN = re.compile(r"[\\\[\]{}*?,]")


def check_requirements() -> None:
    """Raises RequirementError where a package is missing that the service needs."""
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise RequirementError(
            f"{', '.join(missing)} is not installed", hint="pip install 'inference-pipeline[spark,local]'"
        )


@contextmanager
def running_service(config: PipelineConfig, folder: Path) -> Iterator[Clients]:
    """Clients of a service with a bucket; whatever still runs in it ends with it.

    Its data is below the folder, or in a temporary one where Spark could not read from it by name.
    """
    from pipeline.local.service import LocalService
    from pipeline.sending.clients import make_clients

    elsewhere = _PATTERN.search(str(folder.absolute())) is not None
    with (
        _own_environment(),
        tempfile.TemporaryDirectory() if elsewhere else nullcontext(str(folder)) as place,
        LocalService(Path(place), images=images_here(config)) as service,
    ):
        clients = replace(make_clients(REGION, endpoint=service.url), pause=service.pause)
        clients.s3.create_bucket(Bucket=BUCKET)
        yield clients


@contextmanager
def _own_environment() -> Iterator[None]:
    """Nothing that the user has set for AWS counts meanwhile, and no proxy is between this machine and itself."""
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: ",".join(filter(None, [kept.get(name), "127.0.0.1", "localhost"])) for name in _NO_PROXY},
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
