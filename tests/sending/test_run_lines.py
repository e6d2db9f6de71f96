"""`run --target sagemaker` where nobody has a terminal: each line of a job as it comes, and in the job's file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from account_cases import BUCKET, IMAGE, Account
from service_cases import ROLE, SECONDS

PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


def write(folder: Path, *commands: str) -> Path:
    """A file of tasks, which are the quickest jobs."""
    (folder / "src").mkdir()
    (folder / "src" / "a.py").touch()
    tasks = [{"name": f"task{number}", "image": "code", "cmd": cmd} for number, cmd in enumerate(commands)]
    document = {
        "name": "lines",
        "images": {"code": {"source": "src", "uri": IMAGE}},
        "pipelines": {"lines": {"tasks": tasks}},
        "sagemaker": {"region": "us-east-1", "role": ROLE, "bucket": BUCKET},
    }
    file = folder / "tasks.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


@contextmanager
def running(account: Account, file: Path, key: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command with its stderr in a pipe, in the file's folder; it is ended where it takes too long."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGEMAKER_"))}
    place = {"AWS_ENDPOINT_URL": account.url, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    command = [sys.executable, "-c", PROGRAM, "run", file.name, "--target", "sagemaker", "--run-key", key, *options]
    with subprocess.Popen(
        command, cwd=file.parent, env={**own, **place}, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def test_a_line_is_there_while_its_job_runs_and_is_kept_with_those_of_a_failure(
    account: Account, tmp_path: Path
) -> None:
    go_on = tmp_path / "go-on"
    file = write(tmp_path, "echo done", f"echo first; until [ -e {go_on} ]; do sleep 0.1; done; echo last; exit 3")
    kept = tmp_path / "runs" / "lines-piped" / "logs"
    quick, slow = ("lines-piped-00-00-task0", "lines-piped-01-00-task1")
    with running(account, file, "piped") as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if said[-1] == f"  {slow} | first":
                break
        assert process.poll() is None, "\n".join(said)
        assert (kept / f"{slow}.log").read_text(encoding="utf-8") == "first\n"
        go_on.touch()
        rest = process.stderr.read()
    assert process.returncode == 1
    assert {"  ProcessingJob: InProgress", f"  {quick} | done"} <= set(said)
    assert any(line.endswith(f" s  {quick}, Completed") for line in said)
    assert f"  {slow} | last\n  {slow} | job failed: " in rest
    log = Path("runs") / "lines-piped" / "logs" / f"{slow}.log"
    hint = f"its log: /aws/sagemaker/ProcessingJobs, streams {slow}/*; what was said is kept in {log}"
    assert rest.endswith(f"\n  hint: {hint}\n")
    logs = {file.name: file.read_text(encoding="utf-8") for file in kept.iterdir()}
    assert logs.keys() == {f"{quick}.log", f"{slow}.log"}
    assert logs[f"{quick}.log"] == "done\n"
    assert logs[f"{slow}.log"].startswith("first\nlast\njob failed: ")


def test_the_folder_may_be_another(account: Account, tmp_path: Path) -> None:
    file = write(tmp_path, "echo done")
    with running(account, file, "elsewhere", "--output", "mine") as process:
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert (tmp_path / "mine" / "logs" / "lines-elsewhere-00-00-task0.log").read_text(encoding="utf-8") == "done\n"
    assert not (tmp_path / "runs").exists()
    (tmp_path / "taken").touch()
    with running(account, file, "elsewhere", "--output", "taken") as process:
        _, said = process.communicate()
    assert (process.returncode, "cannot write to taken/logs" in said, "--output" in said) == (1, True, True)
