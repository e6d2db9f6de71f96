"""The end of a run's time: its tasks fail, its jobs are stopped, and no limit of Airflow's own skips the clean-up."""

from __future__ import annotations

import datetime
import math
import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from dag_cases import EXAMPLES, Airflow
from reliability_cases import until

pytestmark = pytest.mark.filterwarnings("ignore")

OWN = {"clean_up"}
LONG = 1200


def context(task: Any, minutes: float, **ti: Any) -> dict[str, Any]:
    """What a task is told whose run began so many minutes ago."""
    begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes)
    return {"dag_run": SimpleNamespace(start_date=begun), "ti": SimpleNamespace(task=task, **ti)}


def tasks(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All tasks of the tests' pipelines and of the examples."""
    dags = list(airflow.bag().dags.values())
    monkeypatch.setenv("INFERENCE_PIPELINES", str(EXAMPLES))
    dags += airflow.bag().dags.values()
    assert {dag.dagrun_timeout for dag in dags} == {None}
    return [task for dag in dags for task in dag.tasks]


@pytest.mark.any_airflow
def test_nothing_but_the_clean_up_begins_when_the_time_is_over(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.common.compat.sdk import AirflowFailException

    found = tasks(airflow, monkeypatch)
    assert {"SageMakerProcessingOperator", "GlueJobOperator", "BashOperator", "_PythonDecoratedOperator"} <= {
        type(task).__name__ for task in found
    }
    for task in found:
        if task.task_id in OWN:
            assert task._pre_execute_hook is None
        else:
            with pytest.raises(AirflowFailException, match="minutes are over"):
                task._pre_execute_hook(context(task, 10**6))


@pytest.mark.any_airflow
def test_a_task_gets_what_is_left_and_one_that_goes_on_what_it_had(airflow: Airflow) -> None:
    from inference_dags.deadline import in_time

    def limited(minutes: float, **ti: Any) -> Any:
        task = SimpleNamespace(
            execution_timeout=datetime.timedelta(minutes=50),
            max_ingestion_time=3000,
            waiter_delay=30,
            waiter_max_attempts=100,
        )
        in_time(60)(context(task, minutes, **ti))
        return task

    for task in (limited(0), limited(59, next_method="execute_complete")):
        assert task.execution_timeout == datetime.timedelta(minutes=50)
        assert (task.max_ingestion_time, task.waiter_max_attempts) == (3000, 100)
    task = limited(40)
    left = task.execution_timeout.total_seconds()
    assert 19 * 60 < left <= 20 * 60
    assert (task.max_ingestion_time, task.waiter_max_attempts) == (math.ceil(left), math.ceil(math.ceil(left) / 30))


@pytest.mark.slow
def test_a_job_that_outlives_its_run_is_stopped(
    airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inference_dags import deadline

    monkeypatch.setenv("INFERENCE_PIPELINES", str(tmp_path))
    tasks = [{"name": name, "image": "late", "cmd": f"sleep {LONG}"} for name in ("first", "second")]
    document = {
        "name": "late",
        "images": {"late": {"uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks:1"}},
        "pipelines": {"late": {"executor": "sagemaker", "retries": 3, "retry_delay": 0, "tasks": tasks}},
        "sagemaker": {"poll_seconds": 1},
    }
    (tmp_path / "late.yml").write_text(yaml.safe_dump(document))

    def pass_time() -> None:
        """The clock goes on by a day, and Airflow's rings, as soon as the first job runs."""
        asked = {"NameContains": "first", "StatusEquals": "InProgress"}
        until(lambda: airflow.sagemaker.list_processing_jobs(**asked)["ProcessingJobSummaries"])
        now = deadline._now() + datetime.timedelta(days=1)
        monkeypatch.setattr(deadline, "_now", lambda: now)
        os.kill(os.getpid(), signal.SIGALRM)

    clock = threading.Thread(target=pass_time)
    clock.start()
    ran = airflow.run("late")
    clock.join()
    assert ran.state == "failed"
    assert ran.in_state("success") == {"plan", "upload", "clean_up"}
    assert (ran.states["first"], ran.states["second"]) == ("failed", "upstream_failed")
    assert "minutes are over" in ran.failures["first"]
    (job,) = airflow.names(ran)["ProcessingJob"]
    found = airflow.sagemaker.describe_processing_job(ProcessingJobName=job)
    assert found["ProcessingJobStatus"] in ("Stopping", "Stopped")
