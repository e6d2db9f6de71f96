"""A whole Airflow for the time of a test: API server, scheduler and DAG processor, on SQLite and a free port."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests_paths import ROOT

SECONDS = 1200
DAG_ID = "triggered"
_DAG = """
import json
from pathlib import Path

from airflow.sdk import DAG, task

with DAG("triggered", schedule=None) as dag:

    @task
    def keep(dag_run=None):
        Path({output!r}, dag_run.run_id).write_text(json.dumps(dag_run.conf))

    keep()
"""


class AirflowServer:
    """Airflow with this repository's DAGs, of the files in `pipelines`, and a small one beside them.

    The small one keeps the conf of each of its runs in a file below `output`. `environment` is what tasks find.
    """

    def __init__(self, folder: Path, pipelines: Path, environment: Mapping[str, str]) -> None:
        if importlib.util.find_spec("airflow") is None:
            pytest.skip("Airflow is in an environment of its own: make test-airflow")
        self.username, self.password = "trigger", secrets.token_urlsafe(16)
        self.output = folder / "output"
        for place in (self.output, folder / "home"):
            place.mkdir()
        shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "dags" / "triggered.py").write_text(_DAG.format(output=str(self.output)))
        passwords = folder / "passwords.json"
        passwords.write_text(json.dumps({self.username: self.password}))
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        # What a test run's own environment says of Airflow and AWS is not for this one.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS_"))}
        self._environment = {
            **kept,
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{self.username}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
            "INFERENCE_PIPELINES": str(pipelines),
            "NO_PROXY": "127.0.0.1",
            **environment,
        }
        self._port, self._folder, self._open = port, folder, ExitStack()

    def __enter__(self) -> AirflowServer:
        try:
            self._run("db", "migrate")
            self._start("api-server", "--host", "127.0.0.1", "--port", str(self._port), "--workers", "1")
            self._start("scheduler", "--skip-serve-logs")
            self._start("dag-processor")
            self.until_known(DAG_ID)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def get(self, path: str) -> Any:
        """A reply of the REST API, as the user of the test."""
        return self._asked("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """The reply to a document."""
        return self._asked("POST", path, json=body)

    def ended(self, run_id: str, dag_id: str = DAG_ID) -> dict[str, Any]:
        """A run of a DAG when it has come to its end."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.get(f"/dags/{dag_id}/dagRuns/{run_id}")
            if run["state"] in {"success", "failed"}:
                return run
            time.sleep(1)
        raise AssertionError(f"{run}\n{self._logs()}")

    def until_known(self, dag_id: str) -> None:
        """Waits until Airflow has read a DAG and would run it."""
        deadline, error = time.monotonic() + SECONDS, ""
        while time.monotonic() < deadline:
            try:
                if not self.get(f"/dags/{dag_id}")["is_paused"]:
                    return
            except httpx.HTTPError as found:
                error = str(found)
            time.sleep(1)
        raise AssertionError(f"Airflow does not know the DAG {dag_id}: {error}\n{self._logs()}")

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        login = {"username": self.username, "password": self.password}
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as client:
            token = client.post("/auth/token", json=login).raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            return client.request(method, f"/api/v2{path}", headers=headers, **more).raise_for_status().json()

    def _run(self, *words: str) -> None:
        command = [sys.executable, "-m", "airflow", *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    def _start(self, *words: str) -> None:
        log = self._open.enter_context((self._folder / f"{words[0]}.log").open("w"))
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", *words],
            env=self._environment,
            cwd=self._folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._open.callback(_end, process)

    def _logs(self) -> str:
        return "\n".join(f"{file.name}:\n{file.read_text()[-2000:]}" for file in self._folder.glob("*.log"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
