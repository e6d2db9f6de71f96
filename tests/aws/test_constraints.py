"""Requests and replies by their shapes: each kind of problem, told as AWS tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from shape_values import values

from pipeline.aws.constraints import Problem, message, problems, reply_problems, request_problems
from pipeline.aws.service_model import operation, service_model

MODEL = {"ModelName": "a", "PrimaryContainer": {"Image": "i"}}
LONG = "a" * 64
NAME = "[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"


def told(name: str, request: Any) -> list[str]:
    return [str(problem) for problem in request_problems(name, request)]


def test_a_good_request_has_no_problem() -> None:
    assert request_problems("CreateModel", MODEL) == []


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (
            {"ModelName": LONG},
            "length",
            f"Value '{LONG}' at 'modelName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63",
        ),
        (
            {"ModelName": "a_b"},
            "pattern",
            "Value 'a_b' at 'modelName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME}",
        ),
        (
            {"ModelName": None},
            "missing",
            "Value null at 'modelName' failed to satisfy constraint: Member must not be null",
        ),
        ({"ModelName": 3}, "type", "Value '3' at 'modelName' failed to satisfy constraint: Member must be a text"),
        (
            {"EnableNetworkIsolation": "yes"},
            "type",
            "Value 'yes' at 'enableNetworkIsolation' failed to satisfy constraint: Member must be true or false",
        ),
        (
            {"InferenceExecutionConfig": {"Mode": "Both"}},
            "enum",
            "Value 'Both' at 'inferenceExecutionConfig.mode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Serial, Direct]",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "b"}]},
            "length",
            "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"PrimaryContainer": {"Environment": {"A": "x" * 1025, "B": "y"}}},
            "length",
            f"Value '{{A={'x' * 1025}, B=y}}' at 'primaryContainer.environment' failed to satisfy constraint: "
            "Map value must satisfy constraint: [Member must have length less than or equal to 1024, Member must have "
            "length greater than or equal to 0, Member must satisfy regular expression pattern: [\\S\\s]*]",
        ),
        (
            {"PrimaryContainer": {"Environment": {"1": "y"}}},
            "pattern",
            "Value '{1=y}' at 'primaryContainer.environment' failed to satisfy constraint: Map keys must satisfy "
            "constraint: [Member must have length less than or equal to 1024, Member must have length greater than or "
            "equal to 0, Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]",
        ),
        (
            {"VpcConfig": {"Subnets": ["s 1", "s-2"], "SecurityGroupIds": ["g"]}},
            "pattern",
            "Value '[s 1, s-2]' at 'vpcConfig.subnets' failed to satisfy constraint: Member must satisfy constraint: "
            "[Member must have length less than or equal to 32, Member must have length greater than or equal to 0, "
            "Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]",
        ),
        (
            {"VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": []}},
            "length",
            "Value '[]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
    ],
)
def test_each_kind_of_problem_in_awss_words(change: dict[str, Any], kind: str, said: str) -> None:
    found = request_problems("CreateModel", MODEL | change)
    assert [(problem.kind, str(problem)) for problem in found] == [(kind, said)]
    assert message(found) == f"1 validation error detected: {said}"


def test_an_unknown_member_is_named_with_those_that_are_known() -> None:
    (problem,) = request_problems("DeleteModel", {"ModelName": "a", "modelName": "a"})
    assert (problem.kind, problem.path) == ("unknown", ("modelName",))
    assert problem.constraint == "Member must be one of [ModelName]"


def test_a_union_sets_one_of_its_members() -> None:
    shape = service_model().shape_for("CollectionConfig")
    assert problems(shape, {"VectorConfig": {"Dimension": 3}}) == []
    for value in ({}, {"VectorConfig": None}):
        assert [problem.kind for problem in problems(shape, value)] == ["union"]


def test_numbers_keep_their_range_and_booleans_are_none() -> None:
    request = {"EndpointConfigName": "a", "ProductionVariants": [{"VariantName": "v", "InitialInstanceCount": 0}]}
    assert told("CreateEndpointConfig", request) == [
        "Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    ]
    request["ProductionVariants"] = [{"VariantName": "v", "InitialVariantWeight": 1, "InitialInstanceCount": True}]
    assert told("CreateEndpointConfig", request) == [
        "Value 'true' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: "
        "Member must be a whole number"
    ]


def test_several_problems_are_one_message() -> None:
    name = "a_" * 32
    assert message(request_problems("DeleteModel", {"ModelName": name})) == (
        f"2 validation errors detected: Value '{name}' at 'modelName' failed to satisfy constraint: Member must have "
        f"length less than or equal to 63; Value '{name}' at 'modelName' failed to satisfy constraint: Member must "
        f"satisfy regular expression pattern: {NAME}"
    )


def test_a_reply_is_held_against_its_shape() -> None:
    reply = {
        "ModelName": "a",
        "CreationTime": datetime.now(UTC),
        "ModelArn": "arn:aws:sagemaker:eu-west-1:000000000000:model/a",
    }
    assert reply_problems("DescribeModel", reply) == []
    assert reply_problems("DescribeModel", reply | {"CreationTime": 1.5}) == []
    assert [problem.kind for problem in reply_problems("DescribeModel", reply | {"CreationTime": "now"})] == ["type"]
    assert reply_problems("DeleteModel", {}) == []
    assert [problem.kind for problem in reply_problems("DeleteModel", {"a": 1})] == ["unknown"]


def test_other_services_have_shapes_too() -> None:
    assert request_problems("InvokeEndpoint", {"EndpointName": "a", "Body": b""}, "sagemaker-runtime") == []
    with pytest.raises(KeyError, match="InvokeEndpoint"):
        request_problems("InvokeEndpoint", {})


def test_a_huge_value_is_shown_in_part() -> None:
    (problem, *_) = request_problems("DeleteModel", {"ModelName": "a" * 5_000_000})
    assert len(str(problem)) < 2500


@pytest.mark.parametrize("name", ["CreateTrainingJob", "CreateModel", "CreateEndpointConfig", "CreateTransformJob"])
@settings(max_examples=40)
@given(data=st.data())
def test_what_botocore_refuses_is_refused_here(name: str, data: st.DataObject) -> None:
    """botocore's validator knows types, required members and minima: what passes here passes there."""
    shape = operation(name).input_shape
    request = data.draw(values(shape, wrong=True))
    found = problems(shape, request)
    refused = ParamValidator().validate(request, shape)
    assert found or not refused.has_errors(), refused.generate_report()


@pytest.mark.parametrize("name", ["CreateProcessingJob", "CreateHyperParameterTuningJob", "CreateModelPackage"])
@settings(max_examples=20)
@given(data=st.data())
def test_values_made_by_a_shape_satisfy_it(name: str, data: st.DataObject) -> None:
    shape = operation(name).input_shape
    request = data.draw(values(shape))
    assert problems(shape, request) == []
    assert not ParamValidator().validate(request, shape).has_errors()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_judged_not_crashed_over(value: Any) -> None:
    for problem in request_problems("CreateEndpoint", value):
        assert isinstance(problem, Problem)
        assert "failed to satisfy constraint: Member" in str(problem)
