"""Glue's jobs and tags as boto3 and Airflow's hook speak of them; nothing runs."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from glue_cases import definition
from service_cases import Service


@pytest.fixture(scope="module")
def glue(service: Service) -> Any:
    return service.client("glue")


def test_a_job_is_what_was_asked_with_glues_defaults(glue: Any) -> None:
    asked = definition("whole", Description="words", WorkerType="G.2X", NumberOfWorkers=3, Tags={"team": "risk"})
    assert glue.create_job(**asked)["Name"] == "whole"
    job = glue.get_job(JobName="whole")["Job"]
    assert {member: job[member] for member in asked if member != "Tags"} == {
        member: value for member, value in asked.items() if member != "Tags"
    }
    assert (job["MaxRetries"], job["Timeout"], job["ExecutionProperty"]) == (0, 480, {"MaxConcurrentRuns": 1})
    assert "whole" in [found["Name"] for found in glue.get_jobs()["Jobs"]]


def test_a_job_is_made_again_only_where_nothing_differs(glue: Any) -> None:
    glue.create_job(**definition("twice"))
    glue.create_job(**definition("twice"))
    with pytest.raises(glue.exceptions.IdempotentParameterMismatchException, match="different configuration"):
        glue.create_job(**definition("twice", Timeout=5))


def test_an_update_replaces_the_whole_job(glue: Any) -> None:
    glue.create_job(**definition("updated", Description="old", Timeout=7))
    made = glue.get_job(JobName="updated")["Job"]
    update = {member: made[member] for member in ("Role", "Command", "GlueVersion")}
    glue.update_job(JobName="updated", JobUpdate={**update, "MaxRetries": 1})
    job = glue.get_job(JobName="updated")["Job"]
    assert "Description" not in job
    assert (job["Timeout"], job["MaxRetries"], job["CreatedOn"]) == (480, 1, made["CreatedOn"])
    assert job["LastModifiedOn"] > made["LastModifiedOn"]
    with pytest.raises(ClientError, match="Role must be in JobUpdate"):
        glue.update_job(JobName="updated", JobUpdate={"Command": made["Command"]})


def test_tags_are_the_jobs(glue: Any) -> None:
    glue.create_job(**definition("tagged", Tags={"a": "1", "b": "2"}))
    arn = "arn:aws:glue:us-east-1:123456789012:job/tagged"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "3", "c": "4"})
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["a", "z"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "3", "c": "4"}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_tags(ResourceArn=f"{arn}-none")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"GlueVersion": "4.0"}, "InvalidInputException", "Glue 4.0 has Spark 3.3"),
        ({"Command": {"Name": "pythonshell", "ScriptLocation": "s3://b/x.py"}}, "InvalidInputException", "pythonshell"),
        ({"Command": {"Name": "glueetl", "ScriptLocation": "x.py"}}, "InvalidInputException", "the URI of a script"),
        ({"MaxCapacity": 2.0, "NumberOfWorkers": 2}, "InvalidInputException", "do not set Max Capacity"),
        ({"WorkerType": "G.3X"}, "ValidationException", "Member must satisfy enum value set"),
        ({"Name": "x" * 256}, "ValidationException", "less than or equal to 255"),
    ],
)
def test_what_glue_or_this_service_cannot_run_is_refused(glue: Any, change: Any, code: str, words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        glue.create_job(**{**definition("refused"), **change})
    assert caught.value.response["Error"]["Code"] == code


def test_what_is_not_there_is_told_as_clients_expect_it(glue: Any) -> None:
    glue.create_job(**definition("there"))
    for call in (
        lambda: glue.get_job(JobName="none"),
        lambda: glue.update_job(JobName="none", JobUpdate={"Role": "r"}),
        lambda: glue.start_job_run(JobName="none"),
        lambda: glue.get_job_runs(JobName="none"),
        lambda: glue.get_job_run(JobName="there", RunId="jr_none"),
        lambda: glue.start_job_run(JobName="there", JobRunId="jr_none"),
    ):
        with pytest.raises(glue.exceptions.EntityNotFoundException):
            call()
    assert glue.delete_job(JobName="none")["JobName"] == "none"
    with pytest.raises(ClientError, match="UnknownOperationException"):
        glue.get_databases()


def test_pages_of_jobs_are_whole(glue: Any) -> None:
    for number in range(5):
        glue.create_job(**definition(f"paged-{number}"))
    pages = list(glue.get_paginator("get_jobs").paginate(PaginationConfig={"PageSize": 2}))
    names = [job["Name"] for page in pages for job in page["Jobs"]]
    assert [name for name in names if name.startswith("paged-")] == [f"paged-{number}" for number in range(5)]
    assert all(len(page["Jobs"]) <= 2 for page in pages)
