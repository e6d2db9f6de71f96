"""A plan with a Glue job sent to the local service: run, taken up again, failed, run anew, and undone."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sent_cases import Watcher
from service_cases import ROLE, Service
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import StepError
from pipeline.plan import Plan, plan_requests, resolve_settings
from pipeline.sending.cleanup import clean_up
from pipeline.sending.clients import Clients, make_clients
from pipeline.sending.objects import read
from pipeline.sending.send import send_plan, send_step

BUCKET = "glue-sending"
SETTINGS = {"AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": BUCKET}

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    service = Service(tmp_path_factory.mktemp("sending") / "data")
    made = make_clients("us-east-1", endpoint=service.url)
    made.s3.create_bucket(Bucket=BUCKET)
    yield made
    assert service.stop() == 0, service.log.read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Abalone's pipeline up to its model, with the Spark job on Glue."""
    made = tmp_path_factory.mktemp("pipeline")
    document = yaml.safe_load((ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8"))
    document["data"] = {"schema": str(ROOT / "schemas" / "abalone.json")}
    document["features"] = {"pipeline": "auto"}
    document["sagemaker"] = {"endpoint": None, "transform": None}
    document["glue"] = {"timeout_minutes": 30}
    (made / "pipeline.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return made


def planned(folder: Path, run_key: str, *broken: str, workers: int = 2) -> tuple[Plan, PipelineConfig]:
    """The plan on rows of its own; AWS wants two workers at least, this machine is quicker with one."""
    spec = importlib.util.spec_from_file_location("abalone_sample", ROOT / "examples" / "abalone" / "sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = folder / f"{run_key}.csv"
    with rows.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(module.generate(200, 3))
        stream.writelines(f"{line}\n" for line in broken)
    config = load_config(folder / "pipeline.yml")
    settings = resolve_settings(config.sagemaker, SETTINGS)
    plan = plan_requests(config, folder / "pipeline.yml", settings, run_key, rows=rows)
    job = plan.step("glue-job")
    assert job is not None
    fewer = replace(job, request={**job.request, "NumberOfWorkers": workers})
    return replace(plan, steps=(fewer, *plan.steps[1:])), config


@pytest.fixture(scope="module")
def run(clients: Clients, folder: Path) -> tuple[Plan, PipelineConfig, Watcher, dict[str, Any]]:
    plan, config = planned(folder, "good")
    watcher = Watcher()
    return plan, config, watcher, send_plan(plan, config, clients, watcher)


def test_the_glue_job_does_the_work_of_the_processing_job(run: Any, clients: Clients) -> None:
    plan, _, watcher, found = run
    details = {shown.name: shown.detail for shown in watcher.steps}
    assert details["glue-job"] == "abalone-good-etl"
    assert details["processing"] == "abalone-good-etl, SUCCEEDED"
    assert details["training"] == "abalone-good-train, Completed"
    assert "preprocess: writing the bundle" in watcher.lines
    assert found["processing"]["NumberOfWorkers"] == 2
    for name in ("summary.json", "schema.json", "model.tar.gz"):
        assert read(clients.s3, f"{plan.root}/etl/{name}")


def test_sent_again_the_run_is_the_same(run: Any, clients: Clients) -> None:
    plan, config, _, found = run
    again = send_plan(plan, config, clients, Watcher())
    assert again["processing"]["Id"] == found["processing"]["Id"]
    assert len(clients.of("glue").get_job_runs(JobName="abalone-good-etl")["JobRuns"]) == 1


def test_a_definition_that_has_changed_is_updated_and_its_good_run_kept(run: Any, clients: Clients) -> None:
    plan, config, _, found = run
    job = plan.step("glue-job")
    assert job is not None
    changed = {**job.request, "Timeout": 29}
    definition = {name: value for name, value in changed.items() if name != "Name"}
    update = replace(job, operation="UpdateJob", request={"JobName": job.thing_name, "JobUpdate": definition})
    sent = send_step(replace(job, request=changed, instead=update), config, clients, print)
    assert sent.step.operation == "UpdateJob"
    assert clients.of("glue").get_job(JobName="abalone-good-etl")["Job"]["Timeout"] == 29
    send_plan(plan, config, clients, Watcher())
    assert clients.of("glue").get_job(JobName="abalone-good-etl")["Job"]["Timeout"] == 30
    runs = clients.of("glue").get_job_runs(JobName="abalone-good-etl")["JobRuns"]
    assert [one["Id"] for one in runs] == [found["processing"]["Id"]]


def test_a_failed_run_says_why_and_is_begun_anew(clients: Clients, folder: Path) -> None:
    plan, config = planned(folder, "bad", "M,0.4,many,0.1,0.5,0.2,0.1,0.2,9", workers=1)
    with pytest.raises(StepError) as caught:
        send_plan(plan, config, clients, Watcher())
    assert caught.value.step == "processing"
    assert "bad.csv, row 201, column 'diameter'" in caught.value.message
    assert "error: bad.csv, row 201" in caught.value.message
    run = clients.of("glue").get_job_runs(JobName="abalone-bad-etl")["JobRuns"][0]
    assert caught.value.hint == f"its log: /aws-glue/jobs/output, streams {run['Id']}*"
    assert clients.s3.list_objects_v2(Bucket=BUCKET, Prefix="inference-pipeline/abalone/bad/etl")["KeyCount"] == 0
    mended, config = planned(folder, "bad", workers=1)
    assert send_plan(mended, config, clients, Watcher())["processing"]["JobRunState"] == "SUCCEEDED"
    assert clean_up(mended, clients, print, files=True) > 0


def test_cleaned_up_its_runs_are_ended_and_the_job_is_gone(run: Any, clients: Clients) -> None:
    plan, config, _, _ = run
    processing = plan.step("processing")
    assert processing is not None
    other = {**processing.request, "Arguments": {**processing.request["Arguments"], "--seed": "7"}}
    sent = send_step(replace(processing, request=other), config, clients, print)
    said: list[str] = []
    assert clean_up(plan, clients, said.append) == len(said)
    assert said[-1] == "DeleteJob: abalone-good-etl"
    glue = clients.of("glue")
    assert not sent.was_there
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName="abalone-good-etl")
    assert clean_up(plan, clients, said.append) == 0
