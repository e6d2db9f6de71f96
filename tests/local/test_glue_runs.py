"""Runs of Glue jobs as any client sees them: real scripts by spark-submit, from S3 to S3, with their logs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from glue_cases import BUCKET, definition, ended, prepared, work
from service_cases import Service, keys, log_lines

from pipeline.local.jobs import kinds
from pipeline.local.service import LocalService

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def s3(service: Service) -> Any:
    return prepared(service.client("s3"))


@pytest.fixture(scope="module")
def glue(service: Service, s3: Any) -> Any:
    return service.client("glue")


def content(s3: Any, prefix: str) -> bytes:
    found = [key for key in keys(s3, BUCKET, prefix) if "/part-" in key]
    return b"".join(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in found)


@pytest.fixture(scope="module")
def two_workers(glue: Any, s3: Any) -> dict[str, Any]:
    """A run on two workers, over what an earlier one has left."""
    s3.put_object(Bucket=BUCKET, Key="two/table/part-old.csv", Body=b"id,doubled\n-1,-1\n")
    more = {
        "--extra-py-files": f"s3://{BUCKET}/code/extra.zip",
        "--conf": "spark.sql.session.timeZone=Asia/Tokyo --conf spark.executor.memory=900g",
        "--additional-python-modules": "nowhere==1",
        "--way": "overridden",
    }
    glue.create_job(**definition("two", WorkerType="G.1X", NumberOfWorkers=2, DefaultArguments=more))
    run = glue.start_job_run(JobName="two", Arguments=work("two"))["JobRunId"]
    return ended(glue, "two", run)


def test_a_script_reads_and_writes_s3_on_two_workers(two_workers: dict[str, Any], s3: Any) -> None:
    assert two_workers["JobRunState"] == "SUCCEEDED", two_workers.get("ErrorMessage")
    met = json.loads(content(s3, "two/met/"))
    assert met.pop("master").startswith("spark://127.0.0.1:")
    assert met == {"executors": 2, "rows": 40, "zone": "Asia/Tokyo", "extra": 42}
    lines = content(s3, "two/table/").split()
    assert sorted(line for line in lines if line != b"id,doubled") == sorted(
        f"{number},{number / 2}".encode() for number in range(40)
    )
    assert not [key for key in keys(s3, BUCKET, "two/") if key.endswith(".crc")]


def test_a_run_says_when_and_how_it_ran(two_workers: dict[str, Any], glue: Any) -> None:
    run = two_workers
    assert re.fullmatch(r"jr_[0-9a-f]{64}", run["Id"])
    assert run["StartedOn"] < run["CompletedOn"]
    assert run["ExecutionTime"] > 0
    assert (run["WorkerType"], run["NumberOfWorkers"], run["Timeout"], run["Attempt"]) == ("G.1X", 2, 480, 0)
    # Those of the run alone, as Glue has it.
    assert run["Arguments"] == work("two")
    assert [found["Id"] for found in glue.get_job_runs(JobName="two")["JobRuns"]] == [run["Id"]]


def test_script_and_workers_speak_in_cloudwatch_logs(two_workers: dict[str, Any], service: Service) -> None:
    logs, group = service.client("logs"), two_workers["LogGroupName"]
    output = log_lines(logs, f"{group}/output", two_workers["Id"])
    assert any(line.startswith("the script says: work") for line in output)
    assert any(line.startswith("--additional-python-modules nowhere==1 has no meaning") for line in output)
    assert any(line.startswith("--conf spark.executor.memory has no meaning") for line in output)
    driver = logs.filter_log_events(logGroupName=f"{group}/output", logStreamNames=[two_workers["Id"]])["events"]
    assert not any("registered with master" in event["message"] for event in driver)
    second = log_lines(logs, f"{group}/error", f"{two_workers['Id']}_2")
    assert any("registered with master" in line for line in second), second


def test_a_page_shows_the_run(two_workers: dict[str, Any], service: Service) -> None:
    import httpx

    page = httpx.get(f"{service.url}/-/jobs/glue/{two_workers['Id']}", trust_env=False).text
    assert "<h1>two</h1>" in page
    assert "SUCCEEDED" in page
    assert "the script says: work" in page or "registered with master" in page
    overview = httpx.get(f"{service.url}/-/", trust_env=False, follow_redirects=True)
    assert overview.status_code in {200, 404}


def test_a_failed_run_says_why_and_is_run_again_as_often_as_its_job_says(glue: Any, s3: Any) -> None:
    glue.create_job(**definition("failing", MaxRetries=1))
    run = glue.start_job_run(JobName="failing", Arguments={**work("failing"), "--way": "fail"})["JobRunId"]
    described = ended(glue, "failing", run)
    assert described["JobRunState"] == "FAILED"
    assert described["ErrorMessage"] == "ValueError: the rows are not to this script's taste"
    again = ended(glue, "failing", f"{run}_attempt_1")
    assert (again["JobRunState"], again["Attempt"], again["PreviousRunId"]) == ("FAILED", 1, run)
    assert len(glue.get_job_runs(JobName="failing")["JobRuns"]) == 2
    assert keys(s3, BUCKET, "failing/") == []


def test_errors_name_uris_not_the_files_they_are_meanwhile(glue: Any) -> None:
    glue.create_job(**definition("missing"))
    arguments = {**work("missing"), "--source": f"s3://{BUCKET}/nothing/there.csv"}
    arguments["--extra-py-files"] = f"s3://{BUCKET}/code/extra.zip"
    run = glue.start_job_run(JobName="missing", Arguments=arguments)["JobRunId"]
    described = ended(glue, "missing", run)
    assert described["JobRunState"] == "FAILED"
    assert f"s3://{BUCKET}/nothing/there.csv" in described["ErrorMessage"]


@pytest.mark.parametrize(
    ("change", "arguments", "reason"),
    [
        ({"Command": {"Name": "glueetl", "ScriptLocation": "s3://glue-jobs/none.py"}}, {}, "no script at s3://glue-jo"),
        ({}, {"--job-language": "scala"}, "only scripts in Python"),
        ({}, {"--extra-py-files": "s3://glue-jobs/none.zip"}, "there is no file at"),
        ({}, {"--conf": "spark.x"}, "a setting is name=value"),
    ],
)
def test_a_run_that_cannot_begin_says_why(glue: Any, change: Any, arguments: dict[str, str], reason: str) -> None:
    name = f"cannot-{abs(hash(reason))}"
    glue.create_job(**{**definition(name), **change})
    described = ended(glue, name, glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"])
    assert described["JobRunState"] == "FAILED"
    assert reason in described["ErrorMessage"]


def test_a_run_stops_within_five_seconds_and_one_at_a_time_runs(glue: Any, service: Service, tmp_path: Path) -> None:
    glue.create_job(**definition("waiting"))
    arguments = {"--way": "wait", "--gate": str(tmp_path / "gate")}
    run = glue.start_job_run(JobName="waiting", Arguments=arguments)["JobRunId"]
    with pytest.raises(glue.exceptions.ConcurrentRunsExceededException, match="waiting"):
        glue.start_job_run(JobName="waiting")
    logs = service.client("logs")
    until(lambda: any("the script says: wait" in line for line in said(logs, "output", run)))
    assert glue.get_job_run(JobName="waiting", RunId=run)["JobRun"]["JobRunState"] == "RUNNING"
    began = time.monotonic()
    stopped = glue.batch_stop_job_run(JobName="waiting", JobRunIds=[run, "jr_none"])
    assert stopped["SuccessfulSubmissions"] == [{"JobName": "waiting", "JobRunId": run}]
    assert [error["ErrorDetail"]["ErrorCode"] for error in stopped["Errors"]] == ["EntityNotFoundException"]
    assert ended(glue, "waiting", run)["JobRunState"] == "STOPPED"
    assert time.monotonic() - began < 5
    errors = glue.batch_stop_job_run(JobName="waiting", JobRunIds=[run])["Errors"]
    assert "is STOPPED" in errors[0]["ErrorDetail"]["ErrorMessage"]
    (tmp_path / "gate").touch()
    again = glue.start_job_run(JobName="waiting", JobRunId=run)["JobRunId"]
    described = ended(glue, "waiting", again)
    assert (described["JobRunState"], described["PreviousRunId"]) == ("SUCCEEDED", run)
    assert described["Arguments"] == arguments


def test_deleting_a_job_ends_its_runs(glue: Any, tmp_path: Path) -> None:
    glue.create_job(**definition("deleted"))
    run = glue.start_job_run(JobName="deleted", Arguments={"--way": "wait", "--gate": str(tmp_path / "no")})["JobRunId"]
    glue.delete_job(JobName="deleted")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_job_run(JobName="deleted", RunId=run)
    glue.create_job(**definition("deleted"))
    assert glue.get_job_runs(JobName="deleted")["JobRuns"] == []


@pytest.fixture
def short_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    """A service in this process, for which a minute is over soon."""
    monkeypatch.setattr(kinds, "MINUTE", 1.5)
    with LocalService(tmp_path / "data") as service:
        yield service


def test_a_run_ends_at_its_timeout(short_minutes: LocalService, tmp_path: Path) -> None:
    prepared(short_minutes.client("s3"))
    glue = short_minutes.client("glue")
    glue.create_job(**definition("slow", Timeout=400, MaxRetries=3))
    arguments = {"--way": "wait", "--gate": str(tmp_path / "no")}
    run = glue.start_job_run(JobName="slow", Arguments=arguments, Timeout=1)["JobRunId"]
    described = ended(glue, "slow", run)
    assert (described["JobRunState"], described["Timeout"]) == ("TIMEOUT", 1)
    assert described["ErrorMessage"] == "the run took longer than its Timeout"
    assert len(glue.get_job_runs(JobName="slow")["JobRuns"]) == 1


def test_a_killed_service_runs_its_runs_again(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    glue = first.client("glue")
    prepared(first.client("s3"))
    gate = tmp_path / "gate"
    glue.create_job(**definition("killed", MaxRetries=2, ExecutionProperty={"MaxConcurrentRuns": 2}, Tags={"a": "b"}))
    failed = glue.start_job_run(JobName="killed", Arguments={"--way": "fail"})["JobRunId"]
    assert ended(glue, "killed", f"{failed}_attempt_2")["Attempt"] == 2
    run = glue.start_job_run(JobName="killed", Arguments={"--way": "wait", "--gate": str(gate)})["JobRunId"]
    until(lambda: any("the script says: wait" in line for line in said(first.client("logs"), "output", run)))
    first.kill()
    second = Service(tmp_path / "data")
    try:
        glue = second.client("glue")
        assert glue.get_job_run(JobName="killed", RunId=run)["JobRun"]["JobRunState"] == "RUNNING"
        gate.touch()
        assert ended(glue, "killed", run)["JobRunState"] == "SUCCEEDED"
        lines = said(second.client("logs"), "output", run)
        pids = [line.split()[-1] for line in lines if line.startswith("the script says")]
        assert len(pids) == 2
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        # What had failed for good has no further attempt.
        assert len(glue.get_job_runs(JobName="killed")["JobRuns"]) == 4
    finally:
        assert second.stop() == 0


def said(logs: Any, group: str, run: str) -> list[str]:
    try:
        return log_lines(logs, f"/aws-glue/jobs/{group}", run)
    except logs.exceptions.ResourceNotFoundException:
        return []


def until(condition: Any) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
