"""What else a run may be: refused by the gate, tuned, deferred, throttled, on broken rows, in two containers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from dag_cases import BUCKET, CONNECTION, ENDPOINT, SECRET, Airflow, Ran, write_rows
from fault_proxy import BUSY, LOST, RESET, THROTTLED, FaultProxy

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def first(airflow: Airflow) -> Iterator[Ran]:
    """A run that knows the service by Airflow's connection alone, role and bucket by a secret, the role by its name."""
    connection = {
        "conn_type": "aws",
        "login": "local",
        "password": "local",
        "extra": {"region_name": "us-east-1", "endpoint_url": airflow.service.url},
    }
    trust = {"Version": "2012-10-17", "Statement": []}
    airflow.service.client("iam").create_role(RoleName="bare", AssumeRolePolicyDocument=json.dumps(trust))
    airflow.service.client("secretsmanager").create_secret(
        Name=SECRET, SecretString=json.dumps({"role": "bare", "bucket": BUCKET})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(connection))
        with pytest.MonkeyPatch.context() as bare:
            for name in ("ENDPOINT_URL", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
                bare.delenv(f"AWS_{name}")
            for name in ("ROLE", "BUCKET"):
                bare.delenv(f"SAGEMAKER_{name}")
            ran = airflow.run("serving")
        yield ran


def test_connection_secret_and_a_role_s_name_are_all_that_a_run_needs(airflow: Airflow, first: Ran) -> None:
    assert (first.state, first.failures) == ("success", {})
    assert first.in_state("success") >= {"register", "endpoint"}
    job = airflow.sagemaker.describe_training_job(TrainingJobName=f"{first.beginning}-train")
    assert job["RoleArn"] == airflow.service.client("iam").get_role(RoleName="bare")["Role"]["Arn"]
    assert job["OutputDataConfig"]["S3OutputPath"].startswith(f"s3://{BUCKET}/{first.root}")


def test_rows_that_break_the_contract_fail_with_the_job_s_own_words(airflow: Airflow, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.csv", "M,long,0.3,0.1,0.4,0.2,0.1,0.1,9", count=50)
    ran = airflow.shipped("abalone", input=str(rows), clean_up=True)
    assert ran.state == "failed"
    assert ran.in_state("success") == {"plan", "upload", "clean_up"}
    assert ran.in_state("failed") == {"processing"}
    assert "row 51, column 'length': found 'long'" in ran.failures["processing"]
    assert not any(airflow.names(ran).values())


def test_a_model_worse_than_the_one_that_serves_is_not_deployed(airflow: Airflow, first: Ran) -> None:
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


def test_an_update_that_is_taken_back_fails_the_task(airflow: Airflow, first: Ran) -> None:
    sagemaker = airflow.sagemaker
    wanted = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=wanted)["ProductionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName="good", ProductionVariants=variants)
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="good")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=ENDPOINT, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
    )
    # The configuration that the run wants gets a model that cannot start.
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    airflow.s3.put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"no archive")
    broken = {**model["PrimaryContainer"], "ModelDataUrl": f"s3://{BUCKET}/broken.tar.gz"}
    sagemaker.create_model(ModelName="broken", PrimaryContainer=broken, ExecutionRoleArn=model["ExecutionRoleArn"])
    sagemaker.delete_endpoint_config(EndpointConfigName=wanted)
    sagemaker.create_endpoint_config(
        EndpointConfigName=wanted, ProductionVariants=[{**variants[0], "ModelName": "broken"}]
    )
    failed = airflow.rerun(first, "endpoint")
    assert failed.in_state("failed") == {"endpoint"}
    assert f"the update of {ENDPOINT} was taken back" in failed.failures["endpoint"]
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "good")


def test_a_deferred_run_on_one_object_gets_as_far_and_the_gate_says_why_it_ends(
    airflow: Airflow, tmp_path: Path
) -> None:
    key = "incoming/rows 1+2.csv"
    airflow.s3.upload_file(str(write_rows(tmp_path / "rows.csv")), BUCKET, key)
    # A job that read this one too would fail.
    airflow.s3.put_object(Bucket=BUCKET, Key=f"{key}.bak", Body=b"no,rows\n")
    ran = airflow.run("waiting", tune=False, input=f"s3://{BUCKET}/{key}", training_instance_type="ml.m5.2xlarge")
    assert (ran.state, ran.failures) == ("success", {})
    assert ran.in_state("skipped") == {"tuning", "deploy", "endpoint_config", "endpoint"}
    assert ran.states["transform"] == "success"
    assert "above 0.01" in airflow.evaluation(ran)["gate"]["reasons"][0]
    job = airflow.sagemaker.describe_training_job(TrainingJobName=f"{ran.beginning}-train")
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.2xlarge"


def test_the_best_of_a_tuning_job_serves_though_who_waits_is_throttled(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(airflow.service.url, share=0.2, faults=(THROTTLED,)).serving() as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        ran = airflow.run("deferred")
    assert (ran.state, ran.failures) == ("success", {})
    assert ran.in_state("skipped") == {"training"}
    for asked in ("DescribeProcessingJob", "DescribeHyperParameterTuningJob", "DescribeEndpoint"):
        assert proxy.met[asked, THROTTLED] > 0, asked
    made = airflow.names(ran)
    assert [len(made[kind]) for kind in ("HyperParameterTuningJob", "TrainingJob", "Model")] == [1, 2, 1]
    assert airflow.evaluation(ran)["gate"]["passed"]
    endpoint = airflow.sagemaker.describe_endpoint(EndpointName=f"{ran.beginning}-endpoint")
    assert endpoint["EndpointStatus"] == "InService"


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
