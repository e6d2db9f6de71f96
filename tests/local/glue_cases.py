"""Glue jobs of the tests, and how one waits for their runs."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

from service_cases import ROLE, SECONDS

PROGRAM = Path(__file__).with_name("glue_program.py")
BUCKET = "glue-jobs"
ROWS = "id,value\n" + "".join(f"{number},{number / 4}\n" for number in range(40))
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}


def prepared(s3: Any) -> Any:
    """A bucket with the script, a module of its own and rows."""
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(PROGRAM), BUCKET, "code/program.py")
    s3.put_object(Bucket=BUCKET, Key="rows/a.csv", Body=ROWS.encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("extra_module.py", "ANSWER = 42\n")
    s3.put_object(Bucket=BUCKET, Key="code/extra.zip", Body=packed.getvalue())
    return s3


def definition(name: str, **more: Any) -> dict[str, Any]:
    """CreateJob's request."""
    return {
        "Name": name,
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/code/program.py", "PythonVersion": "3"},
        "GlueVersion": "5.0",
        "DefaultArguments": {"--job-language": "python", "--way": "default"},
        **more,
    }


def work(name: str) -> dict[str, str]:
    """The arguments of a run that reads and writes."""
    return {
        "--way": "work",
        "--source": f"s3://{BUCKET}/rows/",
        "--target": f"s3://{BUCKET}/{name}/table",
        "--met": f"s3://{BUCKET}/{name}/met",
    }


def ended(glue: Any, job: str, run: str) -> dict[str, Any]:
    """A run's description when it has come to its end; a further attempt of a run may not be there yet."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        runs = {found["Id"]: found for found in glue.get_job_runs(JobName=job)["JobRuns"]}
        if run in runs and runs[run]["JobRunState"] in FINAL:
            described: dict[str, Any] = glue.get_job_run(JobName=job, RunId=run)["JobRun"]
            return described
        time.sleep(0.1)
    raise AssertionError(f"{run} has not ended: {runs.get(run)}")
