"""Tasks as processing jobs: the requests, what is uploaded for them, and where a mistake comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import load_task_file
from pipeline.errors import ConfigError
from pipeline.plan import Plan, deletions, resolve_settings
from pipeline.plan.tasks import plan_tasks, tasks_key

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tasks:1"
ROLE = "arn:aws:iam::123456789012:role/pipeline"
PROCESSING = "/opt/ml/processing"


def write(folder: Path, first: dict[str, Any] | None = None, **sagemaker: Any) -> Path:
    (folder / "src" / "part").mkdir(parents=True, exist_ok=True)
    for name in ("a.py", "part/b.py", ".secret", "store/model.json", "part/__pycache__/b.pyc"):
        (folder / "src" / name).parent.mkdir(exist_ok=True)
        (folder / "src" / name).write_text(name)
    document = {
        "name": "shop",
        "images": {"code": {"source": "src", "uri": IMAGE}},
        "volumes": {"store": {"folder": "src/store"}, "other": {"folder": "other", "uri": "s3://else/where/"}},
        "executors": {"big": {"type": "sagemaker", "instance_type": "ml.m5.4xlarge", "volume_size": 99}},
        "pipelines": {
            "nightly": {
                "timeout_minutes": 30,
                "executor": "sagemaker",
                "tasks": [
                    {
                        "name": "first_task",
                        "image": "code",
                        "cmd": "python a.py --to=/mnt/store/x",
                        "env": {"STORE": "/mnt/store", "FLAG": False},
                        "mounts": {"store": "/mnt/store", "other": "/data"},
                        "timeout_minutes": 0.5,
                        **(first or {}),
                    },
                    {"name": "second", "image": "code", "cmd": "true", "executor": "big", "instances": 2},
                ],
            }
        },
        "sagemaker": {"region": "eu-west-1", "role": ROLE, "bucket": "bucket", **sagemaker},
    }
    file = folder / "tasks.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def plan_of(path: Path, key: str = "k1", **options: Any) -> Plan:
    file = load_task_file(path)
    return plan_tasks(file, "nightly", resolve_settings(file.sagemaker.section(), {}), key, **options)


def test_a_task_is_a_job_that_runs_its_command_in_its_source(tmp_path: Path) -> None:
    made = plan_of(write(tmp_path))
    assert [step.name for step in made.steps] == ["first_task", "second-0", "second-1"]
    request = made.steps[0].request
    assert request["ProcessingJobName"] == "nightly-k1-00-00-first-task"
    assert request["AppSpecification"] == {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["/bin/sh", f"{PROCESSING}/input/task/task.sh"],
        "ContainerArguments": [f"python a.py --to={PROCESSING}/output/volumes/store/x"],
    }
    assert request["Environment"] == {
        "STORE": f"{PROCESSING}/output/volumes/store",
        "FLAG": "false",
        "TASK_INSTANCE": "0",
        "TASK_INSTANCES": "1",
    }
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 30}
    inputs = {entry["S3Input"]["LocalPath"]: entry["S3Input"]["S3Uri"] for entry in request["ProcessingInputs"]}
    root = "s3://bucket/inference-pipeline/nightly/k1"
    assert made.root == root
    volume = "s3://bucket/inference-pipeline/shop/volumes/store"
    assert inputs == {
        f"{PROCESSING}/input/task": f"{root}/code/task/",
        f"{PROCESSING}/input/source": f"{root}/code/source-0/",
        f"{PROCESSING}/input/volumes/store": f"{volume}/",
        f"{PROCESSING}/input/volumes/other": "s3://else/where/",
    }
    outputs = [entry["S3Output"] for entry in request["ProcessingOutputConfig"]["Outputs"]]
    assert {output["LocalPath"]: output["S3Uri"] for output in outputs} == {
        f"{PROCESSING}/output/volumes/store": volume,
        f"{PROCESSING}/output/volumes/other": "s3://else/where",
    }


def test_an_executor_has_machines_of_its_own_and_instances_are_jobs(tmp_path: Path) -> None:
    *_, one, two = plan_of(write(tmp_path)).steps
    cluster = one.request["ProcessingResources"]["ClusterConfig"]
    assert (cluster["InstanceCount"], cluster["InstanceType"], cluster["VolumeSizeInGB"]) == (1, "ml.m5.4xlarge", 99)
    assert [step.request["Environment"]["TASK_INSTANCE"] for step in (one, two)] == ["0", "1"]
    names = [step.request["ProcessingJobName"] for step in (one, two)]
    assert names == ["nightly-k1-01-00-second", "nightly-k1-01-01-second"]
    assert one.request["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}


def test_code_is_uploaded_and_nothing_hidden_compiled_or_of_a_volume(tmp_path: Path) -> None:
    made = plan_of(write(tmp_path))
    assert [upload.uri.removeprefix("s3://bucket/inference-pipeline/") for upload in made.uploads] == [
        "nightly/k1/code/task/task.sh",
        "nightly/k1/code/source-0/.keep",
        "nightly/k1/code/source-0/a.py",
        "nightly/k1/code/source-0/part/b.py",
        "shop/volumes/store/.keep",
        "s3://else/where/.keep",
    ]


def test_some_tasks_alone_have_the_names_that_they_have_among_all(tmp_path: Path) -> None:
    file = write(tmp_path)
    assert plan_of(file, only=["second"]).steps == plan_of(file).steps[1:]


def test_all_jobs_are_deleted(tmp_path: Path) -> None:
    made = plan_of(write(tmp_path))
    names = [deletion.request["ProcessingJobName"] for deletion in deletions(made)]
    assert names == [step.request["ProcessingJobName"] for step in made.steps]


def test_network_and_keys_are_those_of_the_section(tmp_path: Path) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    file = write(
        tmp_path,
        kms_key=key,
        vpc={"subnets": ["subnet-1"], "security_groups": ["sg-1"]},
        network_isolation=True,
        tags={"team": "risk"},
        processing={"role": f"{ROLE}-2", "instance_type": "ml.c5.xlarge"},
    )
    request = plan_of(file).steps[0].request
    assert request["ProcessingOutputConfig"]["KmsKeyId"] == key
    assert request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
    assert request["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.c5.xlarge"
    assert request["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert request["NetworkConfig"]["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert (request["RoleArn"], request["Tags"]) == (f"{ROLE}-2", [{"Key": "team", "Value": "risk"}])


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"cmd": "x" * 257}, "pipelines.nightly.tasks.0.cmd: "),
        ({"env": {"A": "x" * 257}}, "pipelines.nightly.tasks.0.env: "),
    ],
)
def test_what_aws_would_refuse_is_told_by_its_key(tmp_path: Path, first: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan_of(write(tmp_path, first))


def test_a_machine_that_aws_has_not_is_told_by_its_executor(tmp_path: Path) -> None:
    file = write(tmp_path)
    file.write_text(file.read_text().replace("ml.m5.4xlarge", "ml.none.large"))
    with pytest.raises(ConfigError, match=r"executors\.big\.instance_type: Value 'ml\.none\.large'"):
        plan_of(file)


def test_a_run_s_key_is_another_when_the_code_is(tmp_path: Path) -> None:
    file = write(tmp_path)
    config = load_task_file(file)
    before = tasks_key(file, config)
    (tmp_path / "src" / "store" / "model.json").write_text("new")
    assert tasks_key(file, config) == before
    (tmp_path / "src" / "a.py").write_text("new")
    assert tasks_key(file, config) != before
