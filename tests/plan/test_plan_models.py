"""Models, endpoints, the registry, and the deletions of all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from plan_cases import BASE, plan_of, request_of

from pipeline.errors import ConfigError
from pipeline.plan import Package, Step, deletions
from pipeline.plan.containers import LONGEST_VARIABLE
from pipeline.schema.sparkml import parse_sparkml_schema

TUNING = {"objective": "validation:rmse", "ranges": {"eta": {"min": 0.1, "max": 0.5}}}
TRAINED = f"{BASE}/training/abalone-run1-train/output/model.tar.gz"
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/scorer:1"


def step_of(folder: Path, name: str, section: dict[str, Any], **changes: Any) -> Step:
    step = plan_of(folder, section, **changes).step(name)
    assert step is not None
    return step


def wide_contract(folder: Path, features: int) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [{"name": f"feature_{at}", "type": "double"} for at in range(features)]
    file = folder / "schema.json"
    file.write_text(
        json.dumps({"columns": [*columns, {"name": "y", "type": "double", "label": True}]}), encoding="utf-8"
    )
    return {"schema": str(file)}


def test_two_containers_take_what_the_jobs_left(tmp_path: Path) -> None:
    step = step_of(tmp_path, "model", {"model": {"layout": "two-containers"}}, inference={"output": ["raw_score"]})
    sparkml, xgboost = step.request["Containers"]
    assert step.package is None
    assert (sparkml["ModelDataUrl"], xgboost["ModelDataUrl"]) == (f"{BASE}/etl/model.tar.gz", TRAINED)
    assert sparkml["Image"].endswith("/sagemaker-sparkml-serving:3.3")
    assert xgboost["Image"].endswith("/sagemaker-xgboost:3.2-0")
    schema, output = parse_sparkml_schema(sparkml["Environment"]["SAGEMAKER_SPARKML_SCHEMA"])
    assert schema.names == [
        "sex",
        "length",
        "diameter",
        "height",
        "whole_weight",
        "shucked_weight",
        "viscera_weight",
        "shell_weight",
    ]
    assert (output.name, output.struct) == ("features", "vector")
    assert xgboost["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"] == "raw_score"
    assert step.request["InferenceExecutionConfig"] == {"Mode": "Serial"}


def test_a_wide_contract_does_not_fit_a_variable_and_travels_in_the_archive(tmp_path: Path) -> None:
    wide = wide_contract(tmp_path, 30)
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, {"model": {"layout": "two-containers"}}, data=wide)
    said = str(caught.value)
    assert "the contract's 30 features make a SAGEMAKER_SPARKML_SCHEMA of 1,2" in said
    assert "a variable of a model holds 1,024" in said
    assert "layout: fused" in said
    assert step_of(tmp_path, "model", {"model": {"layout": "fused"}}, data=wide).request
    just = next(count for count in range(30, 0, -1) if _fits(tmp_path, count))
    assert just > 15
    assert LONGEST_VARIABLE == 1024


def _fits(folder: Path, features: int) -> bool:
    try:
        plan_of(folder, {"model": {"layout": "two-containers"}}, data=wide_contract(folder, features))
    except ConfigError:
        return False
    return True


def test_a_fused_model_runs_in_script_mode_from_an_archive_that_is_packed_first(tmp_path: Path) -> None:
    step = step_of(tmp_path, "model", {"model": {"environment": {"A": "b"}}})
    container = step.request["PrimaryContainer"]
    assert container["Environment"] == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
        "A": "b",
    }
    archive = f"{BASE}/model/script-mode/model.tar.gz"
    assert step.package == Package(archive, "script-mode", f"{BASE}/etl", booster=TRAINED)
    assert container["ModelDataUrl"] == archive


def test_an_own_image_gets_the_archive_without_code(tmp_path: Path) -> None:
    section = {"model": {"layout": "image"}, "images": {"own": OWN}}
    step = step_of(tmp_path, "model", section)
    assert step.package == Package(f"{BASE}/model/fused/model.tar.gz", "fused", f"{BASE}/etl", booster=TRAINED)
    assert step.request["PrimaryContainer"]["Image"] == OWN
    assert "SAGEMAKER_PROGRAM" not in step.request["PrimaryContainer"]["Environment"]
    with pytest.raises(ConfigError, match=r"sagemaker\.images\.own is missing"):
        plan_of(tmp_path, {"model": {"layout": "image"}})


@pytest.mark.parametrize(("layout", "packed"), [("two-containers", "xgboost"), ("fused", "script-mode")])
def test_after_tuning_the_best_jobs_booster_is_packed(tmp_path: Path, layout: str, packed: str) -> None:
    step = step_of(tmp_path, "model", {"model": {"layout": layout}, "tuning": TUNING})
    uri = f"{BASE}/model/{packed}/model.tar.gz"
    assert step.package == Package(uri, packed, f"{BASE}/etl", tuning_job="abalone-run1-tune")
    containers = step.request.get("Containers") or [step.request["PrimaryContainer"]]
    assert containers[-1]["ModelDataUrl"] == uri


@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ({"model": {"layout": "two-containers"}}, {"training": {"content_type": "text/libsvm"}}, "zeros as missing"),
        ({"images": {"xgboost": "1.7-1"}}, {}, r"sagemaker\.images\.xgboost: 1\.7-1 has too old a Python"),
        ({"network_isolation": True}, {}, r"sagemaker\.model\.wheels is missing"),
    ],
)
def test_a_layout_that_would_not_work_is_refused(
    tmp_path: Path, section: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        plan_of(tmp_path, section, **changes)


def test_an_old_image_serves_in_two_containers(tmp_path: Path) -> None:
    assert plan_of(tmp_path, {"images": {"xgboost": "1.7-1"}, "model": {"layout": "two-containers"}}).steps


def test_variants_share_an_endpoint(tmp_path: Path) -> None:
    variants = [{"name": "new"}, {"name": "old", "model": "earlier", "weight": 9, "instance_type": "ml.c5.large"}]
    request = request_of(tmp_path, "endpoint-config", {"endpoint": {"instance_count": 2, "variants": variants}})
    assert request["ProductionVariants"] == [
        {
            "VariantName": "new",
            "ModelName": "abalone-run1-model",
            "InitialVariantWeight": 1,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
        },
        {
            "VariantName": "old",
            "ModelName": "earlier",
            "InitialVariantWeight": 9,
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": 2,
        },
    ]


def test_an_endpoint_may_be_serverless_or_asynchronous_and_capture_data(tmp_path: Path) -> None:
    serverless = {"serverless": {"memory": 3072, "max_concurrency": 9}}
    request = request_of(tmp_path, "endpoint-config", {"endpoint": serverless, "kms_key": "alias/k"})
    (variant,) = request["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 9}
    assert {"InstanceType", "InitialInstanceCount"} & set(variant) == set()
    topics = {"success_topic": "arn:aws:sns:eu-west-1:123456789012:good"}
    request = request_of(tmp_path, "endpoint-config", {"endpoint": {"asynchronous": topics}})
    assert request["AsyncInferenceConfig"]["OutputConfig"] == {
        "S3OutputPath": f"{BASE}/async",
        "S3FailurePath": f"{BASE}/async-failures",
        "NotificationConfig": {"SuccessTopic": topics["success_topic"]},
    }
    capture = request_of(tmp_path, "endpoint-config", {"endpoint": {"data_capture": {"percentage": 20}}})
    assert capture["DataCaptureConfig"]["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["DataCaptureConfig"]["DestinationS3Uri"] == f"{BASE}/data-capture"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"model": {"layout": "two-containers"}}, "model.layout: two-containers"),
        ({"vpc": {"subnets": ["s"], "security_groups": ["g"]}}, "vpc"),
        ({"network_isolation": True, "model": {"wheels": "wheels"}}, "network_isolation"),
    ],
)
def test_what_a_serverless_endpoint_cannot_do_is_refused(tmp_path: Path, section: dict[str, Any], key: str) -> None:
    said = f"sagemaker.endpoint.serverless: AWS's serverless endpoints cannot do sagemaker.{key}"
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        plan_of(tmp_path, section | {"endpoint": {"serverless": {}}})


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"serverless": {"memory": 3000}}, "memory 3000 is no multiple of 1024"),
        (
            {"serverless": {"max_concurrency": 3, "provisioned_concurrency": 4}},
            "provisioned_concurrency 4 is above max_concurrency 3",
        ),
        ({"deployment": {"traffic": "canary", "percent": 51}}, "canary takes percent 1 to 50; found 51"),
        ({"deployment": {"traffic": "linear", "percent": 9}}, "linear takes percent 10 to 50; found 9"),
        ({"deployment": {"traffic": "rolling", "percent": 4}}, "rolling takes percent 5 to 50; found 4"),
    ],
)
def test_what_awss_model_of_the_requests_does_not_refuse_is_refused(
    tmp_path: Path, endpoint: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        plan_of(tmp_path, {"endpoint": endpoint})


@pytest.mark.parametrize(
    ("deployment", "policy"),
    [
        (
            {"traffic": "all-at-once", "termination_wait": 60},
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
                    "TerminationWaitInSeconds": 60,
                }
            },
        ),
        (
            {"traffic": "linear", "percent": 25, "wait": 60, "timeout": 3600, "alarms": ["errors"]},
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "LINEAR",
                        "WaitIntervalInSeconds": 60,
                        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
                    },
                    "TerminationWaitInSeconds": 0,
                    "MaximumExecutionTimeoutInSeconds": 3600,
                },
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
            },
        ),
        (
            {"traffic": "rolling", "percent": 50, "wait": 0},
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    "WaitIntervalInSeconds": 0,
                }
            },
        ),
    ],
)
def test_an_update_is_rolled_out_as_the_file_says(tmp_path: Path, deployment: Any, policy: Any) -> None:
    step = step_of(tmp_path, "endpoint", {"endpoint": {"name": "stays", "deployment": deployment}})
    assert step.operation == "CreateEndpoint"
    assert step.instead is not None
    assert step.instead.operation == "UpdateEndpoint"
    for request in (step.request, step.instead.request):
        assert request["EndpointName"] == "stays"
        assert request["DeploymentConfig"] == policy
    assert step.wait is not None
    # An endpoint whose update was taken back is in service with the configuration before.
    assert step.wait.expected == {"EndpointConfigName": "abalone-run1-config"}


def test_an_endpoint_of_the_runs_own_name_is_never_updated(tmp_path: Path) -> None:
    assert step_of(tmp_path, "endpoint", {}).instead is None


def test_a_model_is_registered_with_the_containers_that_serve_it(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, {"model": {"layout": "two-containers"}, "registration": {"group": "ages"}, "tags": {"a": "b"}}
    )
    group, package, model = (plan.step(name) for name in ("model-package-group", "model-package", "model"))
    assert group is not None
    assert package is not None
    assert model is not None
    assert group.once
    assert group.request["Tags"] == [{"Key": "a", "Value": "b"}]
    assert package.request["InferenceSpecification"]["Containers"] == model.request["Containers"]
    assert package.request["CustomerMetadataProperties"] == {"pipeline": "abalone", "run": "run1"}
    assert package.request["ModelApprovalStatus"] == "PendingManualApproval"
    assert package.wait is not None
    assert package.wait.from_reply == {"ModelPackageName": "ModelPackageArn"}


def test_deletions_begin_with_the_endpoint(tmp_path: Path) -> None:
    section = {"registration": {"group": "ages"}, "tuning": TUNING}
    found = deletions(plan_of(tmp_path, section))
    assert [deletion.operation for deletion in found] == [
        "DeleteEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
        "DeleteModelPackage",
        "DeleteModelPackageGroup",
        "StopTransformJob",
        "DeleteHyperParameterTuningJob",
        "DeleteProcessingJob",
    ]
    endpoint, group = found[0], found[4]
    assert endpoint.until_gone
    assert endpoint.wait is not None
    assert endpoint.wait.expected == {"EndpointConfigName": "abalone-run1-config"}
    assert group.refused == ("ConflictException",)


def test_each_wait_says_where_the_lines_of_the_job_are(tmp_path: Path) -> None:
    logs = {step.name: step.wait.logs for step in plan_of(tmp_path, {}).steps if step.wait and step.wait.logs}
    assert {name: (log.group, log.prefix) for name, log in logs.items()} == {
        "processing": ("/aws/sagemaker/ProcessingJobs", "abalone-run1-etl/"),
        "training": ("/aws/sagemaker/TrainingJobs", "abalone-run1-train/"),
        "endpoint": ("/aws/sagemaker/Endpoints/abalone-run1-endpoint", ""),
        "transform": ("/aws/sagemaker/TransformJobs", "abalone-run1-batch/"),
    }
