"""The jobs for clusters on a cluster: processing jobs of two instances, on Spark's own standalone workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from glue_cases import ended
from score_cases import made_rows, one_machine, write, write_model
from service_cases import ROLE, Service, finished, keys, log_lines, processing_input, processing_request, service
from test_spark_training import write_etl
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.columns import Dense
from pipeline.packaging.py_files import CLUSTER_SIDE, write_py_files
from pipeline.scoring.booster import Booster

__all__ = ["service"]

pytestmark = [pytest.mark.spark, pytest.mark.slow]

BUCKET = "cluster"
GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def s3(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Any:
    client = service.client("s3")
    client.create_bucket(Bucket=BUCKET)
    zipped = write_py_files(tmp_path_factory.mktemp("zip") / "py-files.zip", more=CLUSTER_SIDE)
    client.upload_file(str(zipped), BUCKET, "code/py-files.zip")
    for program in ("batch_score.py", "train.py"):
        client.upload_file(str(ROOT / "spark_jobs" / program), BUCKET, f"code/{program}")
    return client


def request(name: str, program: str, *arguments: str) -> dict[str, Any]:
    """A job of two instances, as docs/scaling.md shows it."""
    built = processing_request(name, f"s3://{BUCKET}/code/{program}", *arguments, instances=2)
    built["AppSpecification"]["ContainerEntrypoint"][1:1] = ["--py-files", "/opt/ml/processing/input/py-files"]
    zipped = processing_input("py-files", f"s3://{BUCKET}/code/py-files.zip", "/opt/ml/processing/input/py-files")
    built["ProcessingInputs"].append(zipped)
    return built


@pytest.fixture(scope="module")
def expected(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Model and rows in the bucket; the lines that one machine makes of them."""
    folder = tmp_path_factory.mktemp("expected")
    rows = made_rows(4000)
    model = write_model(folder, "regression")
    s3.upload_file(str(model), BUCKET, "model/model.tar.gz")
    for part in range(4):
        path = write(folder / "rows" / f"{part}.csv", rows[part * 1000 : part * 1000 + 1000])
        s3.upload_file(str(path), BUCKET, f"rows/{part}.csv")
    made = one_machine(model, folder / "rows", folder / "one.csv", ("id", "score"))
    return sorted(made.read_bytes().splitlines())


def scoring(name: str) -> dict[str, str]:
    """What batch_score.py is asked for."""
    places = {"--model": "model/model.tar.gz", "--input": "rows/", "--output": name}
    arguments = {option: f"s3://{BUCKET}/{key}" for option, key in places.items()}
    return {**arguments, "--output-format": "csv", "--columns": "id"}


def scored(s3: Any, name: str) -> list[bytes]:
    """The lines that it wrote."""
    parts = [key for key in keys(s3, BUCKET, f"{name}/") if "part-" in key]
    return sorted(line for key in parts for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines())


def test_rows_are_scored_on_two_instances_as_on_one_machine(service: Service, s3: Any, expected: list[bytes]) -> None:
    arguments = [word for pair in scoring("processed").items() for word in pair]
    client = service.client("sagemaker")
    client.create_processing_job(**request("score", "batch_score.py", *arguments))
    described = finished(client, "score")
    assert described["ProcessingJobStatus"] == "Completed", described.get("FailureReason")
    assert scored(s3, "processed") == expected
    logs = service.client("logs")
    assert any("4,000 rows in" in line for line in log_lines(logs, GROUP, "score/algo-1-"))
    assert any("Finished task" in line or "Running task" in line for line in log_lines(logs, GROUP, "score/algo-2-"))


def test_a_glue_job_scores_them_alike(service: Service, s3: Any, expected: list[bytes]) -> None:
    glue = service.client("glue")
    glue.create_job(
        Name="score",
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/code/batch_score.py", "PythonVersion": "3"},
        GlueVersion="5.0",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        DefaultArguments={"--extra-py-files": f"s3://{BUCKET}/code/py-files.zip"},
    )
    run = glue.start_job_run(JobName="score", Arguments=scoring("glued"))["JobRunId"]
    described = ended(glue, "score", run)
    assert described["JobRunState"] == "SUCCEEDED", described["ErrorMessage"]
    assert scored(s3, "glued") == expected


def test_two_instances_train_one_model(service: Service, s3: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(600, 4))
    label = features @ [3.0, -2.0, 1.0, 0.0]
    etl = write_etl(tmp_path / "etl", label, features)
    for file in ("train/part-0.csv", "validation/part-0.csv", "summary.json"):
        s3.upload_file(str(etl / file), BUCKET, f"etl/{file}")
    hyperparameters = json.dumps({"num_round": 40, "max_depth": 4, "eta": 0.3})
    s3.put_object(Bucket=BUCKET, Key="hyperparameters.json", Body=hyperparameters.encode())
    arguments = ["--input", f"s3://{BUCKET}/etl", "--hyperparameters", f"s3://{BUCKET}/hyperparameters.json"]
    client = service.client("sagemaker")
    built = request("train", "train.py", *arguments, "--output", f"s3://{BUCKET}/trained", "--workers", "2")
    client.create_processing_job(**built)
    described = finished(client, "train")
    assert described["ProcessingJobStatus"] == "Completed", described.get("FailureReason")
    s3.download_file(BUCKET, "trained/model.tar.gz", str(tmp_path / "model.tar.gz"))
    model = read_files(tmp_path / "model.tar.gz")["xgboost-model"]
    error = Booster(model).predict(Dense(features)) - label
    assert np.sqrt((error**2).mean()) < 0.2 * label.std()
    lines = log_lines(service.client("logs"), GROUP, "train/algo-1-")
    assert any(line.startswith("[39]\ttrain-rmse:") and "validation-rmse:" in line for line in lines)
    assert any("training 40 rounds on 2 workers" in line for line in lines)
