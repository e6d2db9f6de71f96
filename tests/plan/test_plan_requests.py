"""Every request of every plan: AWS's constraints, botocore's own validator and its serializer take it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_cases import BASE, ROLE, config_of, plan_of, settings_of, write
from tests_paths import ROOT

from pipeline.aws.constraints import request_problems
from pipeline.aws.service_model import operation, service_model
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.plan import Plan, content_key, deletions, plan_requests, resolve_settings
from pipeline.plan.document import plan_document

SECTIONS: dict[str, dict[str, Any]] = {
    "nothing said": {},
    "everything said": {
        "region": "us-east-1",
        "role": ROLE,
        "bucket": "bucket",
        "prefix": "team/models",
        "kms_key": "arn:aws:kms:us-east-1:123456789012:key/k",
        "vpc": {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]},
        "tags": {"team": "risk", "größe": 3, "live": False},
        "encrypt_traffic": True,
        "processing": {"instance_count": 3, "spark": {"spark.executor.memory": "4g"}, "max_runtime": 3600},
        "training": {"spot": True, "max_wait": 100_000, "input_mode": "FastFile"},
        "endpoint": {
            "name": "abalone",
            "instance_count": 2,
            "variants": [{"name": "new", "weight": 1}, {"name": "old", "model": "earlier", "weight": 9}],
            "data_capture": {"percentage": 50},
            "deployment": {"traffic": "canary", "percent": 20, "alarms": ["errors", "latency"], "timeout": 3600},
            "startup_timeout": 300,
        },
        "transform": {"join": True, "output_filter": "$[0,-1]", "max_concurrent": 4},
        "registration": {"group": "abalone", "description": "ages", "metadata": {"owner": "team"}},
    },
    "two containers": {"model": {"layout": "two-containers"}},
    "an own image": {
        "model": {"layout": "image"},
        "images": {"own": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1"},
    },
    "tuning": {"tuning": {"objective": "validation:rmse", "ranges": {"eta": {"min": 0.1, "max": 0.5}}}},
    "serverless": {"endpoint": {"serverless": {"memory": 4096, "provisioned_concurrency": 2}}},
    "asynchronous": {"endpoint": {"asynchronous": {"max_concurrent": 4, "failure": "s3://bucket/failed"}}},
    "no endpoint, no transform": {"endpoint": None, "transform": None},
}


VERSION = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/a/1"


def sent(plan: Plan) -> list[tuple[str, Any]]:
    """All requests of a plan: those of its steps, those instead of them, waits, deletions."""
    found: list[tuple[str, Any]] = []
    for step in plan.steps:
        found.append((step.operation, step.request))
        if step.instead is not None:
            found.append((step.instead.operation, step.instead.request))
        if step.wait is not None:
            known = dict.fromkeys(step.wait.from_reply, VERSION)
            found.append((step.wait.describe, {**step.wait.request, **known}))
            if step.wait.stop:
                found.append((step.wait.stop, step.wait.request))
    for deletion in deletions(plan):
        known = dict.fromkeys(deletion.from_reply, VERSION)
        found.append((deletion.operation, {**deletion.request, **known}))
    return found


def taken(plan: Plan) -> None:
    serializer = create_serializer("json", include_validation=False)
    for name, request in sent(plan):
        model = operation(name)
        assert request_problems(name, request) == [], name
        assert not ParamValidator().validate(request, model.input_shape).has_errors(), name
        body = serializer.serialize_to_request(request, model)["body"]
        assert json.loads(body) == json.loads(json.dumps(request)), name


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_every_request_is_one_that_aws_takes(tmp_path: Path, section: dict[str, Any]) -> None:
    changes = {"training": {"shards": 4}}
    taken(plan_of(tmp_path, section, **changes))


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_the_examples_have_plans(name: str) -> None:
    file = ROOT / "examples" / name / "pipeline.yml"
    config = load_config(file)
    taken(plan_requests(config, file, settings_of(config), "run1"))


def test_the_order_of_the_steps(tmp_path: Path) -> None:
    assert [step.name for step in plan_of(tmp_path, {"registration": {"group": "g"}}).steps] == [
        "processing",
        "training",
        "model",
        "model-package-group",
        "model-package",
        "endpoint-config",
        "endpoint",
        "transform",
    ]
    tuned = plan_of(tmp_path, SECTIONS["tuning"] | {"endpoint": None})
    assert [step.operation for step in tuned.steps][1:] == [
        "CreateHyperParameterTuningJob",
        "CreateModel",
        "CreateTransformJob",
    ]


def test_the_same_file_and_key_make_the_same_plan_and_another_key_other_names(tmp_path: Path) -> None:
    section = SECTIONS["everything said"]
    shards = {"training": {"shards": 1}}
    assert plan_of(tmp_path, section, **shards) == plan_of(tmp_path, section, **shards)
    mine, other = (
        {
            value
            for name, value in _names(plan_of(tmp_path, section, key, **shards))
            if value not in ("abalone", "earlier")
        }
        for key in ("run1", "run2")
    )
    assert mine & other == set()


def _names(plan: Plan) -> list[tuple[str, str]]:
    return [(key, value) for step in plan.steps for key, value in step.request.items() if key.endswith("Name")]


def test_everything_of_a_run_is_below_its_root(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {})
    assert plan.root == BASE
    uris = {part for part in json.dumps(plan_document(plan)).split('"') if part.startswith("s3://")}
    assert uris
    assert all(uri.startswith(BASE) for uri in uris)
    assert [upload.uri.removeprefix(BASE) for upload in plan.uploads] == [
        "/input/rows/",
        "/input/schema.json",
        "/code/preprocess.py",
        "/code/py-files.zip",
    ]


def test_rows_are_uploaded_from_where_the_file_or_the_caller_says(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a", encoding="utf-8")
    named = plan_of(tmp_path, {}, data={"location": str(rows)})
    assert (named.uploads[0].uri, named.uploads[0].path) == (f"{BASE}/input/rows/rows.csv", rows)
    folder = plan_of(tmp_path, {}, data={"location": str(tmp_path)})
    assert (folder.uploads[0].uri, folder.uploads[0].path) == (f"{BASE}/input/rows/", tmp_path)
    there = plan_of(tmp_path, {}, data={"location": "s3://raw/abalone/"})
    assert [upload.uri for upload in there.uploads if "rows" in upload.uri] == []
    step = there.step("processing")
    assert step is not None
    assert step.request["ProcessingInputs"][0]["S3Input"]["S3Uri"] == "s3://raw/abalone/"
    file = write(tmp_path, {}, data={"location": "s3://raw/abalone/"})
    config = load_config(file)
    given_rows = plan_requests(config, file, settings_of(config), "run1", rows=rows)
    assert given_rows.uploads[0].path == rows
    assert given_rows.steps[0].request["ProcessingInputs"][0]["S3Input"]["S3Uri"] == f"{BASE}/input/rows/"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            {"processing": {"instance_type": "ml.huge"}},
            "sagemaker.processing.instance_type: Value 'ml.huge' at 'processingResources.clusterConfig.instanceType' "
            "failed to satisfy constraint: Member must satisfy enum value set: [ml.t3.medium",
        ),
        (
            {"processing": {"instance_count": 101}},
            "sagemaker.processing.instance_count: Value '101' at 'processingResources.clusterConfig.instanceCount' "
            "failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
        ({"role": "sagemaker"}, "sagemaker.role: Value 'sagemaker' at 'roleArn' failed"),
        ({"kms_key": "a key"}, "sagemaker.kms_key: Value 'a key' at 'processingOutputConfig.kmsKeyId' failed"),
        ({"tags": {"a" * 129: "b"}}, "sagemaker.tags: Value 'aaa"),
        ({"vpc": {"subnets": ["s"]}}, "sagemaker.vpc.security_groups: Value '[]' at 'networkConfig.vpcConfig"),
        ({"endpoint": {"serverless": {"memory": 7168}}}, "sagemaker.endpoint.serverless: Value '7168' at"),
        ({"endpoint": {"startup_timeout": 5}}, "sagemaker.endpoint.startup_timeout: Value '5' at"),
        ({"transform": {"input_filter": "$" * 64}}, "sagemaker.transform.input_filter: Value '$$"),
        ({"model": {"environment": {"A": "x" * 1025}}}, "sagemaker.model.environment: Value '{"),
        ({"registration": {"group": "g", "metadata": {"a": "x" * 257}}}, "sagemaker.registration.metadata: Value '{"),
    ],
)
def test_what_aws_would_refuse_is_told_by_its_key(tmp_path: Path, section: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, section)
    assert str(caught.value).startswith(said)


def test_an_argument_is_no_longer_than_aws_lets(tmp_path: Path) -> None:
    longest = "features:" + "b" * 247
    arguments = plan_of(tmp_path, {}, features={"pipeline": longest}).steps[0].request["AppSpecification"]
    assert longest in arguments["ContainerArguments"]
    said = r"^data, features: Value '\[.*' at 'appSpecification\.containerArguments' .* less than or equal to 256,"
    with pytest.raises(ConfigError, match=said):
        plan_of(tmp_path, {}, features={"pipeline": f"{longest}b"})


def test_what_the_environment_says_wrong_is_told_by_its_variable(tmp_path: Path) -> None:
    file = write(tmp_path, {})
    config = load_config(file)
    wrong = settings_of(config, SAGEMAKER_TRAINING_INSTANCE_TYPE="ml.huge")
    with pytest.raises(ConfigError, match=r"^SAGEMAKER_TRAINING_INSTANCE_TYPE: Value 'ml\.huge' at 'resourceConfig"):
        plan_requests(config, file, wrong, "run1")


@pytest.mark.parametrize("key", ["", "a b", "-a", "a/b", "x" * 41])
def test_a_run_key_that_makes_no_names_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="the run's key is"):
        plan_of(tmp_path, {}, key)


def test_the_key_made_of_a_file_changes_with_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, {})
    config = load_config(file)
    first = content_key(file, config)
    assert first == content_key(file, config)
    file.write_text(file.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert content_key(file, config) != first


_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "network_isolation": st.just(False),
        "encrypt_traffic": st.booleans(),
        "tags": st.dictionaries(
            st.text("abcüé_:/=+-@", min_size=1, max_size=128), st.text("aß ", max_size=256), max_size=5
        ),
        "processing": st.fixed_dictionaries(
            {},
            optional={
                "instance_count": st.integers(1, 100),
                "volume_size": st.integers(1, 16384),
                "event_log": st.booleans(),
            },
        ),
        "training": st.fixed_dictionaries({"spot": st.booleans()}, optional={"instance_count": st.integers(1, 4)}),
        "model": st.fixed_dictionaries({"layout": st.sampled_from(["two-containers", "fused"])}),
        "endpoint": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "instance_count": st.integers(1, 9),
                "data_capture": st.fixed_dictionaries({"percentage": st.integers(0, 100)}),
                "deployment": st.fixed_dictionaries(
                    {"traffic": st.sampled_from(["all-at-once", "canary", "linear", "rolling"])},
                    optional={"percent": st.integers(10, 50), "wait": st.integers(0, 3600)},
                ),
            },
        ),
        "transform": st.none()
        | st.fixed_dictionaries(
            {"split": st.just("Line")},
            optional={"join": st.booleans(), "max_payload": st.integers(0, 100), "retries": st.integers(0, 3)},
        ),
        "registration": st.none() | st.just({"group": "group-1"}),
    },
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(section=_OPTIONS, key=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True))
def test_whatever_the_section_allows_is_a_plan_that_aws_takes(
    tmp_path: Path, section: dict[str, Any], key: str
) -> None:
    taken(plan_of(tmp_path, section, key, training={"shards": 4}))


def test_a_plan_needs_no_network_and_no_client(tmp_path: Path) -> None:
    """In a process where a socket cannot be opened: no boto3, no SDK, no pandas is imported either."""
    code = """
import socket, sys
def refuse(*arguments, **options): raise AssertionError("a socket was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from pathlib import Path
from pipeline.config import load_config
from pipeline.plan import plan_requests, resolve_settings
file = Path(sys.argv[1])
config = load_config(file)
environment = {"AWS_REGION": "eu-west-1", "SAGEMAKER_ROLE": sys.argv[2], "SAGEMAKER_BUCKET": "bucket"}
print(len(plan_requests(config, file, resolve_settings(config.sagemaker, environment), "run1").steps))
print(*sys.modules)
"""
    file = write(tmp_path, {"secret": {"name": "s", "holds": ["role", "bucket"]}})
    done = subprocess.run([sys.executable, "-c", code, str(file), ROLE], capture_output=True, text=True, check=True)
    count, modules = done.stdout.splitlines()
    assert int(count) == 6
    assert {"boto3", "sagemaker", "pandas", "pyspark", "xgboost", "botocore.client"} & set(modules.split()) == set()


def test_operations_are_those_of_the_service() -> None:
    assert {"DeleteEndpoint", "DeleteTrainingJob", "StopTransformJob"} <= set(service_model().operation_names)


def test_settings_of_a_file_and_the_label_it_names(tmp_path: Path) -> None:
    config = config_of(tmp_path, {"role": ROLE, "bucket": "bucket", "region": "eu-west-1"})
    assert resolve_settings(config.sagemaker, {}).role == ROLE
    layout = {"model": {"layout": "two-containers"}}
    plan = plan_of(tmp_path, layout, data={"label": "height"})
    step = plan.step("CreateModel")
    assert step is not None
    schema = json.loads(step.request["Containers"][0]["Environment"]["SAGEMAKER_SPARKML_SCHEMA"])
    names = [column["name"] for column in schema["input"]]
    assert "rings" in names
    assert "height" not in names
