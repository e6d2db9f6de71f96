"""A job's outputs in S3: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.objects import Objects

# Not the API's: what a job that is interrupted while it uploads must not leave behind.
UPLOADING = "Uploading"


@contextmanager
def published(job: Job, uris: Iterable[str]) -> Iterator[None]:
    """While inside, these objects are uploaded; those that were not there before go again where that fails."""
    new = [uri for uri in uris if not job.objects.exists(uri)]
    job.update(**{UPLOADING: new})
    try:
        yield
    except BaseException:
        withdraw(job.objects, new)
        raise


def publish(job: Job, files: Mapping[str, Path]) -> None:
    """Uploads files to their URIs: all of them, or none."""
    with published(job, files):
        for uri, path in files.items():
            job.objects.upload(path, uri)


def withdraw(objects: Objects, uris: Iterable[str]) -> None:
    """Removes what was uploaded of outputs that are not whole; what cannot be removed stays."""
    for uri in uris:
        with suppress(JobFailure):
            objects.delete(uri)
