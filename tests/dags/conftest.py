"""Airflow with a home of its own, a local service, and a folder of small pipelines, for all tests of the DAGs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dag_cases import BUCKET, PYTHON, Airflow, write_pipelines
from service_cases import ROLE, Service
from tests_paths import ROOT

from pipeline.plan import images


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow with this repository's DAGs, as one process runs them; its pipelines talk with a local service."""
    if importlib.util.find_spec("airflow") is None:
        pytest.skip("Airflow is in an environment of its own: make test-airflow")
    if not PYTHON.exists():
        pytest.skip(f"the local service runs in {PYTHON.parents[1]}: make setup")
    work = tmp_path_factory.mktemp("dags")
    service = Service(work / "data", "--image", "tasks=python", python=str(PYTHON))
    service.client("s3").create_bucket(Bucket=BUCKET)
    os.environ |= {
        "AIRFLOW_HOME": str(work / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "INFERENCE_PIPELINES": str(write_pipelines(work / "pipelines")),
        "AWS_ENDPOINT_URL": service.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SAGEMAKER_ROLE": ROLE,
        "SAGEMAKER_BUCKET": BUCKET,
        "NO_PROXY": "127.0.0.1",
    }
    if importlib.util.find_spec("sagemaker") is None:
        images.DEPLOYED = _image_tables()
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True, cwd=work)
    sys.path.insert(0, str(ROOT / "dags"))
    yield Airflow(service)
    assert service.stop() == 0, service.log.read_text()


def _image_tables() -> Path:
    """The folder of tables that `deploy` takes along for an Airflow without sagemaker-core."""
    asked = "from pipeline.plan.images import table_files; print(table_files()[0].parent)"
    done = subprocess.run([PYTHON, "-c", asked], check=True, capture_output=True, text=True, cwd=ROOT)
    return Path(done.stdout.strip())
