"""Files of tasks as DAGs: run for real by the providers' operators, as processes and as SageMaker's jobs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from dag_cases import BUCKET, Airflow
from readme_cases import holds_readme_figures
from service_cases import keys
from tests_paths import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")

IRIS = ROOT / "examples" / "iris"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks:1"
# Braces that Airflow would take for a template, a value that it would take for a file.
ODD = {"BRACES": "{{ ds }} {% raw %}", "FILE": "run.sh"}
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: none, user: {}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
"""
NOTE = """
import os, pathlib, sys
folder = pathlib.Path(os.environ["NOTES"])
before = sorted(file.name for file in folder.glob("*.txt"))
(folder / f"{sys.argv[1]}.txt").write_text(repr([before, *(os.environ.get(name) for name in ("BRACES", "FILE"))]))
print("noted", sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of pipeline files, empty."""
    place = tmp_path / "files"
    place.mkdir()
    monkeypatch.setenv("INFERENCE_PIPELINES", str(place))
    return place


def write(folder: Path, name: str, *tasks: dict[str, Any], **pipeline: Any) -> Path:
    """A file with one pipeline, whose tasks write what they have found into a volume."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "note.py").write_text(NOTE)
    (source / "run.sh").write_text("python note.py script\n")
    common = {"image": "notes", "env": {"NOTES": "/mnt/notes"}, "mounts": {"notes": "/mnt/notes"}}
    document = {
        "name": f"file-{name}",
        "owner": "team",
        "images": {"notes": {"source": "source", "uri": IMAGE}},
        "volumes": {"notes": {"folder": f"volume-{name}"}},
        "pipelines": {name: {**pipeline, "tasks": [{**common, **task} for task in tasks]}},
        "sagemaker": {"poll_seconds": 1},
    }
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def note(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "cmd": f"python note.py {name}", **more}


def test_the_example_in_both_grammars_trains_and_deploys(airflow: Airflow, folder: Path) -> None:
    shutil.copytree(IRIS, folder / "iris", ignore=shutil.ignore_patterns("store", "__pycache__"))
    assert set(airflow.bag().dags) == {"iris", "iris_pipeline"}
    store = folder / "iris" / "store" / "production"
    versions = []
    for name in ("iris", "iris_pipeline"):
        ran = airflow.run(name)
        assert ran.states == dict.fromkeys(("train", "validate", "deploy"), "success")
        versions.append((store / "latest").read_text())
        holds_readme_figures("iris", json.loads((store / f"{versions[-1]}.json").read_text()))
        shutil.rmtree(store)
    assert versions[0] == versions[1]


def test_tasks_run_in_order_with_their_variables_as_they_are(airflow: Airflow, folder: Path) -> None:
    mounted = {"NOTES": "/mnt/notes", **ODD}
    last = {"name": "last", "cmd": "sh run.sh", "env": {"NOTES": "/mnt/notes"}}
    write(folder, "ordered", note("b", env=mounted), note("a", instances=2, cmd="python note.py $TASK_INSTANCE"), last)
    ran = airflow.run("ordered")
    assert ran.states == dict.fromkeys(("b", "a-0", "a-1", "last"), "success")
    found = folder / "volume-ordered"
    assert (found / "b.txt").read_text() == repr([[], *ODD.values()])
    assert (found / "script.txt").read_text() == repr([["0.txt", "1.txt", "b.txt"], None, None])


def test_volumes_below_the_dags_are_kept_elsewhere(
    airflow: Airflow, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference_dags.volumes._DAGS", folder)
    monkeypatch.setenv("INFERENCE_VOLUMES", str(tmp_path / "kept"))
    write(folder, "wiped", note("a"))
    before = set(folder.rglob("*"))
    assert airflow.run("wiped").state == "success"
    assert set(folder.rglob("*")) == before
    assert [file.name for file in (tmp_path / "kept" / "volume-wiped").iterdir()] == ["a.txt"]


def test_a_volume_that_holds_code_stays_with_it(
    airflow: Airflow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference_dags.volumes._DAGS", folder)
    monkeypatch.setenv("INFERENCE_VOLUMES", str(folder.parent / "kept"))
    file = write(folder, "whole", note("a"))
    file.write_text(file.read_text().replace("volume-whole", "."))
    assert airflow.run("whole").state == "success"
    assert (folder / "a.txt").is_file()


def test_nothing_runs_after_a_task_that_fails(airflow: Airflow, folder: Path) -> None:
    write(folder, "failing", note("a"), {"name": "b", "cmd": "python note.py b && exit 3"}, note("c"))
    ran = airflow.run("failing")
    assert ran.state == "failed"
    assert ran.states == {"a": "success", "b": "failed", "c": "upstream_failed"}
    assert {file.name for file in (folder / "volume-failing").iterdir()} == {"a.txt", "b.txt"}


def test_a_task_has_its_own_time(airflow: Airflow, folder: Path) -> None:
    write(folder, "slow", {"name": "a", "cmd": "sleep 120", "timeout_minutes": 0.02}, note("b"))
    ran = airflow.run("slow")
    assert ran.states == {"a": "failed", "b": "upstream_failed"}


@pytest.mark.slow
def test_tasks_are_processing_jobs_that_share_a_volume(airflow: Airflow, folder: Path) -> None:
    mounted = {"NOTES": "/mnt/notes", **ODD}
    write(folder, "jobs", note("first", env=mounted), note("second", instances=2), note("third"), executor="sagemaker")
    ran = airflow.run("jobs")
    assert ran.state == "success"
    assert ran.in_state("success") == {"plan", "upload", "first", "second-0", "second-1", "third", "clean_up"}
    names = [f"{ran.beginning}-00-00-first", *(f"{ran.beginning}-01-0{at}-second" for at in range(2))]
    names.append(f"{ran.beginning}-02-00-third")
    assert jobs_of(airflow, ran.beginning) == names
    volume = "inference-pipeline/file-jobs/volumes/notes/"
    assert {key.removeprefix(volume) for key in keys(airflow.s3, BUCKET, volume)} == {
        ".keep",
        *(f"{name}.txt" for name in ("first", "second", "third")),
    }
    told = airflow.s3.get_object(Bucket=BUCKET, Key=f"{volume}third.txt")["Body"].read().decode()
    assert told == repr([["first.txt", "second.txt"], None, None])
    assert airflow.s3.get_object(Bucket=BUCKET, Key=f"{volume}first.txt")["Body"].read().decode() == repr(
        [[], *ODD.values()]
    )
    again = airflow.rerun(ran, "third")
    assert again.state == "success"
    assert jobs_of(airflow, ran.beginning) == names


@pytest.mark.any_airflow
@pytest.mark.slow
def test_a_job_that_fails_says_why(airflow: Airflow, folder: Path) -> None:
    broken = {"name": "b", "cmd": "python -c 'raise SystemExit(\"no such model\")'"}
    write(folder, "broken", broken, note("c"), executor="sagemaker")
    ran = airflow.run("broken")
    assert ran.state == "failed"
    assert ran.in_state("failed") == {"b"}
    (job,) = jobs_of(airflow, ran.beginning)
    assert "no such model" in airflow.sagemaker.describe_processing_job(ProcessingJobName=job)["FailureReason"]


def test_all_that_a_pipeline_says_is_in_the_dag(airflow: Airflow, folder: Path) -> None:
    write(
        folder,
        "said",
        note("a", timeout_minutes=5),
        note("b", executor="sagemaker"),
        schedule="0 4 * * 1",
        start_date="2026-01-31",
        timeout_minutes=90,
        retries=4,
        tags=["x"],
    )
    dag = airflow.bag().dags["said"]
    assert (dag.schedule, dag.start_date.date().isoformat()) == ("0 4 * * 1", "2026-01-31")
    assert (dag.catchup, dag.tags) == (False, {"x"})
    a, b = dag.task_dict["a"], dag.task_dict["b"]
    assert (a.owner, a.retries, a.execution_timeout.total_seconds()) == ("team", 4, 300)
    assert (b.execution_timeout.total_seconds(), b.upstream_task_ids >= {"a"}) == (5400, True)
    assert dag.task_dict["upload"].downstream_task_ids >= {"a"}


def test_a_file_with_an_error_hides_no_other(airflow: Airflow, folder: Path) -> None:
    write(folder, "good", note("a"))
    write(folder, "bad", note("a", imge="notes"))
    (folder / "twin.yml").write_text((folder / "good.yml").read_text())
    bag = airflow.bag()
    assert list(bag.dags) == ["good"]
    (said,) = bag.import_errors.values()
    assert "bad.yml, line" in said
    assert "key 'pipelines.bad.tasks.0.imge' is not known" in said
    assert "twin.yml: name 'good' is that of" in said


@pytest.mark.any_airflow
def test_a_pod_is_what_kubernetes_takes(airflow: Airflow, folder: Path) -> None:
    pytest.importorskip("airflow.providers.cncf.kubernetes", reason="the provider of Kubernetes is not here")
    from kubernetes.client import ApiClient, V1Pod

    file = write(folder, "podded", note("Odd_Name", env={"NOTES": "/mnt/notes", "N": 3, **ODD}), executor="big")
    document = yaml.safe_load(file.read_text())
    document["executors"] = {
        "big": {
            "type": "kubernetes",
            "namespace": "ml",
            "service_account": "runner",
            "memory": "2Gi",
            "cpu_limit": "2",
            "node_selector": {"disk": "ssd"},
            "image_pull_secret": "regcred",
        }
    }
    file.write_text(yaml.safe_dump(document))
    bag = airflow.bag()
    assert not bag.import_errors
    operator = bag.dags["podded"].task_dict["Odd_Name"]
    operator.render_template_fields({"ds": "2026-01-01"})
    # It is only asked whether the pod would be made from inside of a cluster.
    config = folder / "kubeconfig"
    config.write_text(KUBECONFIG)
    operator.config_file = str(config)
    made = operator.build_pod_request_obj()
    client = ApiClient()
    plain = client.sanitize_for_serialization(made)
    # The client's models refuse what a pod has not: the plain form, read by them, is the same pod again.
    assert client.sanitize_for_serialization(client._ApiClient__deserialize(plain, V1Pod)) == plain
    spec = plain["spec"]
    (container,) = spec["containers"]
    assert plain["metadata"]["namespace"] == "ml"
    assert plain["metadata"]["name"].startswith("odd-name")
    assert (spec["serviceAccountName"], spec["nodeSelector"], spec["restartPolicy"]) == (
        "runner",
        {"disk": "ssd"},
        "Never",
    )
    assert spec["imagePullSecrets"] == [{"name": "regcred"}]
    assert container["image"] == IMAGE
    assert (container["command"], container["args"]) == (["/bin/sh", "-c"], ["python note.py Odd_Name"])
    assert container["resources"] == {"requests": {"memory": "2Gi"}, "limits": {"cpu": "2"}}
    variables = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert variables.items() >= {"NOTES": "/mnt/notes", "N": "3", "TASK_INSTANCE": "0", **ODD}.items()
    claim = {"name": "notes", "persistentVolumeClaim": {"claimName": "notes-pvc"}}
    assert claim in spec["volumes"]
    assert {"name": "notes", "mountPath": "/mnt/notes"} in container["volumeMounts"]


def jobs_of(airflow: Airflow, beginning: str) -> list[str]:
    """The names of a run's processing jobs."""
    pages = airflow.sagemaker.get_paginator("list_processing_jobs").paginate(NameContains=beginning)
    return sorted(job["ProcessingJobName"] for page in pages for job in page["ProcessingJobSummaries"])
