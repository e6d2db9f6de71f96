"""What a file in Liminal's grammar may say, as far as it can be carried over.

Source: docs/liminal of github.com/apache/incubator-liminal, and what its runners read.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import InitErrorDetails

from pipeline.config.airflow import Cron
from pipeline.config.checking import refuse, unknown, wrong
from pipeline.config.executors import Cpu, Memory, Variables
from pipeline.config.section import Section
from pipeline.config.tasks import ContainerPath, EndpointPath, ImageName, Label

_Python = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*$")]


class LocalVolume(Section):
    """Where a volume is on this machine."""

    path: str


class Volume(Section):
    """A folder that tasks share."""

    volume: Label
    claim_name: str | None = None
    local: LocalVolume


class Endpoint(Section):
    """A path of a server; Liminal's own hands the body on as it came."""

    endpoint: EndpointPath
    module: _Python
    function: _Python
    input: Literal["json", "bytes"] = "bytes"


class Image(Section):
    """A folder of Python code."""

    image: ImageName
    type: Literal["python", "python_server"]
    source: str
    no_cache: bool = False
    endpoints: tuple[Endpoint, ...] = Field((), strict=False)


class Mount(Section):
    """A volume and its path in the container."""

    mount: str
    volume: str
    path: ContainerPath


class Service(Section):
    """A server; variables and mounts are as those of a task, for Liminal leaves them to somebody's manifest."""

    service: Label
    image: str
    description: str = ""
    env_vars: Variables = Field({})
    env: Variables = Field({})
    mounts: tuple[Mount, ...] = Field((), strict=False)


class Task(Section):
    """A command."""

    task: Label
    type: Literal["python"]
    description: str = ""
    image: str
    cmd: str = Field(min_length=1)
    env_vars: Variables = Field({})
    env: Variables = Field({})
    mounts: tuple[Mount, ...] = Field((), strict=False)
    executor: str | None = None
    executors: int = Field(1, ge=1, le=100)
    no_cache: bool = False


class Metrics(Section):
    """Where metrics would go."""

    namespace: str = ""
    backends: tuple[str, ...] = Field((), strict=False)


class Pipeline(Section):
    """Tasks in order. The keys of Liminal's own samples that no task reads are taken, and mean nothing there either."""

    pipeline: Label
    owner: str | None = Field(None, min_length=1)
    description: str = ""
    start_date: datetime.date = Field(datetime.date(1970, 1, 1), strict=False)
    timeout_minutes: float = Field(24 * 60, gt=0)
    schedule: Cron | None = None
    retries: int = Field(0, ge=0)
    metrics: Metrics = Metrics()
    default_arg_loaded: Any = None
    default_array_loaded: Any = None
    default_object_loaded: Any = None
    tasks: tuple[Task, ...] = Field(strict=False, min_length=1)


class Resources(Section):
    """What a pod asks for, and what it gets at most."""

    request_cpu: Cpu | None = None
    request_memory: Memory | None = None
    limit_cpu: Cpu | None = None
    limit_memory: Memory | None = None


class Executor(Section):
    """A cluster; the keys are those of Airflow's KubernetesPodOperator."""

    executor: Label
    type: Literal["kubernetes"]
    resources: Resources = Resources()
    namespace: str = "default"
    service_account_name: str | None = None
    node_selectors: dict[str, str] = Field({})
    image_pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    image_pull_secrets: str | None = None
    kubernetes_conn_id: str | None = None
    in_cluster: bool | None = None


class LiminalFile(Section):
    """The file without variables and defaults, which are filled in before."""

    name: Label
    type: Literal["sub"] = "sub"
    owner: str = Field("airflow", min_length=1)
    description: str = ""
    volumes: tuple[Volume, ...] = Field((), strict=False)
    images: tuple[Image, ...] = Field(strict=False, min_length=1)
    executors: tuple[Executor, ...] = Field((), strict=False)
    services: tuple[Service, ...] = Field((), strict=False)
    pipelines: tuple[Pipeline, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _names_what_it_has(self) -> LiminalFile:
        refuse(self, [*self._names(), *self._images(), *self._services(), *self._tasks()])
        return self

    def _names(self) -> Iterator[InitErrorDetails]:
        """Names that stand twice."""
        yield from _twice(("volumes",), "volume", [entry.volume for entry in self.volumes])
        yield from _twice(("images",), "image", [entry.image for entry in self.images])
        yield from _twice(("executors",), "executor", [entry.executor for entry in self.executors])
        yield from _twice(("services",), "service", [entry.service for entry in self.services])
        yield from _twice(("pipelines",), "pipeline", [entry.pipeline for entry in self.pipelines])
        for number, pipeline in enumerate(self.pipelines):
            yield from _twice(("pipelines", number, "tasks"), "task", [task.task for task in pipeline.tasks])

    def _images(self) -> Iterator[InitErrorDetails]:
        for number, image in enumerate(self.images):
            if (image.type == "python_server") != bool(image.endpoints):
                yield wrong(("images", number, "type"), image.type, "python_server and endpoints belong together")
            yield from _twice(
                ("images", number, "endpoints"), "endpoint", [endpoint.endpoint for endpoint in image.endpoints]
            )

    def _services(self) -> Iterator[InitErrorDetails]:
        servers = {image.image for image in self.images if image.endpoints}
        for number, service in enumerate(self.services):
            place = ("services", number)
            if service.image not in servers:
                yield unknown((*place, "image"), service.image, servers, "image with endpoints")
            yield from self._common(place, service)

    def _tasks(self) -> Iterator[InitErrorDetails]:
        images = {image.image for image in self.images}
        executors = {executor.executor for executor in self.executors}
        for number, pipeline in enumerate(self.pipelines):
            for at, task in enumerate(pipeline.tasks):
                place = ("pipelines", number, "tasks", at)
                if task.image not in images:
                    yield unknown((*place, "image"), task.image, images, "image")
                if task.executor is not None and task.executor not in executors:
                    yield unknown((*place, "executor"), task.executor, executors, "executor")
                yield from self._common(place, task)

    def _common(self, place: tuple[str | int, ...], entry: Service | Task) -> Iterator[InitErrorDetails]:
        if entry.env and entry.env_vars:
            yield wrong((*place, "env"), entry.env, "env_vars says the same")
        volumes = {volume.volume for volume in self.volumes}
        for number, mount in enumerate(entry.mounts):
            if mount.volume not in volumes:
                yield unknown((*place, "mounts", number, "volume"), mount.volume, volumes, "volume")
        paths = [mount.path for mount in entry.mounts]
        yield from _twice((*place, "mounts"), "path", paths)
        yield from _twice((*place, "mounts"), "volume", [mount.volume for mount in entry.mounts])


def _twice(place: tuple[str | int, ...], key: str, names: Sequence[str]) -> Iterator[InitErrorDetails]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield wrong((*place, number, key), name, f"this {key} stands twice")
