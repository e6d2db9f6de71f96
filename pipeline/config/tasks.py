"""What a file of tasks and services may say: pipelines of commands in order, and servers in front of functions."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import InitErrorDetails

from pipeline.config.airflow import Cron
from pipeline.config.checking import refuse, unknown, wrong
from pipeline.config.executors import Executor, Variables, Volume
from pipeline.config.section import Reference, Section
from pipeline.config.task_settings import TaskSageMaker

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=60)]
ImageName = Annotated[str, StringConstraints(pattern=r"^[^\s@]+(@sha256:[0-9a-f]{64})?$", max_length=255)]
ContainerPath = Annotated[str, StringConstraints(pattern=r"^(/[\w.-]+)+$")]
EndpointPath = Annotated[str, StringConstraints(pattern=r"^(/[\w.~-]+)+$")]
Mounts = dict[Label, ContainerPath]

# What a server answers itself.
PING = "/ping"
# The tasks that a DAG adds around SageMaker's jobs.
_OWN_TASKS = ("plan", "upload", "clean_up")
# Executors that every file has, by the name of their type.
_PLAIN = {
    "local": Executor(type="local"),
    "sagemaker": Executor(type="sagemaker"),
    "kubernetes": Executor(type="kubernetes"),
}


class Endpoint(Section):
    """A path of a server, and the function that answers it."""

    function: Reference = Field(description="module:function of the image's folder; it gets the request's body")
    input: Literal["json", "bytes"] = Field("json", description="the body as JSON says it, or as it came")


class Image(Section):
    """A folder of Python code, and the image of it for places that need one."""

    source: str = Field(".", description="the folder, relative to this file")
    uri: ImageName | None = Field(None, description="what SageMaker's jobs and pods are started from")
    endpoints: dict[EndpointPath, Endpoint] = Field({}, description="what a service of it answers")


class Service(Section):
    """A server in front of the functions of an image."""

    image: ImageName
    description: str = ""
    port: int | None = Field(None, ge=0, le=65535, description="any free one by default")
    workers: int = Field(2, ge=1, le=64, description="processes with the functions: so many requests at once")
    timeout: float = Field(60, gt=0, description="seconds for an answer")
    env: Variables = Field({})
    mounts: Mounts = Field({}, description="volumes, and the paths that env names them by")


class Task(Section):
    """A command in the folder of an image, successful if it ends with status 0."""

    name: Label
    description: str = ""
    type: Literal["python"] = "python"
    image: ImageName
    cmd: str = Field(min_length=1, description="for /bin/sh; python is the environment's own")
    env: Variables = Field({})
    mounts: Mounts = Field({}, description="volumes, and the paths that cmd and env name them by")
    executor: Label | None = Field(None, description="where it runs in a DAG; the pipeline's by default")
    instances: int = Field(1, ge=1, le=100, description="so many at once, with TASK_INSTANCE from 0 on")
    timeout_minutes: float | None = Field(None, gt=0)


class TaskPipeline(Section):
    """Tasks one after the other, and the DAG that they are."""

    description: str = ""
    owner: str | None = Field(None, min_length=1, description="the file's by default")
    schedule: Cron | None = Field(None, description="cron, a preset such as @daily, or null: when somebody triggers it")
    start_date: datetime.date = Field(
        datetime.date(2024, 1, 1), strict=False, description="no scheduled run is for a time before it, in UTC"
    )
    timeout_minutes: float = Field(24 * 60, gt=0, description="for all tasks together")
    retries: int = Field(0, ge=0, description="of a task that failed, in a DAG")
    retry_delay: float = Field(60, ge=0, description="seconds before a retry")
    tags: tuple[str, ...] = Field((), strict=False)
    executor: Label = Field("local", description="where its tasks run in a DAG")
    tasks: tuple[Task, ...] = Field(strict=False, min_length=1)


class TaskFile(Section):
    """Images, and the pipelines and services that are made of them."""

    name: Label
    description: str = ""
    owner: str = Field("airflow", min_length=1)
    images: dict[ImageName, Image] = Field(min_length=1)
    volumes: dict[Label, Volume] = Field({})
    services: dict[Label, Service] = Field({})
    executors: dict[Label, Executor] = Field({}, description="beside local, sagemaker and kubernetes")
    pipelines: dict[Label, TaskPipeline] = Field({})
    sagemaker: TaskSageMaker = TaskSageMaker()

    @model_validator(mode="after")
    def _names_what_it_has(self) -> TaskFile:
        refuse(self, [*self._image_mistakes(), *self._service_mistakes(), *self._task_mistakes()])
        return self

    def executor_of(self, pipeline: TaskPipeline, task: Task) -> Executor:
        """Where a task runs in a DAG."""
        name = task.executor or pipeline.executor
        return self.executors.get(name) or _PLAIN[name]

    def owner_of(self, pipeline: TaskPipeline) -> str:
        """Who is asked about a pipeline."""
        return pipeline.owner or self.owner

    def located(self, folder: Path) -> TaskFile:
        """The same with its paths below the folder that they are relative to."""
        images = {
            name: image.model_copy(update={"source": str(folder / image.source)}) for name, image in self.images.items()
        }
        volumes = {
            name: volume.model_copy(update={"folder": str(folder / volume.folder)})
            for name, volume in self.volumes.items()
        }
        return self.model_copy(update={"images": images, "volumes": volumes})

    def _image_mistakes(self) -> Iterator[InitErrorDetails]:
        for name, image in self.images.items():
            if PING in image.endpoints:
                place = ("images", name, "endpoints", PING)
                yield wrong(place, PING, "the server itself answers it")

    def _service_mistakes(self) -> Iterator[InitErrorDetails]:
        for name, service in self.services.items():
            place = ("services", name)
            image = self.images.get(service.image)
            if image is None:
                yield unknown((*place, "image"), service.image, self.images, "image")
            elif not image.endpoints:
                yield wrong((*place, "image"), service.image, "this image has no endpoints")
            yield from self._mount_mistakes(place, service.mounts)

    def _task_mistakes(self) -> Iterator[InitErrorDetails]:
        executors = self.executors.keys() | _PLAIN.keys()
        for name, pipeline in self.pipelines.items():
            place = ("pipelines", name)
            if pipeline.executor not in executors:
                yield unknown((*place, "executor"), pipeline.executor, executors, "executor")
            kinds = {self.executor_of(pipeline, task).type for task in pipeline.tasks if self._is_known(pipeline, task)}
            names: set[str] = set()
            for number, task in enumerate(pipeline.tasks):
                here = (*place, "tasks", number)
                if task.name in names:
                    yield wrong((*here, "name"), task.name, "another task has this name")
                names.add(task.name)
                if "sagemaker" in kinds and task.name in _OWN_TASKS:
                    yield wrong((*here, "name"), task.name, "a DAG of SageMaker's jobs has a task of this name itself")
                if task.image not in self.images:
                    yield unknown((*here, "image"), task.image, self.images, "image")
                elif self._is_known(pipeline, task) and self._lacks_uri(pipeline, task):
                    place_of_image = ("images", task.image, "uri")
                    kind = self.executor_of(pipeline, task).type
                    yield wrong(place_of_image, None, f"task {task.name} of {name} is started from it: type {kind}")
                if task.executor is not None and task.executor not in executors:
                    yield unknown((*here, "executor"), task.executor, executors, "executor")
                yield from self._mount_mistakes(here, task.mounts)

    def _is_known(self, pipeline: TaskPipeline, task: Task) -> bool:
        return (task.executor or pipeline.executor) in {*self.executors, *_PLAIN}

    def _lacks_uri(self, pipeline: TaskPipeline, task: Task) -> bool:
        return self.executor_of(pipeline, task).type != "local" and self.images[task.image].uri is None

    def _mount_mistakes(self, place: tuple[str | int, ...], mounts: Mounts) -> Iterator[InitErrorDetails]:
        paths: set[str] = set()
        for volume, path in mounts.items():
            here = (*place, "mounts", volume)
            if volume not in self.volumes:
                yield unknown(here, volume, self.volumes, "volume")
            if path in paths:
                yield wrong(here, path, "another volume is there")
            paths.add(path)
