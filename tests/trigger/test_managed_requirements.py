"""What managed Airflow installs is pinned to the last package, for the version that the stack asks for."""

from __future__ import annotations

import re

from tests_paths import ROOT

NAME = re.compile(r"[A-Za-z0-9._-]+")


def lines(path: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def name(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found is not None, requirement
    return found[0].lower()


def test_every_requirement_is_pinned_and_nothing_else_is_asked_for() -> None:
    constraint, *wanted = lines("dags/requirements.txt")
    # Managed Airflow asks for such a line, and has the folder of DAGs there.
    assert constraint == '--constraint "/usr/local/airflow/dags/constraints.txt"'
    pinned = dict(line.split(" ")[0].split("==") for line in lines("dags/constraints.txt"))
    assert {name(one) for one in wanted} <= set(pinned)
    sources = {name(one) for one in lines("requirements/mwaa.in")}
    assert sources == {name(one) for one in wanted} | {"apache-airflow"}


def test_the_constraints_are_those_of_the_stacks_airflow() -> None:
    pinned = dict(line.split(" ")[0].split("==") for line in lines("dags/constraints.txt"))
    template = (ROOT / "cfn" / "mwaa.yaml").read_text(encoding="utf-8")
    found = re.search(r"AirflowVersion:\s+Type: String\s+Default: (\S+)", template)
    assert found is not None
    assert found[1] == pinned["apache-airflow"] == pinned["apache-airflow-core"]


def test_nothing_is_pickled_between_tasks() -> None:
    for folder in ("dags", "cfn"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and file.suffix in {".py", ".yaml", ".sh", ".env", ".txt"}:
                assert "enable_xcom_pickling" not in file.read_text(encoding="utf-8").lower(), file
