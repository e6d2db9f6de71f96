"""Services come up, stay, die and go down; slow and dying functions do no harm beyond their own request."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from service_processes import CODE, NAMES, ask, command, write

from pipeline.config import load_task_file
from pipeline.errors import ConfigError
from pipeline.services.state import ServiceState, state_folder
from pipeline.services.up import ServiceError, Up, down, up

SECONDS = 60


def start(file: Path, **options: object) -> Up:
    (found,) = up(load_task_file(file), file, **options)  # type: ignore[arg-type]
    return found


def until(there: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not there.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_up_and_down_can_be_repeated(state: Path) -> None:
    file = write(state)
    came = command("up", file)
    assert came.returncode == 0, came.stderr
    url = came.stdout.split()[4]
    assert came.stdout.startswith("functions came up on http://127.0.0.1:")
    assert f"  {url}/echo\n" in came.stdout
    pid = ask(url, "/pid", {}).value
    again = command("up", file)
    assert again.stdout.startswith(f"functions is up on {url}\n")
    assert ask(url, "/pid", {}).value == pid
    assert command("down", file).stdout == "functions is down\n"
    assert command("down", file).stdout == "nothing was up\n"
    with pytest.raises(ConnectionRefusedError):
        ask(url, "/ping")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_service_is_started_anew_when_its_file_says_so_or_its_port_does(state: Path) -> None:
    first = start(write(state))
    file = write(state, env={"STORE": "/mnt/store", "N": 4})
    second = start(file)
    assert not second.was_up
    assert ask(second.url, "/where", {}).value[2] == "4"
    with pytest.raises(ConnectionRefusedError):
        ask(first.url, "/ping")
    port = _free_port()
    third = start(file, port=port)
    assert third.url == f"http://127.0.0.1:{port}"
    assert start(file).was_up


def test_down_needs_no_file(state: Path) -> None:
    file = write(state)
    start(file)
    file.write_text("broken: [")
    assert down(file) == ["functions"]


def test_a_port_that_is_taken_is_said(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("up", write(state), "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr


def test_functions_that_cannot_be_loaded_are_said_with_their_own_words(state: Path) -> None:
    with pytest.raises(ServiceError) as caught:
        start(write(state, code="import no_such_module_xyz"))
    assert "service functions ended with status 1:" in str(caught.value)
    assert "No module named 'no_such_module_xyz'" in str(caught.value)
    with pytest.raises(ServiceError, match="module functions has no function echo"):
        start(write(state, code="x = 1"))


def test_a_service_that_was_killed_is_said_and_started_again(state: Path) -> None:
    file = write(state)
    first = start(file)
    ask(first.url, "/speak", {})
    running = ServiceState(state_folder(file), "functions").running()
    assert running is not None
    worker = ask(first.url, "/pid", {}).value
    os.kill(running.pid, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while ServiceState(state_folder(file), "functions").running() is not None:
        assert time.monotonic() < deadline
    said: list[str] = []
    second = start(file, say=said.append)
    assert not second.was_up
    assert "functions had ended by itself" in said[0]
    assert "said by a function" in said[0]
    # A worker ends with its server.
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_slow_function_does_not_block_the_health_check(state: Path) -> None:
    found = start(write(state))
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(ask(found.url, "/wait", {}).body))
    asking.start()
    until(state / "store" / "waiting")
    assert ask(found.url, "/healthcheck").status == 200
    assert answers == []
    (state / "store" / "go").touch()
    asking.join(SECONDS)
    assert answers == [b"went"]


def test_several_workers_answer_at_once(state: Path) -> None:
    found = start(write(state, workers=2))
    asking = threading.Thread(target=ask, args=(found.url, "/wait", {}))
    asking.start()
    until(state / "store" / "waiting")
    assert ask(found.url, "/echo", 1).value == {"got": 1}
    (state / "store" / "go").touch()
    asking.join(SECONDS)


def test_a_function_that_takes_too_long_is_ended_and_the_next_request_answered(state: Path) -> None:
    found = start(write(state, timeout=0.5))
    before = ask(found.url, "/pid", {}).value
    answer = ask(found.url, "/wait", {})
    assert (answer.status, answer.error["code"]) == (504, "FunctionTimeout")
    assert _asked_until_there(found.url) != before


def test_a_function_that_ends_its_process_loses_its_own_request_alone(state: Path) -> None:
    found = start(write(state))
    before = ask(found.url, "/pid", {}).value
    answer = ask(found.url, "/die", {})
    assert (answer.status, answer.error["code"]) == (500, "FunctionLost")
    assert _asked_until_there(found.url) != before
    assert "a worker ended with status 7" in found.log.read_text()


def test_a_service_without_workers_ends(state: Path) -> None:
    file = write(state)
    found = start(file)
    (state / "src" / "functions.py").write_text("raise RuntimeError('gone')")
    ask(found.url, "/die", {})
    known = ServiceState(state_folder(file), "functions")
    deadline = time.monotonic() + SECONDS
    while known.pid() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "RuntimeError: gone" in known.last_lines()


def test_down_waits_for_what_is_being_answered(state: Path) -> None:
    file = write(state)
    found = start(file)
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(ask(found.url, "/wait", {}).body))
    asking.start()
    until(state / "store" / "waiting")
    ending = threading.Thread(target=down, args=(file,))
    ending.start()
    deadline = time.monotonic() + SECONDS
    while True:
        assert time.monotonic() < deadline
        try:
            ask(found.url, "/ping")
        except OSError:
            break
    (state / "store" / "go").touch()
    ending.join(SECONDS)
    asking.join(SECONDS)
    assert answers == [b"went"]


def test_a_health_check_of_one_s_own(state: Path) -> None:
    file = write(state, code=CODE + "\ndef healthcheck(value): return 'Server is up!'\n")
    document = yaml.safe_load(file.read_text())
    document["images"]["code"]["endpoints"]["/healthcheck"] = {"function": "functions:healthcheck", "input": "bytes"}
    file.write_text(yaml.safe_dump(document))
    found = start(file)
    assert ask(found.url, "/healthcheck").body == b"Server is up!"
    assert set(found.paths) == {f"/{name}" for name in [*NAMES, "raw", "parsed", "healthcheck"]}


def test_a_file_without_services_and_one_that_trains(state: Path) -> None:
    file = write(state)
    document = yaml.safe_load(file.read_text())
    del document["services"]
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match="has no services"):
        start(file)


def test_in_the_foreground_it_ends_with_status_0(state: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.services", str(write(state)), "functions"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process, process.stderr:
        (state / "store").mkdir(exist_ok=True)
        url = process.stderr.readline().split()[-1]
        assert ask(url, "/echo", 5).value == {"got": 5}
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def _asked_until_there(url: str) -> int:
    """The process of the worker that answers next; it waits for one that is being started."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = ask(url, "/pid", {})
        if answer.status == 200:
            return int(answer.value)
        assert time.monotonic() < deadline


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
