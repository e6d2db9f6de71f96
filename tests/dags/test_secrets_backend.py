"""Connections and variables from AWS Secrets Manager, by the settings of docs/airflow.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from dag_cases import Airflow
from tests_paths import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")

# What the scheduler and the web server ask, then what a task asks.
_LOOK = """
import json
from airflow.models.connection import Connection
from airflow.models.variable import Variable
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded
found = Connection.get_connection_from_secrets("my_aws")
server = [found.conn_type, found.extra_dejson, Variable.get_variable_from_secrets("my_limit")]
backend = ensure_secrets_backend_loaded()[0]
found = backend.get_connection("my_aws")
task = [found.conn_type, found.extra_dejson, backend.get_variable("my_limit")]
print("found:", json.dumps([server, task, backend.get_variable("other")]))
"""


def test_a_connection_and_a_variable_are_read_by_the_documented_settings(airflow: Airflow) -> None:
    text = (ROOT / "docs" / "airflow.md").read_text(encoding="utf-8")
    section = text.partition("```ini\n[secrets]\n")[2].partition("```")[0]
    settings = dict(line.split(" = ", 1) for line in section.splitlines())
    secrets = airflow.service.client("secretsmanager")
    documented = re.findall(r"--name (\S+) (?:\\\n\s*)?--secret-string ('[^']*'|\S+)", text)
    assert [name for name, _ in documented] == ["airflow/connections/my_aws", "airflow/variables/my_limit"]
    for name, value in (*documented, ("airflow/variables/other", "not asked for")):
        secrets.create_secret(Name=name, SecretString=value.strip("'"))
    variables = {f"AIRFLOW__SECRETS__{name.upper()}": value for name, value in settings.items()}
    assert variables.keys() == {"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND_KWARGS"}
    done = subprocess.run(
        [sys.executable, "-c", _LOOK], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    server, task, other = json.loads(done.stdout.rpartition("found:")[2])
    assert server == task == ["aws", {"region_name": "eu-central-1"}, "2.5"]
    assert other is None
