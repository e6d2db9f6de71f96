"""A plan sent to SageMaker on this machine: run, run again, failure, and undone."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sent_cases import Watcher, abalone_rows, dense
from service_cases import ROLE, Service
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.config import PipelineConfig, load_config
from pipeline.config.gate import Gate
from pipeline.errors import StepError
from pipeline.evaluation.judge import judge
from pipeline.plan import Plan, plan_requests, resolve_settings
from pipeline.run import run_pipeline
from pipeline.sending.cleanup import clean_up
from pipeline.sending.clients import Clients, make_clients
from pipeline.sending.objects import download_folder, read, split
from pipeline.sending.send import send_plan

FILE = ROOT / "examples" / "abalone" / "pipeline.yml"
BUCKET = "sending"
SETTINGS = {"AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": BUCKET}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    service = Service(tmp_path_factory.mktemp("sending") / "data")
    made = make_clients("us-east-1", endpoint=service.url)
    made.s3.create_bucket(Bucket=BUCKET)
    yield made
    assert service.stop() == 0, service.log.read_text()


def planned(run_key: str, data: Path | str) -> tuple[Plan, PipelineConfig]:
    """The example's plan on rows of this machine, or on those that are at a URI."""
    config = load_config(FILE)
    rows = data if isinstance(data, Path) else None
    if rows is None:
        config = config.model_copy(update={"data": config.data.model_copy(update={"location": data})})
    settings = resolve_settings(config.sagemaker, SETTINGS)
    return plan_requests(config, FILE, settings, run_key, rows=rows), config


@dataclass
class Run:
    """A run that went well."""

    plan: Plan
    config: PipelineConfig
    watcher: Watcher
    found: dict[str, Any]


@pytest.fixture(scope="module")
def run(clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> Run:
    rows = abalone_rows(tmp_path_factory.mktemp("rows") / "rows.csv", 400)
    clients.s3.upload_file(str(rows), BUCKET, "incoming/rows 1+2.csv")
    # A job that read this one too would fail.
    clients.s3.put_object(Bucket=BUCKET, Key="incoming/rows 1+2.csv.bak", Body=b"no,rows\n")
    plan, config = planned("good", f"s3://{BUCKET}/incoming/rows 1+2.csv")
    watcher = Watcher()
    return Run(plan, config, watcher, send_plan(plan, config, clients, watcher))


@pytest.mark.spark
def test_every_step_is_followed_to_its_end(run: Run) -> None:
    details = {shown.name: shown.detail for shown in run.watcher.steps}
    assert details["upload"] == f"3 objects below {run.plan.root}"
    assert details["processing"] == "abalone-good-etl, Completed"
    assert details["endpoint"] == "abalone-good-endpoint, InService"
    assert list(details)[1:] == [step.name for step in run.plan.steps]
    assert run.found["training"]["TrainingJobStatus"] == "Completed"
    assert any("train-rmse" in line or "train:rmse" in line for line in run.watcher.lines)


@pytest.mark.spark
def test_endpoint_and_batch_answer_what_xgboost_makes_of_sparks_features(
    run: Run, clients: Clients, tmp_path: Path
) -> None:
    import numpy as np
    import xgboost
    from pyarrow import parquet

    made = download_folder(clients.s3, f"{run.plan.root}/etl/requests", tmp_path / "requests")
    requests = b"".join(path.read_bytes() for path in sorted(made) if path.name.startswith("part-"))
    out = download_folder(clients.s3, f"{run.plan.root}/predictions", tmp_path / "predictions")
    batch = b"".join(path.read_bytes() for path in sorted(out))
    reply = clients.runtime.invoke_endpoint(EndpointName="abalone-good-endpoint", ContentType="text/csv", Body=requests)
    assert reply["Body"].read() == batch

    download_folder(clients.s3, f"{run.plan.root}/etl/verification", tmp_path / "verification")
    vectors = parquet.read_table(tmp_path / "verification")["features"].to_pylist()
    features = np.array([dense(vector) for vector in vectors], dtype=np.float32)
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(read(clients.s3, run.found["training"]["ModelArtifacts"]["S3ModelArtifacts"]))
    booster = xgboost.Booster(model_file=bytearray(read_files(archive)["xgboost-model"]))
    assert [np.float32(line) for line in batch.split()] == booster.inplace_predict(features).tolist()


@pytest.mark.spark
def test_a_run_on_this_machine_predicts_the_same_to_the_last_bit(run: Run, clients: Clients, tmp_path: Path) -> None:
    sent = download_folder(clients.s3, f"{run.plan.root}/predictions", tmp_path / "sent")
    rows = abalone_rows(tmp_path / "rows.csv", 400)
    made = run_pipeline(FILE, data=rows, output=tmp_path / "run", console=Console(quiet=True)) / "predictions"
    batch = b"".join(path.read_bytes() for path in sorted(sent))
    assert len(set(batch.split())) > 20
    assert b"".join(path.read_bytes() for path in sorted((made / "transform").iterdir())) == batch
    assert (made / "test.csv").read_bytes() == batch


@pytest.mark.spark
def test_sent_again_it_finds_everything_there(run: Run, clients: Clients) -> None:
    watcher = Watcher()
    again = send_plan(run.plan, run.config, clients, watcher)
    assert again["training"]["CreationTime"] == run.found["training"]["CreationTime"]
    assert all(
        "was there already" in shown.detail for shown in watcher.steps if shown.name not in ("upload", "endpoint")
    )


@pytest.mark.spark
def test_a_gate_that_stays_closed_ends_it_before_the_endpoint(run: Run, clients: Clients) -> None:
    config = run.config.model_copy(update={"gate": Gate(metric="rmse", at_most=0.01)})
    watcher = Watcher()
    with pytest.raises(StepError, match=r"step gate: rmse is \d.*, above 0.01"):
        send_plan(run.plan, config, clients, watcher, judge=functools.partial(judge, config, run.plan, clients))
    assert [shown.name for shown in watcher.steps] == ["upload", "processing", "training", "model", "gate"]
    assert judge(run.config, run.plan, clients).startswith("rmse ")
    assert b'"rmse"' in read(clients.s3, f"{run.plan.root}/evaluation.json")


@pytest.mark.spark
def test_a_job_that_fails_says_why_and_where_its_log_is(clients: Clients, tmp_path: Path) -> None:
    plan, config = planned("bad", abalone_rows(tmp_path / "rows.csv", 60, "M,0.4,many,0.1,0.5,0.2,0.1,0.2,9"))
    with pytest.raises(StepError) as caught:
        send_plan(plan, config, clients, Watcher())
    assert caught.value.step == "processing"
    assert "column 'diameter'" in caught.value.message
    assert "row 61" in caught.value.message
    assert caught.value.hint == "its log: /aws/sagemaker/ProcessingJobs, streams abalone-bad-etl/*"


@pytest.mark.spark
def test_cleaned_up_it_is_gone_and_its_key_makes_no_stale_predictions(run: Run, clients: Clients) -> None:
    said: list[str] = []
    assert clean_up(run.plan, clients, said.append) == len(said)
    assert said[0] == "DeleteEndpoint: abalone-good-endpoint"
    assert clients.sagemaker.list_endpoints()["Endpoints"] == []
    assert clean_up(run.plan, clients, said.append) == 0
    # AWS keeps transform jobs, and with them their names.
    with pytest.raises(StepError, match="abalone-good-batch is there already, from an earlier run"):
        send_plan(run.plan, run.config, clients, Watcher())
    assert clean_up(run.plan, clients, said.append, files=True) > 0
    bucket, prefix = split(run.plan.root)
    assert clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_what_aws_refuses_is_the_failure_of_the_step(clients: Clients, tmp_path: Path) -> None:
    config = load_config(FILE)
    abalone_rows(tmp_path / "rows.csv", 5)
    settings = resolve_settings(config.sagemaker, {**SETTINGS, "SAGEMAKER_BUCKET": "not-there-at-all"})
    plan = plan_requests(config, FILE, settings, "nowhere", rows=tmp_path / "rows.csv")
    with pytest.raises(StepError, match=r"step upload: .*NoSuchBucket"):
        send_plan(plan, config, clients, Watcher())
