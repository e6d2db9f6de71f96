"""Churn with its Spark job on Glue, as a DAG: run, failed, run again, deferred, and cleaned up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dag_cases import BUCKET, EXAMPLES, Airflow, Ran
from fault_proxy import DENIED, FaultProxy
from service_cases import keys
from tests_paths import ROOT

from pipeline.run.data import load_function

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

EXAMPLE = EXAMPLES / "churn" / "glue.yml"
CONTRACT = ROOT / "schemas" / "churn.json"
NAME, CALLED = "churn-glue", 10
TASKS = {"plan", "upload", "processing", "training", "package", "model", "evaluate", "gate"} | {
    "deploy",
    "endpoint_config",
    "endpoint",
    "transform",
    "clean_up",
}


def write_rows(path: Path, count: int, *broken: str) -> Path:
    """Rows of the example, as the published file has them, each in quotes; then these."""
    made = load_function(EXAMPLE.parent, "sample", "generate")(count, 5)
    lines = [",".join(map(str, row)) for row in made]
    path.write_text("".join(f'"{line}"\n' for line in (*lines, *broken)))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example on few rows, its tasks waiting deferred, and ending with the model."""
    made = tmp_path_factory.mktemp("glue")
    write_rows(made / "rows.csv", 500)
    document = yaml.safe_load(EXAMPLE.read_text())
    document["data"] |= {"schema": str(CONTRACT), "location": "rows.csv"}
    document["training"]["hyperparameters"]["num_round"] = 10
    document |= {"name": "waiting-glue", "airflow": {"poll_seconds": 1, "deferrable": True, "clean_up": True}}
    document["sagemaker"] = {"endpoint": None, "transform": None, "tags": {"team": "churn"}}
    (made / "waiting.yml").write_text(yaml.safe_dump(document))
    return made


@pytest.fixture(autouse=True)
def pipelines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_PIPELINES", str(folder))


@pytest.fixture(scope="module")
def ran(airflow: Airflow) -> Ran:
    return airflow.shipped(NAME)


@pytest.mark.any_airflow
def test_the_examples_themselves_are_dags(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_PIPELINES", str(EXAMPLES))
    bag = airflow.bag()
    assert not bag.import_errors
    assert bag.dags.keys() >= {"abalone", "churn", "churn-glue", "recommender", "iris"}
    glue = bag.dags["churn-glue"]
    assert "the Spark job on Glue" in glue.doc_md
    # Its workers are the section glue's.
    assert "processing_instance_type" in bag.dags["churn"].params
    assert "processing_instance_type" not in glue.params
    assert "| `training` | factorization machines |" in bag.dags["recommender"].doc_md


def test_the_spark_job_is_a_run_of_a_glue_job(airflow: Airflow, ran: Ran) -> None:
    assert ran.failures == {}
    assert (ran.state, ran.in_state("success")) == ("success", TASKS)
    (run,) = runs_of(airflow, ran)
    assert (run["JobRunState"], run["NumberOfWorkers"], run["Id"]) == (
        "SUCCEEDED",
        2,
        airflow.returned(ran, "processing"),
    )
    names = airflow.names(ran)
    assert [len(names[kind]) for kind in ("ProcessingJob", "TrainingJob", "TransformJob", "Model")] == [0, 1, 1, 1]


def test_the_endpoint_gives_rows_their_chance_of_leaving(airflow: Airflow, ran: Ran) -> None:
    found = airflow.evaluation(ran)
    assert found["gate"]["passed"]
    assert found["metrics"]["auc"] > 0.9
    requests = lines_of(airflow, f"{ran.root}etl/requests/part-")
    assert len(requests) == found["rows"]
    answers = airflow.answers(f"{ran.beginning}-endpoint", requests[:CALLED])
    assert answers == lines_of(airflow, f"{ran.root}predictions/")[:CALLED]
    assert all(0 < float(answer) < 1 for answer in answers)
    assert len(set(answers)) > 1


def test_the_endpoint_is_called_with_sampled_rows(airflow: Airflow, ran: Ran, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.csv", 50)
    for options in ([], ["--rows", str(rows)]):
        command = [sys.executable, EXAMPLE.parent / "call.py", f"{ran.beginning}-endpoint", "--count", "4", *options]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        title, *lines = done.stdout.splitlines()
        assert title == "chance of leaving  left"
        assert len(lines) == 4
        for chance, left in map(str.split, lines):
            assert 0 < float(chance) < 1
            assert left in {"0", "1"}


def test_the_same_without_glue_runs_as_shipped(airflow: Airflow) -> None:
    ran = airflow.shipped("churn", logged=True, clean_up=True)
    assert ran.failures == {}
    assert (ran.state, ran.in_state("success")) == ("success", TASKS)
    assert airflow.returned(ran, "evaluate")["metrics"]["auc"] > 0.9


def test_the_glue_job_is_run_again_and_all_after_it_leave_one_model(
    airflow: Airflow, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = airflow.names(ran), files_of(airflow, ran)
    (earlier,) = runs_of(airflow, ran)
    for refused in ("CreateJob", "StartJobRun"):
        with FaultProxy(airflow.service.url, first={refused: DENIED}).serving() as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            failed = airflow.rerun(ran, "processing")
            assert proxy.met[refused, DENIED] == 1
        monkeypatch.setenv("AWS_ENDPOINT_URL", airflow.service.url)
        assert failed.in_state("failed") == set(failed.failures) == {"processing"}
        assert failed.in_state("success") == TASKS - {"processing"}
    again = airflow.rerun(ran, "processing", downstream=True)
    assert (again.state, again.in_state("success")) == ("success", TASKS)
    (run,) = runs_of(airflow, ran)
    assert run["Id"] != earlier["Id"]
    assert set(files_of(airflow, ran)) ^ set(files) == set()
    after = airflow.names(ran)
    # AWS keeps a transform job, and its name.
    assert set(before.pop("TransformJob")) < set(after.pop("TransformJob"))
    # Spark has given its stages other names: it is another model, and the one before is gone.
    assert {kind: len(names) for kind, names in after.items()} == {kind: len(names) for kind, names in before.items()}
    assert after["TrainingJob"] == before["TrainingJob"]
    endpoint = airflow.sagemaker.describe_endpoint(EndpointName=f"{ran.beginning}-endpoint")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", after["EndpointConfig"][0])


def test_a_deferred_run_is_waited_for_by_the_trigger_and_cleans_up(airflow: Airflow) -> None:
    ran = airflow.run("waiting-glue")
    assert ran.failures == {}
    assert (ran.state, ran.in_state("success")) == (
        "success",
        TASKS - {"deploy", "endpoint_config", "endpoint", "transform"},
    )
    glue = airflow.service.client("glue")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName=f"{ran.beginning}-etl")
    assert not any(airflow.names(ran).values())
    assert airflow.objects(ran) == []


def test_rows_that_break_the_contract_fail_with_the_job_s_own_words(
    airflow: Airflow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    count = len(json.loads(CONTRACT.read_text())["columns"])
    rows = write_rows(tmp_path / "rows.csv", 20, ",".join(["0", "many", *["0"] * (count - 2)]))
    ran = airflow.shipped(NAME, input=str(rows))
    assert ran.state == "failed"
    assert ran.in_state("failed") == {"processing"}
    # The operator itself says no more than that it failed.
    assert "Run State: FAILED" in ran.failures["processing"]
    assert "row 21, column 'account_length': found 'many'" in caplog.text
    # What a failed job has written is gone.
    assert keys(airflow.s3, BUCKET, f"{ran.root}etl/") == []


def files_of(airflow: Airflow, ran: Ran) -> list[str]:
    """The keys of a run's objects, but for the models' archives, which are named by their content."""
    return [key for key in airflow.objects(ran) if "/model/" not in key]


def runs_of(airflow: Airflow, ran: Ran) -> list[dict[str, object]]:
    """The runs of the run's Glue job."""
    found: list[dict[str, object]] = airflow.service.client("glue").get_job_runs(JobName=f"{ran.beginning}-etl")[
        "JobRuns"
    ]
    return found


def lines_of(airflow: Airflow, prefix: str) -> list[str]:
    """The lines of all objects whose keys begin so."""
    found = keys(airflow.s3, BUCKET, prefix)
    assert found, prefix
    return [line for key in found for line in airflow.read(key).decode().splitlines()]
