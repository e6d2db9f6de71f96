"""What Liminal has and this project has not: refused by name, so that no file means less here than there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.liminal.nodes import Node

_SECRETS = "name variables of the environment, or a role"
_FILE = {
    "super": "say here what the other file says",
    "secrets": _SECRETS,
    "monitoring": "the DAG's runs and SageMaker's jobs have metrics of their own",
    "always_run": "a task runs where the one before it has succeeded",
}
_PIPELINE = {
    "monitoring": _FILE["monitoring"],
    "depends_on_past": "each run stands for itself",
    "always_run": _FILE["always_run"],
}
_IMAGE = {
    "build_cmd": "no image is built here: a task runs in the folder of its image's source",
    "pip_conf": "nothing is installed here: requirements.txt is compared with what is there",
    "python_version": "this environment's Python runs all tasks",
}
_TASK = {"secrets": _SECRETS}
_MOUNT = {
    "sub_path": "a mount is a whole volume",
    "read_only": "a mount can be written to",
}
# Types by what has them; others are of Liminal's plug-ins, or need a cluster.
_TYPES = {"task": ("python",), "image": ("python", "python_server"), "executor": ("kubernetes",)}


def refuse_what_is_not_carried(file: Node, path: Path) -> None:
    """Raises ConfigError with a line for each key that would be lost."""
    problems = [f"{path}, line {line}: {problem}" for line, problem in _problems(file)]
    if problems:
        raise ConfigError("\n".join(problems))


def _problems(file: Node) -> Iterator[tuple[int, str]]:
    kind = file.get("type")
    if kind is not None and kind.value == "super":
        yield kind.line, "type: found 'super'; a file for others to inherit from cannot be carried over"
    yield from _keys(file, _FILE, "")
    for number, image in enumerate(file.entries("images")):
        yield from _keys(image, _IMAGE, f"images.{number}.")
        yield from _type(image, "image", f"images.{number}.")
    for number, executor in enumerate(file.entries("executors")):
        yield from _type(executor, "executor", f"executors.{number}.")
    for number, pipeline in enumerate(file.entries("pipelines")):
        place = f"pipelines.{number}."
        yield from _keys(pipeline, _PIPELINE, place)
        metrics = pipeline.get("metrics")
        if metrics is not None and metrics.entries("backends"):
            yield metrics.line, f"{place}metrics.backends: {_FILE['monitoring']}"
        for at, task in enumerate(pipeline.entries("tasks")):
            yield from _task(task, f"{place}tasks.{at}.")
    for number, service in enumerate(file.entries("services")):
        yield from _mounts(service, f"services.{number}.")


def _task(task: Node, place: str) -> Iterator[tuple[int, str]]:
    yield from _keys(task, _TASK, place)
    yield from _type(task, "task", place)
    yield from _mounts(task, place)


def _mounts(node: Node, place: str) -> Iterator[tuple[int, str]]:
    for number, mount in enumerate(node.entries("mounts")):
        yield from _keys(mount, _MOUNT, f"{place}mounts.{number}.")


def _keys(node: Node, refused: Mapping[str, str], place: str) -> Iterator[tuple[int, str]]:
    for key, why in refused.items():
        found = node.get(key)
        if found is not None:
            yield found.line, f"{place}{key} cannot be carried over: {why}"


def _type(node: Node, what: str, place: str) -> Iterator[tuple[int, str]]:
    found, carried = node.get("type"), _TYPES[what]
    if found is not None and found.value not in carried:
        yield found.line, f"{place}type: found {found.value!r}; of {what}s, {' and '.join(carried)} can be carried over"
