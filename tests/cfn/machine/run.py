"""The machine of airflow-ec2.yaml, for real: its user data in a clean Debian, until Airflow has run a DAG.

    python tests/cfn/machine/run.py [--keep FOLDER]

needs root, debootstrap and a network; `make test-machine` runs it. The stack is made by `inference-pipeline deploy` on
the stand-in for AWS (cloud_server.py), which also answers the machine's calls: secrets, bucket and logs are there.
Debian's PostgreSQL is the metadata database, under the name and with the password that the stack gives RDS.
--keep takes the root from an earlier run, or leaves it for the next.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE), str(HERE.parent), str(ROOT)]

from cloud import Cloud, cloud  # noqa: E402
from root import make_root, passed_variables  # noqa: E402

LIMIT = 1800
UNITS = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


def main() -> None:
    """The whole way; an assertion that fails ends it."""
    options = argparse.ArgumentParser()
    options.add_argument("--keep", type=Path)
    kept = options.parse_args().keep
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("the machine's test needs root and debootstrap (apt-get install debootstrap)")
    with tempfile.TemporaryDirectory(prefix="machine-") as name, cloud(Path(name) / "cloud.log") as aws:
        folder = kept or Path(name) / "root"
        with timed("debootstrap"):
            if not folder.exists():
                make_root(folder)
        with timed("deploy"):
            outputs, ports = deployed(aws)
        prepare(folder, aws, outputs, ports)
        with machine(folder) as ask:
            check(aws, outputs, folder, ask)
    print("the machine is well")


def deployed(aws: Cloud) -> tuple[dict[str, str], dict[str, int]]:
    """The stack, made by the command line; its outputs."""
    ports = {name: free_port() for name in ("WebPort", "DatabasePort")}
    parameters = [word for name, port in ports.items() for word in ("--parameter", f"{name}={port}")]
    done = aws.run("deploy", "airflow-ec2", "bucket", "--pipelines", ROOT / "examples", *parameters)
    lines = [line.partition("=") for line in done.stdout.splitlines()]
    outputs = {name.partition(".")[2]: value for name, _, value in lines}
    aws.client("s3").put_object(
        Bucket=outputs["Bucket"], Key="airflow/dags/machine_check.py", Body=(HERE / "check.py").read_bytes()
    )
    return outputs, ports


def prepare(folder: Path, aws: Cloud, outputs: dict[str, str], ports: dict[str, int]) -> None:
    """What the machine finds around it: its user data, the address of AWS, the database's name and password."""
    place = folder / "machine"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ("boot.sh",):
        shutil.copy(HERE / name, place / name)
    (place / "user-data.sh").write_text(aws.user_data(outputs["MachineId"]))
    database = aws.client("rds").describe_db_instances()["DBInstances"][0]
    secret = next(
        aws.client("secretsmanager").get_secret_value(SecretId=found["ARN"])["SecretString"]
        for found in aws.client("secretsmanager").list_secrets()["SecretList"]
        if "DatabaseSecret" in found["Name"]
    )
    password = json.loads(secret)["password"]
    (place / "database.sql").write_text(
        f"DROP DATABASE IF EXISTS airflow; DROP ROLE IF EXISTS airflow;"
        f"CREATE ROLE airflow LOGIN PASSWORD '{password}'; CREATE DATABASE airflow OWNER airflow;"
    )
    hosts = f"127.0.0.1 localhost\n127.0.0.1 {database['Endpoint']['Address']}\n127.0.0.1 {socket.gethostname()}\n"
    (folder / "etc/hosts").write_text(hosts)
    instance = folder / "var/lib/cloud/data/instance-id"
    instance.parent.mkdir(parents=True, exist_ok=True)
    instance.write_text(outputs["MachineId"] + "\n")
    variables = {**passed_variables(), **aws.variables, "DATABASE_PORT": str(ports["DatabasePort"])}
    (place / "environment").write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    local = {
        **aws.variables,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
    }
    (folder / "etc/airflow").mkdir(exist_ok=True)
    (folder / "etc/airflow/local.env").write_text("".join(f"{name}={value}\n" for name, value in local.items()))


@contextmanager
def machine(folder: Path) -> Iterator[Any]:
    """The machine from its start on; yields what runs a command in it and returns what it says."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    process = subprocess.Popen(
        [*command, "bash", HERE / "inside.sh", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def until(end: str, show: bool) -> list[str]:
        lines = []
        for line in process.stdout or ():
            if line.strip() == end:
                return lines
            lines.append(line.rstrip())
            if show:
                print(f"  | {line.rstrip()}", flush=True)
        raise AssertionError(f"the machine ended with status {process.wait()}")

    def ask(command: str) -> str:
        assert process.stdin is not None
        process.stdin.write(f"{command}\n")
        process.stdin.flush()
        return "\n".join(until("DONE", False))

    try:
        until("READY", True)
        yield ask
    finally:
        process.kill()
        process.wait()


def check(aws: Cloud, outputs: dict[str, str], folder: Path, ask: Any) -> None:
    """Airflow answers, its services run, and a DAG that was triggered over the API comes to a good end."""
    signals = (folder / "machine/signals").read_text().splitlines()
    assert len(signals) == 2, signals
    assert all(signal.endswith(f"--unique-id {outputs['MachineId']} --status SUCCESS") for signal in signals)
    web = f"http://127.0.0.1:{outputs['AirflowPort']}"
    health = get(f"{web}/api/v2/monitor/health")
    print({part: state["status"] for part, state in health.items() if state})
    assert ask(f"systemctl is-active {' '.join(UNITS)}").split() == ["active"] * len(UNITS)
    sizes = re.findall(r"VmRSS:\s+(\d+) kB", ask("cat /proc/[0-9]*/status 2>/dev/null"))
    print(f"memory of all processes: {sum(map(int, sizes)) // 1024} MB")

    secret = json.loads(aws.secret(outputs["AirflowSecretArn"]))
    assert refused(f"{web}/auth/token", {**secret, "password": "wrong"}) == 401
    token = get(f"{web}/auth/token", secret)["access_token"]
    with timed("DAGs read"):
        while not {"machine_check", "abalone"} <= {
            dag["dag_id"] for dag in get(f"{web}/api/v2/dags", token=token)["dags"]
        }:
            time.sleep(2)
    errors = get(f"{web}/api/v2/importErrors", token=token)["import_errors"]
    print([error["stack_trace"][-300:] for error in errors])
    patch(f"{web}/api/v2/dags/machine_check", {"is_paused": False}, token)
    run = get(
        f"{web}/api/v2/dags/machine_check/dagRuns",
        {"logical_date": None, "conf": {"bucket": outputs["Bucket"]}},
        token=token,
    )["dag_run_id"]
    with timed("DAG run"):
        while (state := get(f"{web}/api/v2/dags/machine_check/dagRuns/{run}", token=token)["state"]) in (
            "queued",
            "running",
        ):
            time.sleep(1)
    assert state == "success", (state, ask("tail -n 40 /var/log/units/airflow-scheduler.service.log"))
    assert aws.body(outputs["Bucket"], "machine-check/written") == b"by a task"
    logs = [found["Key"] for found in aws.objects(outputs["LogBucket"]) if "machine_check" in found["Key"]]
    assert any(b"by a task" in aws.body(outputs["LogBucket"], key) for key in logs), logs
    print(f"{len(logs)} logs in the bucket")

    with timed("event to finished run"):
        triggered(aws, outputs, web, token)

    kept = ask("cat /etc/airflow/airflow.env; ls -l /etc/airflow /run/airflow")
    assert secret["password"] not in kept
    assert re.search(r"-rw------- 1 airflow airflow .* secrets.env", kept), kept
    with timed("restart"):
        ask(f"systemctl restart {' '.join(UNITS)}")
        ask(f"/opt/airflow/venv/bin/python /opt/airflow/bin/wait_healthy.py {web}/api/v2/monitor/health")
    assert get(f"{web}/api/v2/dags/machine_check/dagRuns/{run}", token=token)["state"] == "success"


def triggered(aws: Cloud, outputs: dict[str, str], web: str, token: str) -> None:
    """An event of a new object, given to the function's own code, ends in a finished run."""
    from pipeline.trigger import trigger

    os.environ |= {
        **aws.variables,
        "AIRFLOW_URL": web,
        "SECRET_ARN": outputs["AirflowSecretArn"],
        "DAG_ID": "machine_check",
    }
    detail = {"bucket": {"name": outputs["Bucket"]}, "object": {"key": "incoming/rows.csv"}}
    event = {"id": "an-event", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    started = trigger.handler(event, None)
    assert started["started"], started
    assert not trigger.handler(event, None)["started"]
    run = f"{web}/api/v2/dags/machine_check/dagRuns/{started['dag_run_id']}"
    while (state := get(run, token=token)["state"]) in ("queued", "running"):
        time.sleep(1)
    assert state == "success", state


def get(url: str, body: Any = None, token: str | None = None, method: str | None = None) -> Any:
    """The JSON of a reply."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - of this machine
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        return json.load(reply)


def patch(url: str, body: Any, token: str) -> Any:
    """As get."""
    return get(url, body, token, "PATCH")


def refused(url: str, body: Any) -> int:
    """The status of a request that is refused."""
    try:
        get(url, body)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Says how long it took."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
