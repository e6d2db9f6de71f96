"""The roles: each may do what its job does, by the very requests of a plan, and nothing beside it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud import REGION, Cloud
from permissions import Permissions, document, of_role
from sent_calls import OPERATORS, operations, permissions
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.config.glue import Glue
from pipeline.plan import Plan, plan_requests, resolve_settings
from pipeline.plan.deletions import deletions

ACCOUNT = "123456789012"
# IAM counts no white space.
LONGEST_POLICY = 6144


@pytest.fixture(scope="module")
def outputs(aws: Cloud) -> dict[str, str]:
    done = aws.run("deploy", "-p", "Prefix=team/models", "-p", "DataBucket=raw-data")
    lines = [line.partition("=") for line in done.stdout.splitlines()]
    return {name.partition(".")[2]: value for name, _, value in lines}


@pytest.fixture(scope="module")
def caller(aws: Cloud, outputs: dict[str, str]) -> Permissions:
    return of_role(aws, outputs["CallerRoleArn"])


@pytest.fixture(scope="module")
def plans(outputs: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    """The abalone example: as it is, tuned, on Glue, from another bucket, with captures and checkpoints."""
    said = {
        "AWS_REGION": REGION,
        "SAGEMAKER_BUCKET": outputs["Bucket"],
        "SAGEMAKER_PREFIX": "team/models",
        "SAGEMAKER_PROCESSING_ROLE": outputs["ProcessingRoleArn"],
        "SAGEMAKER_TRAINING_ROLE": outputs["TrainingRoleArn"],
        "SAGEMAKER_MODEL_ROLE": outputs["TransformRoleArn"],
        "SAGEMAKER_GLUE_ROLE": outputs["GlueRoleArn"],
    }
    sections: list[dict[str, Any]] = [
        {},
        {"model": {"layout": "two-containers"}, "training": {"spot": True}},
        {"tuning": {"objective": "validation:rmse", "ranges": {"eta": {"min": 0.1, "max": 0.3}}}},
        {"endpoint": {"data_capture": {}, "name": "abalone"}, "registration": {"group": "abalone"}},
        {"endpoint": {"asynchronous": {}}, "transform": None},
        {"endpoint": None, "transform": None},
    ]
    file = ROOT / "examples" / "abalone" / "pipeline.yml"
    found = []
    for number, section in enumerate(sections):
        config = load_config(file)
        sagemaker = type(config.sagemaker).model_validate(section)
        data = config.data.model_copy(update={"location": "s3://raw-data/abalone/" if number == 1 else None})
        glue = Glue() if number == len(sections) - 1 else None
        config = config.model_copy(update={"sagemaker": sagemaker, "data": data, "glue": glue})
        settings = resolve_settings(config.sagemaker, said)
        found.append(plan_requests(config, file, settings, f"run{number}"))
    return found


def uris(value: Any) -> Iterator[str]:
    """Every address in S3 in a request."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from uris(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from uris(inner)
    elif isinstance(value, str) and value.startswith("s3://"):
        yield value


def objects(uri: str) -> str:
    """The ARN of an object at or below an address."""
    return f"arn:aws:s3:::{uri.removeprefix('s3://').rstrip('/')}" + (
        "" if uri.endswith((".gz", ".manifest")) else "/part-0"
    )


def steps(plans: list[Plan], operation: str) -> list[dict[str, Any]]:
    """The requests of one kind in all plans."""
    found = [dict(step.request) for plan in plans for step in plan.steps if step.operation == operation]
    assert found, operation
    return found


def planned(plans: list[Plan]) -> set[str]:
    """The permissions for what plans send, ask, stop and delete, some of whose names are put together."""
    found = set()
    for plan in plans:
        for step in plan.steps:
            waits = [step.wait, *(deletion.wait for deletion in deletions(plan))]
            asked = [name for wait in waits if wait for name in (wait.describe, wait.stop) if name]
            found |= {step.operation, *asked, *([step.instead.operation] if step.instead else [])}
        found |= {deletion.operation for deletion in deletions(plan)}
    return {operations()[name] for name in found}


def test_every_call_of_ours_is_the_callers_to_make(caller: Permissions, plans: list[Plan]) -> None:
    needed = permissions() | dict.fromkeys(planned(plans), "a plan")
    assert len(needed) > 45, needed
    # The secret is the user's own: a parameter names it.
    del needed["secretsmanager:GetSecretValue"]
    assert {action: place for action, place in needed.items() if not caller.resources(action)} == {}
    assert [action for action in OPERATORS if not caller.resources(action)] == []


def test_the_caller_may_not_do_more(caller: Permissions, plans: list[Plan]) -> None:
    spare = caller.actions - set(permissions()) - planned(plans) - set(OPERATORS)
    # Tags come with a creation, roles with a job; Airflow's operators and people ask for the rest.
    assert spare <= {
        "glue:GetJobRuns",
        "glue:TagResource",
        "iam:PassRole",
        "logs:FilterLogEvents",
        "s3:GetBucketLocation",
        "sagemaker:AddTags",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:InvokeEndpoint",
    }
    assert not any("*" in action for action in caller.actions)


def test_the_callers_requests_are_for_things_it_may_touch(
    caller: Permissions, outputs: dict[str, str], plans: list[Plan]
) -> None:
    kinds = {
        "ProcessingJob": "processing-job",
        "TrainingJob": "training-job",
        "HyperParameterTuningJob": "hyper-parameter-tuning-job",
        "TransformJob": "transform-job",
        "Model": "model",
        "ModelPackageGroup": "model-package-group",
        "EndpointConfig": "endpoint-config",
        "Endpoint": "endpoint",
    }
    for plan in plans:
        for step in plan.steps:
            if step.thing in kinds:
                name = f"{kinds[step.thing]}/{step.thing_name.lower()}"
                arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{name}"
                assert caller.allow(f"sagemaker:{step.operation}", arn), step.operation
            if step.service == "glue":
                assert caller.allow(f"glue:{step.operation}", f"arn:aws:glue:{REGION}:{ACCOUNT}:job/{step.thing_name}")
        for upload in plan.uploads:
            assert caller.allow("s3:PutObject", objects(upload.uri)), upload.uri
    roles = [value for name, value in outputs.items() if name.endswith("RoleArn") and name != "CallerRoleArn"]
    assert len(roles) == 5
    for role in roles:
        service = "glue.amazonaws.com" if "GlueRole" in role else "sagemaker.amazonaws.com"
        assert caller.allow("iam:PassRole", role, iam__PassedToService=service)
        assert not caller.allow("iam:PassRole", role, iam__PassedToService="ec2.amazonaws.com")
    assert not caller.allow("iam:PassRole", outputs["CallerRoleArn"], iam__PassedToService="sagemaker.amazonaws.com")


def test_jobs_read_and_write_their_own_files(aws: Cloud, outputs: dict[str, str], plans: list[Plan]) -> None:
    for request in steps(plans, "CreateProcessingJob"):
        role = of_role(aws, request["RoleArn"])
        assert request["RoleArn"] == outputs["ProcessingRoleArn"]
        may(role, "s3:GetObject", request["ProcessingInputs"])
        may(role, "s3:PutObject", request["ProcessingOutputConfig"])
    (job,), (run,) = steps(plans, "CreateJob"), steps(plans, "StartJobRun")
    role = of_role(aws, job["Role"])
    assert job["Role"] == outputs["GlueRoleArn"]
    may(role, "s3:GetObject", [job["Command"], job["DefaultArguments"], run["Arguments"]])
    # Spark writes below a temporary key, and what an earlier run has left is deleted.
    for action in ("s3:PutObject", "s3:DeleteObject"):
        may(role, action, run["Arguments"]["--output"])
    for request in steps(plans, "CreateTrainingJob"):
        trains(of_role(aws, request["RoleArn"]), request)
        assert request["RoleArn"] == outputs["TrainingRoleArn"]
    for request in steps(plans, "CreateHyperParameterTuningJob"):
        trains(of_role(aws, request["TrainingJobDefinition"]["RoleArn"]), request["TrainingJobDefinition"])
    for request in steps(plans, "CreateModel"):
        for role in (of_role(aws, request["ExecutionRoleArn"]), of_role(aws, outputs["ModelRoleArn"])):
            may(role, "s3:GetObject", request)
    for request in steps(plans, "CreateTransformJob"):
        role = of_role(aws, outputs["TransformRoleArn"])
        may(role, "s3:GetObject", request["TransformInput"])
        may(role, "s3:PutObject", request["TransformOutput"])
        # One object of another place is named by a manifest beside the run's own input.
        root = request["TransformOutput"]["S3OutputPath"].removesuffix("/predictions")
        may(role, "s3:GetObject", f"{root}/input/0123456789.manifest")
    for request in steps(plans, "CreateEndpointConfig"):
        may(of_role(aws, outputs["ModelRoleArn"]), "s3:PutObject", request)


def trains(role: Permissions, request: dict[str, Any]) -> None:
    """A training job's permissions."""
    may(role, "s3:GetObject", request["InputDataConfig"])
    may(role, "s3:PutObject", request["OutputDataConfig"])
    for action in ("s3:GetObject", "s3:PutObject"):
        may(role, action, request.get("CheckpointConfig", {}))


def may(role: Permissions, action: str, part: Any) -> None:
    """Asserts an action on every address in a part of a request."""
    for uri in uris(part):
        assert role.allow(action, objects(uri)), (action, uri)


def test_jobs_do_not_touch_the_others_files(aws: Cloud, outputs: dict[str, str]) -> None:
    run = f"arn:aws:s3:::{outputs['Bucket']}/team/models/abalone/run0"
    refused = {
        "ProcessingRoleArn": [("s3:PutObject", "training/job/output/model.tar.gz"), ("s3:GetObject", "training/x")],
        "TrainingRoleArn": [("s3:GetObject", "input/rows/part-0"), ("s3:PutObject", "etl/train/part-0")],
        "ModelRoleArn": [("s3:PutObject", "model/fused/model.tar.gz"), ("s3:GetObject", "etl/train/part-0")],
        "TransformRoleArn": [("s3:PutObject", "etl/requests/part-0"), ("s3:GetObject", "input/rows/part-0")],
        "GlueRoleArn": [("s3:PutObject", "model/fused/model.tar.gz"), ("s3:GetObject", "training/x")],
    }
    for name, calls in refused.items():
        role = of_role(aws, outputs[name])
        for action, key in calls:
            assert not role.allow(action, f"{run}/{key}"), (name, action, key)
        assert not role.allow("s3:DeleteObject", f"{run}/input/rows/part-0")
        assert not role.allow("s3:GetObject", f"arn:aws:s3:::{outputs['Bucket']}/airflow/dags/pipelines.py")
        assert not {action for action in role.actions if action.startswith(("iam:", "sagemaker:", "sts:"))}, name


def test_only_the_raw_data_of_a_bucket_that_is_named_are_read(aws: Cloud, outputs: dict[str, str]) -> None:
    processing = of_role(aws, outputs["ProcessingRoleArn"])
    assert processing.allow("s3:GetObject", "arn:aws:s3:::raw-data/rows.csv")
    assert not processing.allow("s3:PutObject", "arn:aws:s3:::raw-data/rows.csv")
    assert not of_role(aws, outputs["TrainingRoleArn"]).allow("s3:GetObject", "arn:aws:s3:::raw-data/rows.csv")


def test_new_data_beside_the_runs_are_read(aws: Cloud, outputs: dict[str, str], caller: Permissions) -> None:
    new = f"arn:aws:s3:::{outputs['Bucket']}/incoming/churn/rows.csv"
    readers = {"ProcessingRoleArn", "TransformRoleArn", "GlueRoleArn"}
    for name in (*readers, "TrainingRoleArn", "ModelRoleArn"):
        assert of_role(aws, outputs[name]).allow("s3:GetObject", new) == (name in readers), name
    assert caller.allow("s3:GetObject", new)
    assert not caller.allow("s3:PutObject", new)


def test_policies_are_short_enough_for_iam(aws: Cloud) -> None:
    policies = aws.client("iam").list_policies(Scope="Local")["Policies"]
    assert len(policies) >= 3
    for policy in policies:
        text = json.dumps(document(aws, policy["Arn"]), separators=(",", ":"))
        assert len(text) <= LONGEST_POLICY, (policy["PolicyName"], len(text))


def test_a_plan_of_one_role_for_all_stays_as_it_is(tmp_path: Path) -> None:
    file = ROOT / "examples" / "abalone" / "pipeline.yml"
    config = load_config(file)
    role = f"arn:aws:iam::{ACCOUNT}:role/one"
    said = {"AWS_REGION": REGION, "SAGEMAKER_BUCKET": "bucket", "SAGEMAKER_ROLE": role}
    plan = plan_requests(config, file, resolve_settings(config.sagemaker, said), "run")
    text = json.dumps([dict(step.request) for step in plan.steps if dataclasses.is_dataclass(step)])
    assert text.count(role) == 3
