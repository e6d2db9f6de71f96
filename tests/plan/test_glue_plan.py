"""The Spark job as a Glue job: its requests, what is uploaded for it, and what deletes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plan_cases import BASE, ROLE, plan_of, settings_of, write

from pipeline.aws.constraints import request_problems
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.plan import deletions, plan_requests, resolve_settings
from pipeline.plan.document import plan_document
from spark_jobs import glue_etl, preprocess, program

OWN = "arn:aws:iam::123456789012:role/glue"


def steps(folder: Path, glue: dict[str, Any], **changes: Any) -> dict[str, Any]:
    plan = plan_of(folder, changes.pop("section", {}), glue=glue, **changes)
    return {step.operation: step for step in plan.steps}


def test_a_job_and_its_run_stand_for_the_processing_job(tmp_path: Path) -> None:
    found = steps(tmp_path, {"workers": 3, "spark": {"spark.a": 1, "spark.b": True}, "connections": ["net"]})
    assert list(found)[:3] == ["CreateJob", "StartJobRun", "CreateTrainingJob"]
    job, run = found["CreateJob"], found["StartJobRun"]
    assert (job.service, run.service, run.name) == ("glue", "glue", "processing")
    assert job.request == {
        "Name": "abalone-run1-etl",
        "Description": job.request["Description"],
        "Role": ROLE,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Command": {"Name": "glueetl", "ScriptLocation": f"{BASE}/code/glue_etl.py", "PythonVersion": "3"},
        "DefaultArguments": {
            "--job-language": "python",
            "--job-bookmark-option": "job-bookmark-disable",
            "--extra-py-files": f"{BASE}/code/py-files.zip",
            "--conf": "spark.a=1 --conf spark.b=true",
        },
        "Connections": {"Connections": ["net"]},
        "MaxRetries": 0,
        "Timeout": 480,
        "GlueVersion": "5.0",
        "NumberOfWorkers": 3,
        "WorkerType": "G.1X",
        "ExecutionClass": "STANDARD",
    }
    assert run.request["JobName"] == "abalone-run1-etl"
    assert run.wait.request == {"JobName": "abalone-run1-etl"}
    update = job.instead
    assert update.request["JobUpdate"] == {name: value for name, value in job.request.items() if name != "Name"}
    for step in (job, run, update):
        assert request_problems(step.operation, step.request, "glue") == []


def test_the_script_takes_the_runs_arguments_as_the_processing_job_takes_its_own(tmp_path: Path) -> None:
    changes = {"data": {"csv": {"header": True, "delimiter": ";"}, "label": "rings"}}
    run = steps(tmp_path, {}, **changes)["StartJobRun"]
    given = run.request["Arguments"]
    assert given["--header"] == "true"
    assert (given["--input"], given["--output"]) == (f"{BASE}/input/rows/", f"{BASE}/etl")
    words = [word for pair in given.items() for word in pair]
    options = vars(program.parse(preprocess.parser(), glue_etl.spelled(words)))
    plain = plan_of(tmp_path, {}, **changes).step("CreateProcessingJob")
    assert plain is not None
    expected = vars(preprocess.parser().parse_args(plain.request["AppSpecification"]["ContainerArguments"]))
    places = ("input", "schema", "output")
    assert {name: value for name, value in options.items() if name not in places} == {
        name: value for name, value in expected.items() if name not in places
    }


def test_uploads_and_deletions_are_the_jobs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"tags": {"team": "risk"}, "processing": {"spark": {"spark.x": "y"}}}, glue={})
    uploaded = {upload.uri.removeprefix(f"{BASE}/") for upload in plan.uploads}
    assert uploaded == {"input/rows/", "input/schema.json", "code/glue_etl.py", "code/py-files.zip"}
    last = deletions(plan)[-1]
    assert (last.service, last.operation, last.request) == ("glue", "DeleteJob", {"JobName": "abalone-run1-etl"})
    job = plan.step("glue-job")
    assert job is not None
    assert job.request["Tags"] == {"team": "risk"}
    assert "Tags" not in job.instead.request["JobUpdate"]  # type: ignore[union-attr]
    document = json.loads(json.dumps(plan_document(plan)))
    assert [step.get("service") for step in document["steps"]][:3] == ["glue", "glue", None]
    assert document["deletions"][-1]["service"] == "glue"


@pytest.mark.parametrize(
    ("glue", "variables", "role"),
    [
        ({}, {}, ROLE),
        ({}, {"SAGEMAKER_GLUE_ROLE": OWN}, OWN),
        ({"role": OWN}, {"SAGEMAKER_GLUE_ROLE": "x"}, OWN),
    ],
)
def test_glue_has_a_role_of_its_own_where_one_is_said(
    tmp_path: Path, glue: dict[str, Any], variables: dict[str, str], role: str
) -> None:
    file = write(tmp_path, {}, glue=glue)
    config = load_config(file)
    step = plan_requests(config, file, settings_of(config, **variables), "run1").step("CreateJob")
    assert step is not None
    assert step.request["Role"] == role


def test_a_secret_may_hold_glues_role(tmp_path: Path) -> None:
    file = write(tmp_path, {"role": ROLE, "bucket": "bucket", "secret": {"name": "s", "holds": ["glue.role"]}}, glue={})
    settings = resolve_settings(load_config(file).sagemaker, {"AWS_REGION": "eu-west-1"}, lambda *_: {"glue.role": OWN})
    assert settings.glue_role == OWN


@pytest.mark.parametrize(
    ("glue", "words"),
    [
        ({"version": "4.0"}, "Glue 4.0 has Spark 3.3"),
        ({"version": "5"}, "glue.version"),
        ({"workers": 1}, "glue.workers"),
        ({"worker_type": "Standard"}, "glue.worker_type"),
        ({"arguments": {"enable-metrics": True}}, "glue.arguments"),
        ({"workrs": 2}, "did you mean 'workers'"),
    ],
)
def test_a_section_that_cannot_be_is_refused_by_its_key(tmp_path: Path, glue: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, {}, glue=glue))
    assert words in str(caught.value)


def test_what_glue_cannot_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"features\.serializer: mleap"):
        steps(tmp_path, {}, features={"serializer": "mleap"})


def test_a_request_that_aws_would_refuse_names_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"glue\.security_configuration: Value"):
        steps(tmp_path, {"security_configuration": "x" * 256})
