"""The service as a whole: its parts, its port, its start and its end."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from pipeline.aws.session import LOCAL_CREDENTIALS, new_session
from pipeline.errors import RequirementError
from pipeline.local import states
from pipeline.local.api import call
from pipeline.local.api.glue.runs import run_again
from pipeline.local.api.started_jobs import StartedJobs
from pipeline.local.buckets import Buckets
from pipeline.local.cloud import forget_state, make_cloud
from pipeline.local.components import Components
from pipeline.local.context import Context
from pipeline.local.errors import DataFolderError
from pipeline.local.gateway import Gateway
from pipeline.local.hosting import Hosting
from pipeline.local.images import Images
from pipeline.local.jobs.supervisor import Supervisor
from pipeline.local.large_objects import from_files
from pipeline.local.logs import Logs
from pipeline.local.objects import Objects
from pipeline.local.pages.pages import Pages
from pipeline.local.port import Port
from pipeline.local.store import Resource, Store

_REGION = "us-east-1"
_FOLDER_HINT = "make space, or name another with --data-dir"
# moto's state belongs to the process.
_ONLY = threading.Lock()


class LocalService:
    """SageMaker on this machine: `start()`, then `url` is what AWS_ENDPOINT_URL is to be; `stop()` ends it.

    All state is below `data_dir`, which one service uses at a time; a service that was killed goes on from there.
    `images` maps further repository names of container images to known ones, `slots` is how many jobs run at once.
    `s3_endpoint` is an S3-compatible store to use instead of this service's own, with the credentials of this process's
    environment. May be used as a context. Raises RequirementError where the port or the folder cannot be had.
    """

    def __init__(
        self,
        data_dir: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        images: Mapping[str, str] | None = None,
        s3_endpoint: str | None = None,
        slots: int | None = None,
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._images = Images(images)
        self._s3_endpoint = s3_endpoint
        self._slots = slots or max(2, os.cpu_count() or 2)
        self._port = Port(host, port)
        self._open = ExitStack()
        self.context: Context

    @property
    def url(self) -> str:
        """Where the service listens."""
        return self._port.url

    def __enter__(self) -> LocalService:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the service answers, and its earlier jobs and endpoints are on their way again."""
        if not _ONLY.acquire(blocking=False):
            raise RequirementError("this process already runs a local SageMaker", hint="stop the other one first")
        with ExitStack() as opening:
            opening.callback(_ONLY.release)
            opening.callback(_own(self._data_dir).close)
            try:
                self._start(opening)
            except (OSError, sqlite3.Error, DataFolderError) as error:
                raise RequirementError(
                    f"the data folder {self._data_dir} cannot be used: {error}", hint=_FOLDER_HINT
                ) from error
            self._open = opening.pop_all()

    def stop(self) -> None:
        """Ends jobs and endpoints, which come back with the next start, and the port."""
        self._open.close()

    def wait(self) -> None:
        """Waits until the port is closed."""
        self._port.wait()

    def pause(self, seconds: float) -> None:
        """Sleeps for that long, or until a job or an endpoint has come to another state since this thread slept."""
        self.context.store.pause(seconds)

    def client(self, service: str, region: str = _REGION) -> Any:
        """A boto3 client of this service, for callers in this process."""
        from botocore.config import Config

        config = Config(proxies={}, retries={"mode": "standard"}, s3={"addressing_style": "path"})
        if service == "s3" and self._s3_endpoint is not None:
            return new_session(region).client(service, endpoint_url=self._s3_endpoint, config=config)
        return new_session(region, **LOCAL_CREDENTIALS).client(service, endpoint_url=self.url, config=config)

    def client_variables(self, region: str = _REGION) -> dict[str, str]:
        """What turns an unchanged client to this service; where the store has credentials, they are the client's."""
        variables = {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": region}
        if self._s3_endpoint is not None:
            return {**variables, "AWS_ENDPOINT_URL_S3": self._s3_endpoint}
        return {**variables, **{name.upper(): value for name, value in LOCAL_CREDENTIALS.items()}}

    def environment(self, region: str = _REGION) -> dict[str, str]:
        """A child's whole environment: this process's, but AWS is this service and nothing else."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **own,
            **self.client_variables(region),
            **self._store_credentials(region),
            "AWS_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": ",".join(filter(None, [own.get("NO_PROXY"), "127.0.0.1", "localhost"])),
        }

    def _store_credentials(self, region: str) -> dict[str, str]:
        """The user's own for another store, wherever they come from: a child does not see AWS's files."""
        found = None if self._s3_endpoint is None else new_session(region).get_credentials()
        if found is None:
            return {}
        now = found.get_frozen_credentials()
        credentials = {"AWS_ACCESS_KEY_ID": now.access_key, "AWS_SECRET_ACCESS_KEY": now.secret_key}
        return {**credentials, "AWS_SESSION_TOKEN": now.token} if now.token else credentials

    def _start(self, opening: ExitStack) -> None:
        from a2wsgi import WSGIMiddleware

        opening.callback(self._port.stop)
        self._port.bind()
        forget_state()
        opening.callback(forget_state)
        buckets = Buckets(self._data_dir / "s3")
        opening.callback(buckets.close)
        moto = make_cloud()
        buckets.restore(moto)
        store = Store(self._data_dir / "state.sqlite")
        opening.callback(store.close)
        s3 = self.client("s3")
        objects = Objects(s3)
        logs = Logs(self._data_dir / "logs", lambda: self.client("logs"))
        jobs, endpoints = self._data_dir / "jobs", self._data_dir / "endpoints"
        supervisor = Supervisor(
            store,
            objects,
            logs,
            jobs,
            environment=self.environment,
            training_jobs=lambda region: StartedJobs(self.context.in_region(region)),
            images=self._images,
            slots=self._slots,
            ended=self._ended,
        )
        copies = self._data_dir / "components"
        components = Components(store, objects, logs, folder=copies, environment=self.environment, images=self._images)
        hosting = Hosting(
            store,
            objects,
            logs,
            folder=endpoints,
            environment=self.environment,
            images=self._images,
            components=components,
        )
        self.context = Context(store, supervisor, hosting, components, self._images)

        def api(service: str, operation: str, request: dict[str, Any], region: str) -> dict[str, Any]:
            return call(self.context.in_region(region), operation, request, service)

        pages = Pages(self.context, logs, s3, self.client_variables())
        cloud = from_files(WSGIMiddleware(buckets.kept(moto)), buckets.find)
        # The port answers as long as jobs and logs still need it.
        opening.callback(self._port.stop)
        self._port.serve(Gateway(api, hosting.invoke, pages.answer, cloud))
        for part in (logs, supervisor, components, hosting):
            part.start()
            opening.callback(part.stop)

    def _ended(self, job: Resource) -> None:
        """What follows the end of a job."""
        if job.kind == states.GLUE_JOB_RUN:
            run_again(self.context, job)


def _own(folder: Path) -> TextIO:
    """Makes the folder this service's until the returned file is closed; a killed process's claim ends with it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claim = (folder / "lock").open("w", encoding="utf-8")
    except OSError as error:
        raise RequirementError(
            f"the data folder {folder} cannot be written: {error.strerror}", hint=_FOLDER_HINT
        ) from error
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        claim.close()
        raise RequirementError(
            f"another local SageMaker uses {folder}", hint="stop it, or name another folder with --data-dir"
        ) from error
    return claim
