"""The folders of a training job's instances, as SageMaker's containers find them at /opt/ml."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.local.jobs.job import Job, JobFailure


@dataclass(frozen=True)
class Instance:
    """One instance: its host name (algo-1, algo-2, ...), its number from 1, its group, its folder for /opt/ml."""

    name: str
    number: int
    group: str
    base: Path

    @property
    def checkpoints(self) -> Path:
        """What is /opt/ml/checkpoints to it."""
        return self.base / "checkpoints"

    def channel(self, name: str) -> Path:
        """The folder of a channel's files."""
        return self.base / "input" / "data" / name

    def failure(self) -> str:
        """What the program wrote of its failure; empty where it wrote nothing."""
        path = self.base / "output" / "failure"
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""


def make_instances(job: Job) -> list[Instance]:
    """The folders of all instances, with the configuration files that the request asks for; channels are empty yet."""
    groups = instance_groups(job.request["ResourceConfig"])
    names = [(group["instance_group_name"], name) for group in groups for name in group["hosts"]]
    instances = [
        Instance(name, number, group, job.folder / name) for number, (group, name) in enumerate(names, start=1)
    ]
    for instance in instances:
        for folder in ("input/config", "input/data", "model", "output/data", "checkpoints"):
            (instance.base / folder).mkdir(parents=True)
        for name, document in _configuration(job.request, groups, instance).items():
            text = json.dumps(document, indent=2)
            (instance.base / "input" / "config" / name).write_text(text, encoding="utf-8")
    return instances


def instance_groups(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """The instance groups of a ResourceConfig, as resourceconfig.json lists them; JobFailure if all are empty."""
    given = resources.get("InstanceGroups") or [
        {
            "InstanceGroupName": "homogeneousCluster",
            "InstanceType": resources.get("InstanceType", ""),
            "InstanceCount": resources.get("InstanceCount", 1),
        }
    ]
    groups, number = [], 0
    for group in given:
        hosts = [f"algo-{number + index + 1}" for index in range(group["InstanceCount"])]
        number += len(hosts)
        groups.append(
            {
                "instance_group_name": group["InstanceGroupName"],
                "instance_type": group["InstanceType"],
                "hosts": hosts,
            }
        )
    if not number:
        raise JobFailure("ClientError: InstanceCount is 0: there is nothing to train on")
    return groups


def _configuration(request: dict[str, Any], groups: list[dict[str, Any]], instance: Instance) -> dict[str, Any]:
    """The files of input/config by name. Source: SageMaker, how it provides training information."""
    group = next(group for group in groups if group["instance_group_name"] == instance.group)
    files: dict[str, Any] = {
        "hyperparameters.json": request.get("HyperParameters", {}),
        "inputdataconfig.json": {
            channel["ChannelName"]: _channel(request, channel) for channel in request.get("InputDataConfig", ())
        },
        "resourceconfig.json": {
            "current_host": instance.name,
            "current_instance_type": group["instance_type"],
            "current_group_name": group["instance_group_name"],
            "hosts": [name for each in groups for name in each["hosts"]],
            "instance_groups": groups,
            "network_interface_name": "lo",
        },
    }
    if "CheckpointConfig" in request:
        local = {"S3Uri": request["CheckpointConfig"]["S3Uri"], "LocalPath": str(instance.checkpoints)}
        files["checkpointconfig.json"] = local
    return files


def _channel(request: dict[str, Any], channel: dict[str, Any]) -> dict[str, Any]:
    source = channel["DataSource"].get("S3DataSource", {})
    settings = {
        "TrainingInputMode": channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"],
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return {"ContentType": channel["ContentType"], **settings} if channel.get("ContentType") else settings
