"""SageMaker's API as an unchanged boto3 sees it: families of resources, lists, tags, refusals."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service_cases import ROLE, XGBOOST, Service

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture(scope="module")
def sagemaker(service: Service) -> Any:
    return service.client("sagemaker")


def container() -> dict[str, Any]:
    return {"Image": XGBOOST, "ModelDataUrl": "s3://models/model.tar.gz", "Environment": {"A": "b"}}


def variant(model: str) -> dict[str, Any]:
    return {"VariantName": "one", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}


@pytest.fixture
def model(sagemaker: Any, request: pytest.FixtureRequest) -> Any:
    name = f"model-{abs(hash(request.node.name))}"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container())
    yield name
    sagemaker.delete_model(ModelName=name)


def test_a_model_is_described_as_it_was_created(sagemaker: Any, model: str) -> None:
    described = sagemaker.describe_model(ModelName=model)
    assert described["PrimaryContainer"] == container()
    assert described["ModelArn"] == f"{ACCOUNT}:model/{model}"
    assert abs(described["CreationTime"] - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "given", [{}, {"PrimaryContainer": container(), "Containers": [container()]}, {"PrimaryContainer": {}}]
)
def test_a_model_has_either_one_container_or_several(sagemaker: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.create_model(ModelName="none", ExecutionRoleArn=ROLE, **given)


def test_taken_names_are_refused_in_the_words_that_clients_look_for(sagemaker: Any, model: str) -> None:
    again = {"ModelName": model, "ExecutionRoleArn": ROLE, "PrimaryContainer": container()}
    with pytest.raises(ClientError, match="Cannot create already existing model") as refused:
        sagemaker.create_model(**again)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    config = {"EndpointConfigName": f"of-{model}", "ProductionVariants": [variant(model)]}
    sagemaker.create_endpoint_config(**config)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        sagemaker.create_endpoint_config(**config)


GROUPED = {"ModelPackageGroupName": "nowhere"}
COMPONENT = {
    "EndpointName": "nowhere",
    "VariantName": "one",
    "Specification": {"ModelName": "nowhere", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
    "RuntimeConfig": {"CopyCount": 1},
}
TRANSFORM = {
    "ModelName": "nowhere",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://rows/"}}},
    "TransformOutput": {"S3OutputPath": "s3://rows/out"},
    "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
}
PACKAGED = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": "nowhere"}}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("describe_endpoint", {"EndpointName": "nowhere"}),
        ("update_endpoint", {"EndpointName": "nowhere", "EndpointConfigName": "nowhere"}),
        (
            "update_endpoint_weights_and_capacities",
            {"EndpointName": "nowhere", "DesiredWeightsAndCapacities": [{"VariantName": "one", "DesiredWeight": 1}]},
        ),
        ("delete_endpoint", {"EndpointName": "nowhere"}),
        ("describe_endpoint_config", {"EndpointConfigName": "nowhere"}),
        ("delete_endpoint_config", {"EndpointConfigName": "nowhere"}),
        ("create_inference_component", {"InferenceComponentName": "new", **COMPONENT}),
        ("describe_inference_component", {"InferenceComponentName": "nowhere"}),
        ("update_inference_component", {"InferenceComponentName": "nowhere", "RuntimeConfig": {"CopyCount": 1}}),
        (
            "update_inference_component_runtime_config",
            {"InferenceComponentName": "nowhere", "DesiredRuntimeConfig": {"CopyCount": 1}},
        ),
        ("delete_inference_component", {"InferenceComponentName": "nowhere"}),
        ("describe_model", {"ModelName": "nowhere"}),
        ("delete_model", {"ModelName": "nowhere"}),
        ("describe_processing_job", {"ProcessingJobName": "nowhere"}),
        ("stop_processing_job", {"ProcessingJobName": "nowhere"}),
        ("delete_processing_job", {"ProcessingJobName": "nowhere"}),
        ("describe_training_job", {"TrainingJobName": "nowhere"}),
        ("stop_training_job", {"TrainingJobName": "nowhere"}),
        ("delete_training_job", {"TrainingJobName": "nowhere"}),
        ("create_transform_job", {"TransformJobName": "new", **TRANSFORM}),
        ("describe_transform_job", {"TransformJobName": "nowhere"}),
        ("stop_transform_job", {"TransformJobName": "nowhere"}),
        ("describe_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "nowhere"}),
        ("stop_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "nowhere"}),
        ("delete_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "nowhere"}),
        ("list_training_jobs_for_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "nowhere"}),
        ("add_tags", {"ResourceArn": f"{ACCOUNT}:model/nowhere", "Tags": [{"Key": "a", "Value": "b"}]}),
        ("list_tags", {"ResourceArn": f"{ACCOUNT}:model/nowhere"}),
        ("delete_tags", {"ResourceArn": f"{ACCOUNT}:model/nowhere", "TagKeys": ["a"]}),
    ],
)
def test_what_is_not_there_is_a_validation_exception(sagemaker: Any, operation: str, request_: dict[str, Any]) -> None:
    missing(sagemaker, operation, request_, "Could not find .*nowhere")


@pytest.mark.parametrize(
    ("operation", "request_", "arn"),
    [
        ("describe_model_package_group", GROUPED, "model-package-group/nowhere"),
        ("delete_model_package_group", GROUPED, "model-package-group/nowhere"),
        ("create_model_package", GROUPED, "model-package-group/nowhere"),
        ("list_model_packages", GROUPED, "model-package-group/nowhere"),
        ("describe_model_package", {"ModelPackageName": "nowhere"}, "model-package/nowhere"),
        ("update_model_package", {"ModelPackageArn": f"{ACCOUNT}:model-package/no/1"}, "model-package/no/1"),
        ("delete_model_package", {"ModelPackageName": "nowhere"}, "model-package/nowhere"),
        ("create_model", {"ModelName": "new", **PACKAGED}, "model-package/nowhere"),
    ],
)
def test_the_registry_has_words_of_its_own_for_it(
    sagemaker: Any, operation: str, request_: dict[str, Any], arn: str
) -> None:
    missing(sagemaker, operation, request_, rf"ModelPackage(Group)? {ACCOUNT}:{arn} does not exist\.")


def missing(sagemaker: Any, operation: str, request: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        getattr(sagemaker, operation)(**request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_references_to_what_is_not_there_are_refused(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match=f'Could not find model "{ACCOUNT}:model/nowhere"'):
        sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant("nowhere")])
    with pytest.raises(ClientError, match='Could not find endpoint configuration "'):
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="nowhere")


def test_constraints_of_the_service_model_are_kept(sagemaker: Any) -> None:
    for name, words in {"a" * 64: "length less than or equal to 63", "under_score": "regular expression"}.items():
        with pytest.raises(ClientError, match=rf"validation error.*detected.*modelName.*{words}"):
            sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container())
    with pytest.raises(ClientError, match="enum value set"):
        sagemaker.list_models(SortBy="Colour")


def test_an_operation_that_is_not_served_is_named(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match=r"UnknownOperationException.*ListNotebookInstances"):
        sagemaker.list_notebook_instances()


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "SerializationException"), (b"[]", "SerializationException"), (b'{"ModelName": 1}', "ValidationException")],
)
def test_a_request_without_a_client_is_answered_in_json(service: Service, body: bytes, code: str) -> None:
    headers = {"X-Amz-Target": "SageMaker.DescribeModel", "Content-Type": "application/x-amz-json-1.1"}
    with closing(http.client.HTTPConnection("127.0.0.1", int(service.url.rpartition(":")[2]))) as connection:
        connection.request("POST", "/", body, headers)
        reply = connection.getresponse()
        assert reply.status == 400
        assert reply.headers["x-amzn-ErrorType"] == code
        assert json.loads(reply.read())["__type"] == code


def test_lists_are_filtered_ordered_and_cut_into_pages(sagemaker: Any) -> None:
    names = [f"list-{letter}" for letter in "cabde"]
    for name in names:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container())
    try:
        wanted = {"NameContains": "LIST-"}
        found = sagemaker.list_models(**wanted)["Models"]
        assert [entry["ModelName"] for entry in found] == names[::-1]
        pages = sagemaker.get_paginator("list_models").paginate(
            **wanted, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
        )
        assert [[entry["ModelName"] for entry in page["Models"]] for page in pages] == [
            ["list-a", "list-b"],
            ["list-c", "list-d"],
            ["list-e"],
        ]
        middle = found[2]["CreationTime"]
        later = sagemaker.list_models(**wanted, CreationTimeAfter=middle)["Models"]
        assert {entry["ModelName"] for entry in later} >= {"list-d", "list-e"}
        assert sagemaker.list_models(**wanted, CreationTimeBefore=middle - timedelta(hours=1))["Models"] == []
        with pytest.raises(ClientError, match="NextToken"):
            sagemaker.list_models(NextToken="none")
    finally:
        for name in names:
            sagemaker.delete_model(ModelName=name)


def test_arns_carry_the_region_that_the_client_signed_for(service: Service) -> None:
    created = service.client("sagemaker", "eu-central-1").create_model(
        ModelName="european", ExecutionRoleArn=ROLE, PrimaryContainer=container()
    )
    assert created["ModelArn"] == "arn:aws:sagemaker:eu-central-1:123456789012:model/european"


def test_tags_are_added_replaced_listed_and_removed(sagemaker: Any) -> None:
    arn = sagemaker.create_model(
        ModelName="tagged", ExecutionRoleArn=ROLE, PrimaryContainer=container(), Tags=[{"Key": "a", "Value": "1"}]
    )["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a", "absent"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": ""}]
    with pytest.raises(ClientError, match="Could not find"):
        sagemaker.list_tags(ResourceArn=f"{arn}-not")


def test_versions_of_a_model_are_registered_approved_and_found(sagemaker: Any) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="group", ModelPackageGroupDescription="all of them")
    specification = {
        "Containers": [{"Image": XGBOOST, "ModelDataUrl": "s3://models/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    arns = [
        sagemaker.create_model_package(ModelPackageGroupName="group", InferenceSpecification=specification)
        for _ in range(2)
    ]
    asked = {"ModelPackageGroupName": "group", "InferenceSpecification": specification, "ClientToken": "once"}
    arns += [sagemaker.create_model_package(**asked) for _ in range(2)]
    assert arns.pop()["ModelPackageArn"] == arns.pop()["ModelPackageArn"] == f"{ACCOUNT}:model-package/group/3"
    sagemaker.delete_model_package(ModelPackageName=f"{ACCOUNT}:model-package/group/3")
    second = arns[1]["ModelPackageArn"]
    assert second == f"{ACCOUNT}:model-package/group/2"
    sagemaker.update_model_package(ModelPackageArn=second, ModelApprovalStatus="Approved", ApprovalDescription="good")
    described = sagemaker.describe_model_package(ModelPackageName=second)
    assert (described["ModelPackageStatus"], described["ModelPackageVersion"]) == ("Completed", 2)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "good")
    assert described["InferenceSpecification"] == specification
    group = f"{ACCOUNT}:model-package-group/group"
    approved = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [entry["ModelPackageArn"] for entry in approved["ModelPackageSummaryList"]] == [second]
    filters = [{"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "PendingManualApproval"}]
    found = sagemaker.search(Resource="ModelPackage", SearchExpression={"Filters": filters})["Results"]
    assert [entry["ModelPackage"]["ModelPackageVersion"] for entry in found] == [1]
    packaged = {"ModelPackageName": second, "Environment": {"A": "c"}}
    sagemaker.create_model(ModelName="packaged", ExecutionRoleArn=ROLE, PrimaryContainer=packaged)
    described = sagemaker.describe_model(ModelName="packaged")["PrimaryContainer"]
    assert described == {**packaged, "Image": XGBOOST, "ModelDataUrl": "s3://models/model.tar.gz"}
    with pytest.raises(ClientError, match="ConflictException"):
        sagemaker.delete_model_package_group(ModelPackageGroupName="group")
    for created in arns:
        sagemaker.delete_model_package(ModelPackageName=created["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName="group")
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_what_clients_need_around_it_is_there(service: Service) -> None:
    assert service.client("sts").get_caller_identity()["Account"] == "123456789012"
    iam = service.client("iam")
    role = iam.get_role(RoleName="any-role")["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/any-role"
    asked = {"PolicySourceArn": role["Arn"], "ActionNames": ["s3:GetObject", "logs:<&>"]}
    simulated = iam.simulate_principal_policy(**asked, ResourceArns=["arn:aws:s3:::bucket/*"])["EvaluationResults"]
    assert [(one["EvalActionName"], one["EvalDecision"]) for one in simulated] == [
        ("s3:GetObject", "allowed"),
        ("logs:<&>", "allowed"),
    ]
    secrets = service.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="told")
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "told"
    with pytest.raises(ClientError, match=r"UnknownOperationException.*lambda is not served"):
        service.client("lambda").list_functions()
