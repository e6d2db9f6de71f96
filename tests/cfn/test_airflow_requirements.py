"""What is installed where Airflow runs: all that the DAGs' tasks need, and nothing that it cannot have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests_paths import ROOT

REQUIREMENTS = ROOT / "requirements"
MANAGED = ROOT / "dags" / "requirements.txt"
CONSTRAINTS = ROOT / "dags" / "constraints.txt"
# What managed Airflow 3.0.6 has, of which its API and its own services depend: by Airflow's own constraints of 3.0.6.
THERE = {
    "apache-airflow": "3.0.6",
    "cadwyn": "5.4.4",
    "fastapi": "0.116.1",
    "flask": "2.2.5",
    "greenlet": "3.2.4",
    "gunicorn": "23.0.0",
    "pydantic": "2.11.7",
    "sqlalchemy": "1.4.54",
    "sqlalchemy-jsonfield": "1.0.2",
    "sqlalchemy-utils": "0.41.2",
    "starlette": "0.47.2",
    "watchtower": "3.4.0",
}


def named(file: Path) -> dict[str, str]:
    """The packages of a file, and their versions where it pins them."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==(\S+))?", file.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found if not name.startswith("-")}


@pytest.mark.parametrize("name", ["airflow-machine.in", "airflow-machine.txt", "mwaa.in", "airflow.in", "airflow2.in"])
def test_every_airflow_has_what_the_tasks_need(name: str) -> None:
    needed = named(MANAGED) | named(ROOT / "examples" / "iris" / "requirements.txt")
    assert {"orjson", "regex", "scikit-learn", "apache-airflow-providers-cncf-kubernetes"} <= needed.keys()
    assert needed.keys() <= named(REQUIREMENTS / name).keys()


def test_managed_airflow_s_constraints_leave_what_it_runs_on() -> None:
    pinned = named(CONSTRAINTS)
    assert pinned.items() >= THERE.items()
    assert named(MANAGED).keys() <= pinned.keys()
    assert all(pinned.values())


def test_what_the_tests_install_is_what_managed_airflow_does() -> None:
    pinned = named(CONSTRAINTS)
    installed = named(REQUIREMENTS / "airflow-mwaa.txt")
    assert {name: installed[name] for name in installed.keys() & pinned.keys()} == pinned
