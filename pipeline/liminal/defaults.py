"""task_defaults, pipeline_defaults and service_defaults, filled in where they hold."""

from __future__ import annotations

from pipeline.liminal.nodes import Node, merged

_SECTIONS = ("task_defaults", "pipeline_defaults", "service_defaults")
_AROUND = ("before_tasks", "after_tasks")
# A task of this type in the defaults' tasks stands for the pipeline's own.
_OWN = "pipeline"


def with_defaults(file: Node) -> Node:
    """The file without these sections: each task, pipeline and service says itself what they say."""
    tasks, pipelines, services = (file.get(section) for section in _SECTIONS)
    changes = {}
    if "pipelines" in file.value:
        entries = [_pipeline(entry, pipelines, tasks) for entry in file.entries("pipelines")]
        changes["pipelines"] = Node(entries or file.value["pipelines"].value, file.value["pipelines"].line)
    if "services" in file.value:
        entries = [merged(entry, services) for entry in file.entries("services")]
        changes["services"] = Node(entries or file.value["services"].value, file.value["services"].line)
    return file.having(changes).without(*_SECTIONS)


def _pipeline(pipeline: Node, defaults: Node | None, tasks: Node | None) -> Node:
    if not isinstance(pipeline.value, dict):
        return pipeline
    own = pipeline.entries("tasks")
    if defaults is not None and isinstance(defaults.value, dict):
        before, after = (defaults.entries(key) for key in _AROUND)
        own = [*before, *_within(defaults.entries("tasks"), own), *after]
        pipeline = merged(pipeline, defaults.without("tasks", *_AROUND))
    if not own:
        return pipeline
    line = pipeline.value["tasks"].line if "tasks" in pipeline.value else own[0].line
    return pipeline.having({"tasks": Node([merged(task, _of_type(tasks, task)) for task in own], line)})


def _within(around: list[Node], own: list[Node]) -> list[Node]:
    if not around:
        return own
    placed = [[*own] if _type(task) == _OWN else [task] for task in around]
    return [task for tasks in placed for task in tasks]


def _of_type(defaults: Node | None, task: Node) -> Node | None:
    kind = _type(task)
    return defaults.get(kind) if defaults is not None and isinstance(kind, str) else None


def _type(task: Node) -> object:
    kind = task.get("type")
    return None if kind is None else kind.value
