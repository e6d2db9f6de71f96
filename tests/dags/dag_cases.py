"""Small pipelines, and their DAGs run in this process as Airflow's own `dag.test()` runs them."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sent_cases import abalone_rows
from service_cases import Service, keys
from tests_paths import ROOT

PYTHON = ROOT / ".venv" / "bin" / "python"
BUCKET = "dags"
EXAMPLES = ROOT / "examples"
EXAMPLE = EXAMPLES / "abalone"
ROWS, ASKED = 400, 20
SECONDS = 300
ENDPOINT, SECRET, CONNECTION = "abalone-serving", "dags/settings", "my_aws"
KINDS = ("ProcessingJob", "TrainingJob", "TransformJob", "HyperParameterTuningJob", "Model", "EndpointConfig")
_TUNING = {
    "objective": "validation:rmse",
    "strategy": "Random",
    "ranges": {"max_depth": {"min": 2, "max": 4}},
    "max_jobs": 2,
    "parallel_jobs": 2,
    "seed": 1,
}
_NOT_WORSE = {"metric": "rmse", "not_worse_than_serving": True}
_SERVING = {"endpoint": {"name": ENDPOINT}, "transform": None, "registration": {"group": "abalone"}}
# Each pipeline has what its tests are about, and no more.
PIPELINES: Mapping[str, Mapping[str, Any]] = {
    "serving": {
        "gate": _NOT_WORSE,
        "sagemaker": {**_SERVING, "secret": {"name": SECRET, "holds": ["role", "bucket"]}},
        "airflow": {"connection": CONNECTION},
    },
    "worse": {"gate": _NOT_WORSE, "sagemaker": _SERVING, "training": {"hyperparameters": {"num_round": 1}}},
    "waiting": {
        "airflow": {"deferrable": True},
        "gate": {"metric": "rmse", "at_most": 0.01},
        "sagemaker": {"tuning": _TUNING},
    },
    # A waiting task may look 480 times.
    "deferred": {
        "airflow": {"deferrable": True, "retries": 3, "retry_delay": 0, "task_timeout_minutes": 8},
        "gate": {"metric": "rmse", "at_most": 10},
        "sagemaker": {"tuning": _TUNING, "transform": None},
    },
    "pair": {
        "sagemaker": {"model": {"layout": "two-containers"}, "transform": None},
        "airflow": {"retries": 3, "retry_delay": 0},
    },
}


def write_pipelines(folder: Path) -> Path:
    """The abalone example in variants."""
    for name, changes in PIPELINES.items():
        shutil.copytree(EXAMPLE, folder / name, ignore=shutil.ignore_patterns("*.ipynb", "__pycache__", "rows.csv"))
        document = yaml.safe_load((EXAMPLE / "pipeline.yml").read_text())
        document |= {"gate": None, **changes, "name": name}
        document["airflow"] = {"poll_seconds": 1, "retries": 0, **changes.get("airflow", {})}
        document["data"] |= {"schema": str(ROOT / "schemas" / "abalone.json"), "location": "rows.csv"}
        (folder / name / "pipeline.yml").write_text(yaml.safe_dump(document))
        write_rows(folder / name / "rows.csv")
    return folder


def write_rows(path: Path, *broken: str, count: int = ROWS) -> Path:
    """Rows of the abalone example, then these lines."""
    return abalone_rows(path, count, *broken)


@dataclass(frozen=True)
class Ran:
    """A DAG run that has come to its end."""

    dag: Any
    run_id: str
    state: str
    states: dict[str, str]
    failures: dict[str, str]

    @property
    def key(self) -> str:
        """What tells the run's things from others'."""
        from inference_dags.this_run import run_key

        return run_key(self.dag.dag_id, self.run_id)

    @property
    def beginning(self) -> str:
        """What the names of all the run's things begin with."""
        return f"{self.dag.dag_id}-{self.key}"

    @property
    def root(self) -> str:
        """The keys of the run's objects begin so."""
        return f"inference-pipeline/{self.dag.dag_id}/{self.key}/"

    def in_state(self, state: str) -> set[str]:
        """The tasks that came to a state."""
        return {task for task, found in self.states.items() if found == state}


class Airflow:
    """This repository's DAGs, and the service that they talk with."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.sagemaker, self.s3 = service.client("sagemaker"), service.client("s3")
        self.runtime = service.client("sagemaker-runtime")

    def bag(self, dag_folder: Path = ROOT / "dags") -> Any:
        """The DAGs and import errors, as Airflow's processor finds them."""
        try:
            from airflow.dag_processing.dagbag import BundleDagBag
        except ImportError:
            return _earlier_bag(dag_folder)
        return BundleDagBag(str(dag_folder), bundle_path=dag_folder, bundle_name="dags-folder", load_op_links=False)

    def run(self, name: str, **params: Any) -> Ran:
        """A DAG's run from beginning to end."""
        return self._tested(self.bag().dags[name], params)

    def shipped(self, name: str, *, logged: bool = False, **params: Any) -> Ran:
        """A run of an example as it is, but that jobs are looked at each second and no task is tried twice.

        Where the training job's log is to be `logged`, the provider looks each half minute.
        """
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INFERENCE_PIPELINES", str(EXAMPLES))
            dag = self.bag().dags[name]
            quick = {"check_interval": 1, "job_poll_interval": 1, "waiter_delay": 1, "retries": 0}
            for task in dag.tasks:
                for attribute, value in (quick if logged else {**quick, "print_log": False}).items():
                    if hasattr(task, attribute):
                        setattr(task, attribute, value)
            return self._tested(dag, params)

    def rerun(self, ran: Ran, *tasks: str, downstream: bool = False) -> Ran:
        """The same run again: these tasks alone, or all after them too, as "clear" in Airflow's pages."""
        from airflow import settings
        from airflow.models.dagrun import DagRun
        from airflow.sdk.definitions.dag import _run_task
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.utils.state import DagRunState, TaskInstanceState

        scheduled = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(ran.dag))
        chosen = scheduled.partial_subset(task_ids=tasks, include_downstream=downstream, include_upstream=False)
        session = settings.Session()
        chosen.clear(
            run_id=ran.run_id, task_ids=list(chosen.task_ids), dag_run_state=DagRunState.RUNNING, session=session
        )
        session.commit()
        run = session.query(DagRun).filter_by(dag_id=ran.dag.dag_id, run_id=ran.run_id).one()
        run.dag = scheduled
        for ti in run.get_task_instances(session=session):
            # Airflow takes it from the file's DAG.
            ti.max_tries = ti.try_number + ran.dag.task_dict[ti.task_id].retries
        session.commit()
        deadline = time.monotonic() + SECONDS
        with _failures(ran.dag) as failures:
            while run.state == DagRunState.RUNNING:
                assert time.monotonic() < deadline
                session.expire_all()
                for ti in run.update_state(session=session)[0]:
                    ti.try_number += 1
                    ti.state = TaskInstanceState.SCHEDULED
                session.commit()
                for ti in run.get_task_instances(session=session):
                    if ti.state == TaskInstanceState.SCHEDULED:
                        _run_task(ti=ti, task=ran.dag.task_dict[ti.task_id], run_triggerer=True)
        return _ran(ran.dag, run, failures)

    def _tested(self, dag: Any, params: Mapping[str, Any]) -> Ran:
        with _failures(dag) as failures:
            return _ran(dag, dag.test(run_conf=dict(params)), failures)

    def returned(self, ran: Ran, task: str) -> Any:
        """What a task of a run returned."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            found = session.query(XComModel).filter_by(
                dag_id=ran.dag.dag_id, run_id=ran.run_id, task_id=task, key="return_value"
            )
            return XComModel.deserialize_value(found.one())

    def names(self, ran: Ran) -> dict[str, list[str]]:
        """All that a run has made and that is still there, by kind."""
        from pipeline.sending.clients import Clients
        from pipeline.sending.named import named

        clients = Clients(self.sagemaker, self.runtime, self.s3, None)
        return {kind: sorted(named(clients, kind, ran.beginning)) for kind in KINDS}

    def objects(self, ran: Ran) -> list[str]:
        """The keys of a run's objects, without what Spark makes up, and its logs of events."""
        found = keys(self.s3, BUCKET, ran.root)
        plain = {re.sub(r"-[0-9a-f]{8}-[0-9a-f-]{27}-c", "-c", key) for key in found if "spark-events" not in key}
        assert len(plain) == len([key for key in found if "spark-events" not in key]), found
        return sorted(plain)

    def read(self, key: str) -> bytes:
        """An object's content."""
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def evaluation(self, ran: Ran) -> dict[str, Any]:
        """A run's evaluation.json."""
        found: dict[str, Any] = json.loads(self.read(f"{ran.root}evaluation.json"))
        return found

    def answers(self, endpoint: str, lines: Sequence[str]) -> list[str]:
        """The endpoint's predictions, one request a row."""
        replies = [
            self.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=line.encode())
            for line in lines
        ]
        return [reply["Body"].read().decode().strip() for reply in replies]


@contextmanager
def _failures(dag: Any) -> Iterator[dict[str, str]]:
    """Why tasks fail meanwhile, as they themselves say it."""
    found: dict[str, str] = {}

    def note(context: Mapping[str, Any]) -> None:
        found[context["task"].task_id] = str(context["exception"])

    own = {task: task.on_failure_callback for task in dag.tasks}
    for task, callbacks in own.items():
        # Airflow 2 leaves one alone as it is.
        before = callbacks if isinstance(callbacks, list) else [callbacks] if callbacks else []
        task.on_failure_callback = [*before, note]
    yield found
    for task, callbacks in own.items():
        task.on_failure_callback = callbacks


def _earlier_bag(dag_folder: Path) -> Any:
    """The same of Airflow 2.11 and 3.0; 3.0 runs only what its database knows."""
    import airflow
    from airflow.models.dagbag import DagBag

    bag = DagBag(str(dag_folder), include_examples=False)
    if airflow.__version__.startswith("3."):
        from airflow.dag_processing.bundles.manager import DagBundlesManager

        DagBundlesManager().sync_bundles_to_db()
        bag.sync_to_db("dags-folder", None)
    return bag


def _ran(dag: Any, run: Any, failures: dict[str, str]) -> Ran:
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    return Ran(dag, run.run_id, str(run.state), states, failures)
