"""What a machine is installed from, part by part; the whole is machine/run.py, in a clean Debian."""

from __future__ import annotations

import base64
import configparser
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cloud import Cloud
from tests_paths import ROOT

FOLDER = ROOT / "cfn" / "airflow"
SERVICES = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


def unit(name: str) -> configparser.RawConfigParser:
    """A unit file; of a key that stands in it several times the last one."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(FOLDER / "units" / name)
    return parser


def test_every_unit_is_enabled_by_the_script_or_started_by_another() -> None:
    script = (FOLDER / "install.sh").read_text()
    for file in (FOLDER / "units").iterdir():
        name = file.name.removesuffix(".service")
        assert re.search(rf"\b{re.escape(name)}\b", script), file.name
        if "Install" in unit(file.name):
            enabled = script.partition("systemctl enable")[2].partition("#")[0]
            assert name in enabled.split(), name


@pytest.mark.parametrize("name", SERVICES)
def test_services_start_after_the_database_again_when_they_end_and_are_confined(name: str) -> None:
    service = unit(f"{name}.service")
    for key in ("Requires", "After"):
        assert service["Unit"][key].split() == ["airflow-secrets.service", "airflow-database.service"]
    assert service["Service"]["ExecStart"] == f"/opt/airflow/venv/bin/airflow {name.removeprefix('airflow-')}"
    assert service["Service"]["User"] == "airflow"
    assert service["Service"]["Restart"] == "always"
    assert (service["Service"]["ProtectSystem"], service["Service"]["NoNewPrivileges"]) == ("strict", "yes")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_units() -> None:
    units = sorted(map(str, (FOLDER / "units").iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=120, check=False
    )
    # The programs are on the machine alone.
    said = [line for line in done.stderr.splitlines() if "is not executable: No such file" not in line]
    assert [line for line in said if "airflow" in line] == []


def test_volumes_are_not_where_dags_are_kept_as_they_are_in_the_bucket() -> None:
    settings = dict(
        line.split("=", 1) for line in (FOLDER / "airflow.env").read_text().splitlines() if not line.startswith("#")
    )
    volumes, service = Path(settings["INFERENCE_VOLUMES"]), unit("airflow-scheduler.service")["Service"]
    synced = unit("airflow-dags.service")["Service"]["ExecStart"].split()[-1]
    assert synced == settings["AIRFLOW__CORE__DAGS_FOLDER"]
    assert not volumes.is_relative_to(synced)
    assert volumes.is_relative_to(service["ReadWritePaths"])


def test_no_unit_has_a_secret_and_all_come_from_memory() -> None:
    for file in [*(FOLDER / "units").iterdir(), FOLDER / "airflow.env"]:
        assert not re.search(r"SQL_ALCHEMY_CONN|FERNET_KEY|JWT_SECRET|PASSWORD", file.read_text()), file
    assert unit("airflow-secrets.service")["Service"]["UMask"] == "0077"
    assert unit("airflow-secrets.service")["Service"]["ExecStart"].endswith(">/run/airflow/secrets.env'")


def test_no_address_of_a_package_index_is_anywhere() -> None:
    for file in [*FOLDER.rglob("*"), *(ROOT / "cfn").glob("*.yaml"), ROOT / "requirements" / "airflow-machine.txt"]:
        if file.is_file():
            assert not re.search(r"index-url|pypi\.|deb\.debian|/simple", file.read_text()), file


def test_the_scripts_are_valid_for_bash() -> None:
    for file in FOLDER.glob("*.sh"):
        subprocess.run(["bash", "-n", str(file)], check=True, timeout=60)


def test_the_script_refuses_to_begin_without_its_settings() -> None:
    done = subprocess.run(
        ["bash", str(FOLDER / "install.sh")],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "DATABASE_HOST" in done.stderr


def test_secrets_become_the_services_variables(aws: Cloud) -> None:
    secrets = aws.client("secretsmanager")
    texts = {
        "DATABASE_SECRET": json.dumps({"username": "airflow", "password": "p@ss/w:rd%"}),
        "AIRFLOW_SECRET": json.dumps({"username": "admin", "password": "of the pages"}),
        "KEY_SECRET": "random",
    }
    names = {name: secrets.create_secret(Name=name, SecretString=text)["ARN"] for name, text in texts.items()}
    variables = {**os.environ, **aws.variables, **names, "DATABASE_HOST": "db", "DATABASE_PORT": "5432"}

    def run(what: str) -> list[str]:
        command = [sys.executable, str(FOLDER / "airflow_secrets.py"), what]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.splitlines()

    found = dict(line.split("=", 1) for line in run("environment"))
    place = "airflow:p%40ss%2Fw%3Ard%25@db:5432/airflow"
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"postgresql+psycopg2://{place}?sslmode=require"
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] == f"postgresql+asyncpg://{place}?ssl=require"
    keys = [value for name, value in found.items() if "CONN" not in name]
    assert len(set(keys)) == 3
    assert {len(base64.urlsafe_b64decode(key)) for key in keys} == {32}
    assert run("user") == ["admin", "of the pages"]
    assert dict(line.split("=", 1) for line in run("environment")) == found


def test_health_is_waited_for(tmp_path: Path) -> None:
    replies = [
        (503, {}),
        (200, {"metadatabase": {"status": "healthy"}, "scheduler": {"status": None}, "triggerer": None}),
        (200, {part: {"status": "healthy"} for part in ("metadatabase", "scheduler", "dag_processor", "triggerer")}),
    ]
    asked = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = replies[min(len(asked), len(replies) - 1)]
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/api/v2/monitor/health"
        command = [sys.executable, str(FOLDER / "wait_healthy.py"), url]
        assert subprocess.run(command, check=False, timeout=120).returncode == 0
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == ["/api/v2/monitor/health"] * 3
