"""A file in Liminal's grammar as a file of this project's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config.checking import check
from pipeline.config.reading import Lines
from pipeline.config.tasks import TaskFile
from pipeline.errors import ConfigError
from pipeline.liminal.defaults import with_defaults
from pipeline.liminal.grammar import Executor, Image, LiminalFile, Pipeline, Service, Task
from pipeline.liminal.nodes import from_node, to_node
from pipeline.liminal.refusals import refuse_what_is_not_carried
from pipeline.liminal.variables import with_variables


def read_liminal(document: Any, path: Path, lines: Lines) -> TaskFile:
    """The same images, services and pipelines; raises ConfigError for mistakes and for what cannot be carried over.

    Its paths are still relative to the file's folder.
    """
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: liminal.yml is a mapping of keys")
    node = with_defaults(to_node(document, lines))
    refuse_what_is_not_carried(node, path)
    moved: Lines = {}
    return _carried(check(from_node(with_variables(node, path), moved), LiminalFile, path, moved))


def _carried(file: LiminalFile) -> TaskFile:
    return TaskFile.model_validate(
        {
            "name": file.name,
            "description": file.description,
            "owner": file.owner,
            "images": {image.image: _image(image) for image in file.images},
            "volumes": {
                volume.volume: {"folder": volume.local.path, "claim": volume.claim_name} for volume in file.volumes
            },
            "services": {service.service: _service(service) for service in file.services},
            "executors": {executor.executor: _executor(executor) for executor in file.executors},
            "pipelines": {pipeline.pipeline: _pipeline(pipeline) for pipeline in file.pipelines},
        }
    )


def _image(image: Image) -> dict[str, Any]:
    return {
        "source": image.source,
        # Liminal's name of an image is what containers are started from.
        "uri": image.image,
        "endpoints": {
            endpoint.endpoint: {"function": f"{endpoint.module}:{endpoint.function}", "input": endpoint.input}
            for endpoint in image.endpoints
        },
    }


def _service(service: Service) -> dict[str, Any]:
    return {"image": service.image, "description": service.description, **_surroundings(service)}


def _pipeline(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "description": pipeline.description,
        "owner": pipeline.owner,
        "schedule": pipeline.schedule,
        "start_date": pipeline.start_date,
        "timeout_minutes": pipeline.timeout_minutes,
        "retries": pipeline.retries,
        "tasks": [_task(task) for task in pipeline.tasks],
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "name": task.task,
        "description": task.description,
        "image": task.image,
        "cmd": task.cmd,
        "executor": task.executor,
        "instances": task.executors,
        **_surroundings(task),
    }


def _surroundings(entry: Service | Task) -> dict[str, Any]:
    return {
        # As Liminal writes them out: true is True.
        "env": {name: str(value) for name, value in (entry.env_vars or entry.env).items()},
        "mounts": {mount.volume: mount.path for mount in entry.mounts},
    }


def _executor(executor: Executor) -> dict[str, Any]:
    asked = {
        "namespace": executor.namespace,
        "service_account": executor.service_account_name,
        "cpu": executor.resources.request_cpu,
        "memory": executor.resources.request_memory,
        "cpu_limit": executor.resources.limit_cpu,
        "memory_limit": executor.resources.limit_memory,
        "node_selector": executor.node_selectors,
        "image_pull_policy": executor.image_pull_policy,
        "image_pull_secret": executor.image_pull_secrets,
        "connection": executor.kubernetes_conn_id,
        "in_cluster": executor.in_cluster,
    }
    return {"type": executor.type, **asked}
