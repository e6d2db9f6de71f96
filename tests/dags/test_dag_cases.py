"""What else a run may be: refused by the gate, tuned, deferred, throttled, on broken rows, in two containers."""

from __future__ import annotations

from pathlib import Path

import pytest
from dag_cases import ENDPOINT, Airflow, write_rows
from fault_proxy import BUSY, LOST, RESET, THROTTLED, FaultProxy

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.filterwarnings("ignore")]


def test_rows_that_break_the_contract_fail_with_the_job_s_own_words(airflow: Airflow, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.csv", "M,long,0.3,0.1,0.4,0.2,0.1,0.1,9", count=50)
    ran = airflow.run("plain", input=str(rows), clean_up=True)
    assert ran.state == "failed"
    assert ran.in_state("success") == {"plan", "upload", "clean_up"}
    assert ran.in_state("failed") == {"processing"}
    assert "row 51, column 'length': found 'long'" in ran.failures["processing"]
    assert not any(airflow.names(ran).values())


def test_a_model_worse_than_the_one_that_serves_is_not_deployed(airflow: Airflow) -> None:
    first = airflow.run("serving")
    assert first.state == "success"
    assert first.in_state("success") >= {"register", "endpoint"}
    served = airflow.sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    assert served.startswith(first.beginning)
    # One round on the same rows.
    ran = airflow.run("worse", clean_up=True)
    assert ran.state == "success"
    found = airflow.returned(ran, "evaluate")
    assert found["serving"]["model"].startswith(first.beginning)
    assert found["metrics"]["rmse"] > found["serving"]["metrics"]["rmse"]
    assert "worse than" in found["gate"]["reasons"][0]
    assert ran.in_state("skipped") == {"register", "deploy", "endpoint_config", "endpoint"}
    assert airflow.sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] == served
    packages = airflow.sagemaker.list_model_packages(ModelPackageGroupName="abalone")["ModelPackageSummaryList"]
    assert len(packages) == 1
    # It has cleaned up after itself, and has left alone what another run has made.
    assert not any(airflow.names(ran).values())


def test_a_deferred_run_gets_as_far_and_the_gate_says_why_it_ends(airflow: Airflow) -> None:
    ran = airflow.run("waiting", tune=False, training_instance_type="ml.m5.2xlarge")
    assert ran.state == "success"
    assert ran.in_state("skipped") == {"tuning", "deploy", "endpoint_config", "endpoint"}
    assert ran.states["transform"] == "success"
    assert "above 0.01" in airflow.evaluation(ran)["gate"]["reasons"][0]
    job = airflow.sagemaker.describe_training_job(TrainingJobName=f"{ran.beginning}-train")
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.2xlarge"


def test_the_best_of_a_tuning_job_becomes_the_model(airflow: Airflow) -> None:
    ran = airflow.run("tuned")
    assert ran.state == "success"
    assert ran.in_state("skipped") == {"training"}
    made = airflow.names(ran)
    assert [len(made[kind]) for kind in ("HyperParameterTuningJob", "TrainingJob", "Model")] == [1, 2, 1]
    assert airflow.evaluation(ran)["metrics"]["rmse"] > 0


def test_a_run_through_a_bad_network_succeeds_and_cleans_up(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultProxy(airflow.service.url, share=0.1, faults=(THROTTLED, BUSY, RESET, LOST)).serving() as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        ran = airflow.run("pair", clean_up=True)
    assert sum(proxy.met.values()) > 5
    assert ran.state == "success"
    assert ran.in_state("success") == {*ran.states}
    assert not any(airflow.names(ran).values())
    assert airflow.objects(ran) == []
    endpoints = airflow.sagemaker.list_endpoints(NameContains=ran.beginning)["Endpoints"]
    assert endpoints == []
