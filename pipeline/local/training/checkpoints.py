"""The checkpoints of a training job: put into its folder when it starts, kept in S3 while it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.training.layout import Instance

_PAUSE = 1.0  # seconds between two looks at the folder


@contextmanager
def kept_checkpoints(job: Job, instances: Sequence[Instance]) -> Iterator[None]:
    """While inside, what the first instance writes as a checkpoint is soon in S3; surely when left.

    Before, every instance gets what is there. Does nothing for a job without CheckpointConfig.
    """
    if "CheckpointConfig" not in job.request:
        yield
        return
    uri = job.request["CheckpointConfig"]["S3Uri"].rstrip("/")
    job.objects.require_bucket(uri)
    if job.objects.keys(f"{uri}/"):
        for instance in instances:
            job.objects.download(f"{uri}/", instance.checkpoints)
    keeper = _Keeper(job, instances[0].checkpoints, uri)
    thread = threading.Thread(target=keeper.keep, name=f"checkpoints of {job.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.ending.set()
        thread.join()
    keeper.copy()


class _Keeper:
    """Copies what is new or has changed in a folder."""

    def __init__(self, job: Job, folder: Path, uri: str) -> None:
        self._job, self._folder, self._uri = job, folder, uri
        self._staged = job.folder / "checkpoint"
        self._kept = self._seen()
        self.ending = threading.Event()

    def keep(self) -> None:
        """Copies until the end, whatever a store that is busy says meanwhile."""
        while not self.ending.wait(_PAUSE):
            try:
                self.copy()
            except JobFailure as failure:
                self._job.log(1, f"checkpoints: {failure.message}")

    def copy(self) -> None:
        """Uploads what is not in S3 yet; raises JobFailure."""
        for path, version in self._seen().items():
            if self._kept.get(path) == version:
                continue
            # The program may replace the file while it is read: a link stays with the old one.
            self._staged.unlink(missing_ok=True)
            try:
                self._staged.hardlink_to(path)
            except FileNotFoundError:
                continue
            self._job.objects.upload(self._staged, f"{self._uri}/{path.relative_to(self._folder).as_posix()}")
            self._kept[path] = version

    def _seen(self) -> dict[Path, tuple[int, int]]:
        """Files and what tells one version of each from another; unfinished ones are not among them."""
        seen = {}
        for path in self._folder.rglob("*"):
            if path.name.endswith(".sagemaker-ignore"):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                seen[path] = (status.st_ino, status.st_mtime_ns)
        return seen
