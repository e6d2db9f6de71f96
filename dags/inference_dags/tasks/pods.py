"""Tasks as pods of a Kubernetes cluster."""

from __future__ import annotations

import re
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

from inference_dags.tasks.shell import verbatim
from pipeline.config.executors import Executor
from pipeline.config.section import text
from pipeline.config.tasks import Task, TaskFile
from pipeline.errors import ConfigError
from pipeline.tasks.commands import names_of, numbered


def pods(file: TaskFile, task: Task, executor: Executor, more: dict[str, Any]) -> list[Any]:
    """One operator for each instance; the image has the source in its working folder. Raises ConfigError."""
    image = file.images[task.image].uri
    if image is None:
        raise ConfigError(f"images.{task.image}.uri is missing: the pod of {task.name} is started from an image")
    return [
        KubernetesPodOperator(
            task_id=name,
            name=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
            namespace=executor.namespace,
            image=image,
            image_pull_policy=executor.image_pull_policy,
            image_pull_secrets=_named(executor.image_pull_secret),
            cmds=["/bin/sh", "-c"],
            arguments=[verbatim(task.cmd)],
            env_vars=[
                k8s.V1EnvVar(name=key, value=verbatim(value)) for key, value in _variables(task, instance).items()
            ],
            volumes=[_volume(file, volume) for volume in task.mounts],
            volume_mounts=[k8s.V1VolumeMount(name=_label(volume), mount_path=at) for volume, at in task.mounts.items()],
            container_resources=_resources(executor),
            service_account_name=executor.service_account,
            node_selector=executor.node_selector or None,
            in_cluster=executor.in_cluster,
            **({"kubernetes_conn_id": executor.connection} if executor.connection else {}),
            get_logs=True,
            on_finish_action="delete_pod",
            doc=task.description or None,
            **more,
        )
        for instance, name in enumerate(names_of(task))
    ]


def _variables(task: Task, instance: int) -> dict[str, str]:
    return {**{name: text(value) for name, value in task.env.items()}, **numbered(instance, task.instances)}


def _volume(file: TaskFile, name: str) -> Any:
    claim = file.volumes[name].claim or f"{_label(name)}-pvc"
    source = k8s.V1PersistentVolumeClaimVolumeSource(claim_name=claim)
    return k8s.V1Volume(name=_label(name), persistent_volume_claim=source)


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _named(secret: str | None) -> list[Any] | None:
    return None if secret is None else [k8s.V1LocalObjectReference(name=secret)]


def _resources(executor: Executor) -> Any:
    requests = {"cpu": executor.cpu, "memory": executor.memory}
    limits = {"cpu": executor.cpu_limit, "memory": executor.memory_limit}
    if not any([*requests.values(), *limits.values()]):
        return None
    return k8s.V1ResourceRequirements(
        requests={name: value for name, value in requests.items() if value} or None,
        limits={name: value for name, value in limits.items() if value} or None,
    )
