"""What Airflow makes of a folder of pipeline files, and what that costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dag_cases import EXAMPLE, EXAMPLES, Airflow
from tests_paths import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")

# What only a running task may load; Airflow and its provider load boto3 themselves.
HEAVY = {"xgboost", "sklearn", "scipy", "pyarrow", "pyspark", "pandas", "numpy", "sagemaker", "sagemaker_core"}
OURS = {"pipeline", "pipeline.errors", "pipeline.config"}
# Seconds of the processor for 50 files, which are said to take less than one: a busy machine is no failure.
PARSED_IN = 3.0
_PARSE = """
import socket, sys, time
from pathlib import Path
import airflow.providers.amazon.aws.operators.sagemaker
from airflow import models
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import Connection, Variable

def refuse(*_, **__):
    raise AssertionError("asked for while files are parsed")

socket.socket.connect = socket.getaddrinfo = refuse
Variable.get = models.Variable.get = Connection.get = refuse
before = set(sys.modules)
folder = Path(sys.argv[1])
clock = time.process_time()
bag = BundleDagBag(str(folder), bundle_path=folder, bundle_name="dags-folder", load_op_links=False)
seconds = time.process_time() - clock
assert len(bag.dags) == 50 and not bag.import_errors, bag.import_errors
print("loaded:", seconds, *sorted(set(sys.modules) - before))
"""


def write(folder: Path, name: str, **changes: object) -> Path:
    """The example's pipeline file under another name."""
    document = yaml.safe_load((EXAMPLE / "pipeline.yml").read_text()) | {"name": name, **changes}
    document["data"]["schema"] = str(ROOT / "schemas" / "abalone.json")
    path = folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_a_file_with_an_error_is_named_with_its_line_and_hides_no_other(
    airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_PIPELINES", str(tmp_path))
    write(tmp_path, "good")
    bad = write(tmp_path, "bad", trainning={"hyperparameters": {}})
    line = 1 + next(at for at, text in enumerate(bad.read_text().splitlines()) if text.startswith("trainning"))
    write(tmp_path, "never", airflow={"schedule": "every 5 minutes or so"})
    write(tmp_path, "late", airflow={"schedule": "0 25 * * *"})
    (tmp_path / "twin.yml").write_text((tmp_path / "good.yml").read_text())
    # No pipeline file: not spoken of.
    (tmp_path / "compose.yml").write_text("services:\n  web: {image: nginx}\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "pipeline.yml").write_text("")
    bag = airflow.bag()
    assert list(bag.dags) == ["good"]
    (file,) = bag.import_errors
    assert file.endswith("pipeline_errors.py")
    said = bag.import_errors[file]
    assert f"{bad}, line {line}: key 'trainning' is not known" in said
    assert "never.yml, line " in said
    assert f"{tmp_path / 'late.yml'}: AirflowTimetableInvalid" in said
    assert f"{tmp_path / 'twin.yml'}: name 'good'" in said
    assert str(tmp_path / "below" / "pipeline.yml") in said
    assert "compose.yml" not in said


def test_all_that_the_section_says_is_in_the_dag(
    airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_PIPELINES", str(tmp_path))
    section = {
        "schedule": "0 4 * * 1",
        "start_date": "2026-01-31",
        "owner": "team",
        "tags": ["a", "b"],
        "retries": 4,
        "timeout_minutes": 90,
        "task_timeout_minutes": 30,
        "deferrable": True,
        "connection": "my_aws",
        "deploy": False,
    }
    write(tmp_path, "scheduled", airflow=section)
    write(tmp_path, "on-data", airflow={"schedule": {"assets": ["s3://bucket/rows"]}})
    dags = airflow.bag().dags
    dag = dags["scheduled"]
    assert (dag.schedule, dag.start_date.date().isoformat()) == ("0 4 * * 1", "2026-01-31")
    assert (dag.catchup, dag.max_active_runs, dag.tags) == (False, 1, {"a", "b"})
    training = dag.task_dict["training"]
    assert (training.owner, training.retries, training.deferrable) == ("team", 4, True)
    assert (training.aws_conn_id, training.execution_timeout.total_seconds()) == ("my_aws", 30 * 60)
    assert dag.params["deploy"] is False
    assert [asset.uri for asset in dag.task_dict["endpoint"].outlets] == ["sagemaker://scheduled/endpoint"]
    assert [asset.uri for asset in dags["on-data"].schedule] == ["s3://bucket/rows"]


@pytest.mark.parametrize(
    ("param", "value"), [("endpoint_instance_type", "large"), ("deploy", "yes"), ("input", 3), ("clean_up", None)]
)
def test_a_param_of_another_type_is_refused(airflow: Airflow, param: str, value: object) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = airflow.bag().dags["serving"].params
    with pytest.raises(ParamValidationError, match=param):
        params[param] = value


# What is said when a run is triggered, and where it stands in the request that an operator is handed.
_CLUSTER = "ProcessingResources.ClusterConfig.InstanceType"
_TUNED = "TrainingJobDefinition.ResourceConfig.InstanceType"
PARAMS = [
    ({"processing_instance_type": "ml.r5.4xlarge"}, "processing", _CLUSTER, "ml.r5.4xlarge"),
    ({"training_instance_type": "ml.m5.2xlarge"}, "training", "ResourceConfig.InstanceType", "ml.m5.2xlarge"),
    ({"training_instance_type": "ml.m5.2xlarge", "tune": True}, "tuning", _TUNED, "ml.m5.2xlarge"),
    ({"endpoint_instance_type": "ml.c5.large"}, "endpoint-config", "ProductionVariants.0.InstanceType", "ml.c5.large"),
    ({"transform_instance_type": "ml.c5.xlarge"}, "transform", "TransformResources.InstanceType", "ml.c5.xlarge"),
    ({"input": "s3://other/rows.csv"}, "processing", "ProcessingInputs.0.S3Input.S3Uri", "s3://other/rows.csv"),
    ({}, "processing", _CLUSTER, "ml.m5.xlarge"),
]


def asked(airflow: Airflow, task: str, **params: object) -> Any:
    """What a task returns in a run that was triggered so."""
    from airflow.sdk.execution_time.context import set_current_context

    dag = airflow.bag().dags["waiting"]
    dag.params.update(params)
    context: Any = {"dag": dag, "run_id": "asked", "params": dag.params.dump()}
    with set_current_context(context):
        return dag.task_dict[task].python_callable()


@pytest.mark.parametrize(("params", "request_of", "path", "value"), PARAMS)
def test_what_is_said_when_a_run_is_triggered_is_asked_for(
    airflow: Airflow, params: dict[str, object], request_of: str, path: str, value: str
) -> None:
    found = asked(airflow, "plan", **{"tune": False, **params})[request_of]
    for name in path.split("."):
        found = found[int(name) if name.isdigit() else name]
    assert found == value


@pytest.mark.parametrize("wanted", [True, False])
def test_tuning_and_deployment_are_chosen_when_a_run_is_triggered(airflow: Airflow, wanted: bool) -> None:
    assert asked(airflow, "train_or_tune", tune=wanted) == ("tuning" if wanted else "training")
    assert ("tuning" in asked(airflow, "plan", tune=wanted)) is wanted
    assert asked(airflow, "deploy", deploy=wanted) is wanted


def test_the_picture_in_airflow_s_pages_has_all_tasks_and_no_other(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = dict(airflow.bag().dags)
    monkeypatch.setenv("INFERENCE_PIPELINES", str(EXAMPLES))
    dags |= airflow.bag().dags
    assert dags.keys() >= {"serving", "waiting", "abalone", "churn", "churn-glue", "recommender", "iris"}
    for name, dag in dags.items():
        picture = dag.doc_md.split("```")[1].replace("whatever happened:", ">").replace(" or ", " > ")
        assert set(re.split(r"[\s>,]+", picture.strip())) == set(dag.task_ids), name


def test_fifty_files_take_little_time_no_network_and_nothing_that_a_task_needs(
    airflow: Airflow, tmp_path: Path
) -> None:
    for at in range(50):
        write(tmp_path, f"pipeline-{at}")
    ended = subprocess.run(
        [sys.executable, "-c", _PARSE, str(ROOT / "dags")],
        env={**os.environ, "INFERENCE_PIPELINES": str(tmp_path), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    seconds, *modules = ended.stdout.rpartition("loaded:")[2].split()
    assert float(seconds) < PARSED_IN
    loaded = set(modules)
    assert not loaded & HEAVY
    ours = {name for name in loaded if name.split(".")[0] == "pipeline"}
    assert {".".join(name.split(".")[:2]) for name in ours} <= OURS
