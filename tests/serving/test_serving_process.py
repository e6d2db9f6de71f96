"""The server's process: its start, its limits, its end."""

from __future__ import annotations

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving_models import LINE, NAMES, ROW, csv_of, rows
from serving_server import Server, refused, serving

from pipeline.errors import ConfigError
from pipeline.serving.app import App
from pipeline.serving.endpoint import load_endpoint
from pipeline.serving.settings import Settings

MIB = 1 << 20
HEAVY = ("pandas", "xgboost", "pydantic", "rich", "typer", "scipy", "jpype", "pyspark", "sklearn", "matplotlib")
Archive = Callable[[str], Path]


def test_stays_small(archive: Archive, tmp_path: Path) -> None:
    with serving(archive("regression"), tmp_path / "log") as server:
        assert server.call().status == 200
        assert server.post(csv_of(rows(100))).status == 200
        assert server.post(csv_of(rows(2000))).status == 200
        assert _peak_mib(server) < 250


def _peak_mib(server: Server) -> float:
    """The most memory that the server has held; 0 where the system does not tell."""
    status = Path(f"/proc/{server.process.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)


def test_heavy_packages_stay_out(archive: Archive, tmp_path: Path) -> None:
    with serving(archive("nullable"), tmp_path / "log", PYTHONPROFILEIMPORTTIME="1") as server:
        for body in (LINE, LINE.replace("0.095", ""), '"' + LINE, (LINE + "\n") * 3000, "M,,,\n" * 3000):
            assert server.post(body).status in (200, 400)
        assert server.json({"data": ROW}, "application/json").status == 200
        assert server.stop() == 0
        imported = {line.rsplit("|", 1)[1].strip() for line in server.log.read_text().splitlines() if "|" in line}
    assert "pipeline.serving.app" in imported
    assert "uvloop" in imported
    # pyarrow asks for pandas and is refused: the name alone is an attempt.
    assert not {name.partition(".")[0] for name in imported if "." in name} & set(HEAVY)


def test_bodies_above_the_limit(server: Callable[..., Server]) -> None:
    small = server("regression", SAGEMAKER_MAX_PAYLOAD_IN_MB="1")
    assert json.loads(small.call("GET", "/execution-parameters").body)["MaxPayloadInMB"] == 1
    line = (LINE + "\n").encode()
    count = MIB // len(line)
    assert len(small.post(line * count).scores()) == count
    for body in (line * (count + 1), b"x" * (9 * MIB)):
        answer = small.post(body)
        assert answer.status == 413
        assert answer.error["code"] == "PayloadTooLarge"
        assert answer.headers["connection"] == "close"
    chunked = small.call("POST", "/invocations", iter([line] * (count + 1)), {"Content-Type": "text/csv"})
    assert chunked.status == 413
    assert len(small.call("POST", "/invocations", iter([line] * 9), {"Content-Type": "text/csv"}).scores()) == 9


def test_an_endless_body_is_cut_off(server: Callable[..., Server]) -> None:
    small = server("regression", SAGEMAKER_MAX_PAYLOAD_IN_MB="1")
    with socket.create_connection(("127.0.0.1", small.port), timeout=20) as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        started = time.monotonic()
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - started < 15:
                client.sendall(chunk)
        assert time.monotonic() - started < 10
    assert small.call().status == 200


def test_packed_bodies(regression: Server) -> None:
    line = (LINE + "\n").encode()
    score = regression.post(line).scores()
    packed = gzip.compress(line * 300)
    assert regression.post(packed, Content_Encoding="gzip").scores() == score * 300
    assert regression.post(packed + gzip.compress(line), Content_Encoding="GZIP").scores() == score * 301
    assert regression.post(line, Content_Encoding="identity").scores() == score
    for body in (packed[:-9], line, b"", gzip.compress(b"")):
        answer = regression.post(body, Content_Encoding="gzip")
        assert answer.status == 400
        assert answer.error["message"]
    for encoding in ("br", "deflate", "gzip, gzip"):
        answer = regression.post(packed, Content_Encoding=encoding)
        assert answer.status == 415
        assert answer.headers["accept-encoding"] == "gzip"


def test_a_gzip_bomb_is_bounded(regression: Server) -> None:
    zeros = gzip.compress(b"0" * (64 * MIB))
    bomb = zeros * 40
    assert len(bomb) < 6 * MIB
    assert regression.post(bomb, Content_Encoding="gzip").status == 413
    assert _peak_mib(regression) < 400


def test_ping_answers_while_a_large_body_is_scored(regression: Server) -> None:
    body = (LINE + "\n") * 120_000
    slowest = 0.0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(regression.post, body)
        while not future.done():
            started = time.perf_counter()
            assert regression.call().status == 200
            slowest = max(slowest, time.perf_counter() - started)
    assert len(future.result().scores()) == 120_000
    assert slowest < 2.0


def test_a_term_signal_drains(archive: Archive, tmp_path: Path) -> None:
    body = (LINE + "\n") * 120_000
    with serving(archive("regression"), tmp_path / "log") as server:
        idle = server.connect()
        idle.request("GET", "/ping")
        assert idle.getresponse().read() == b""
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            connections = [_begun(server, body) for _ in range(3)]
            futures = [pool.submit(_finish, connection, body) for connection in connections]
            server.process.send_signal(signal.SIGTERM)
            answers = [future.result(timeout=30) for future in futures]
        assert [(status, lines) for status, lines in answers] == [(200, 120_000)] * 3
        assert server.process.wait(timeout=30) == 0
        with pytest.raises(ConnectionRefusedError):
            server.call()
        idle.close()
        assert "Traceback" not in server.log.read_text()


def _begun(server: Server, body: str) -> http.client.HTTPConnection:
    """A request whose head and first half are sent: the server waits for the rest."""
    connection = server.connect()
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Type", "text/csv")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[: len(body) // 2].encode())
    return connection


def _finish(connection: http.client.HTTPConnection, body: str) -> tuple[int, int]:
    time.sleep(0.5)
    connection.send(body[len(body) // 2 :].encode())
    response = connection.getresponse()
    lines = response.read().count(b"\n")
    connection.close()
    return response.status, lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_with_status_0(archive: Archive, tmp_path: Path, number: int) -> None:
    with serving(archive("regression"), tmp_path / "log") as server:
        assert server.stop(number) == 0
        assert "Traceback" not in server.log.read_text()


@pytest.fixture
def workers(archive: Archive, tmp_path: Path) -> Iterator[Server]:
    """Two processes behind one port."""
    model = tmp_path / "model.tar.gz"
    model.write_bytes(archive("regression").read_bytes())
    with serving(model, tmp_path / "log", SAGEMAKER_MODEL_SERVER_WORKERS="2") as server:
        yield server


def _children(pid: int) -> list[int]:
    folder = Path(f"/proc/{pid}/task/{pid}/children")
    if not folder.exists():
        pytest.skip("this system does not list a process's children")
    return [int(child) for child in folder.read_text().split()]


def test_workers_share_the_load_and_are_replaced(workers: Server) -> None:
    assert json.loads(workers.call("GET", "/execution-parameters").body)["MaxConcurrentTransforms"] == 2
    expected = workers.post(LINE).scores()
    first = _children(workers.process.pid)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while len(set(_children(workers.process.pid)) - {first[0]}) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    second = _children(workers.process.pid)
    assert first[1] in second
    assert first[0] not in second
    assert len(second) == 2
    assert [workers.post(LINE).scores() for _ in range(20)] == [expected] * 20
    assert workers.stop() == 0
    assert not [pid for pid in second if Path(f"/proc/{pid}").exists()]


def test_workers_that_cannot_start_again_end_the_server(workers: Server, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").unlink()
    children = _children(workers.process.pid)
    os.kill(children[0], signal.SIGKILL)
    assert workers.process.wait(timeout=30) == 1
    assert "error: " in workers.log.read_text()


def test_workers_end_with_their_parent(workers: Server) -> None:
    children = _children(workers.process.pid)
    workers.process.kill()
    workers.process.wait()
    deadline = time.monotonic() + 20
    while (alive := [pid for pid in children if _runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_model_that_cannot_be_loaded(tmp_path: Path, count: str) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"\x1f\x8bxx")
    said = refused(tmp_path / "model.tar.gz", tmp_path / "log", "--workers", count)
    assert said.count("error:") == 1
    assert "model.tar.gz" in said


def test_a_port_that_is_taken(archive: Archive, tmp_path: Path, regression: Server) -> None:
    said = refused(archive("regression"), tmp_path / "log", "--port", str(regression.port))
    assert f"port {regression.port} of 127.0.0.1 is taken" in said
    assert "--port" in said


SCHEMA = {
    "input": [{"name": name, "type": "string" if name == "sex" else "double"} for name in reversed(NAMES)],
    "output": {"name": "features", "type": "double", "struct": "vector"},
}


def test_the_environment_s_schema_orders_the_columns(server: Callable[..., Server], regression: Server) -> None:
    turned = server("regression", SAGEMAKER_SPARKML_SCHEMA=json.dumps(SCHEMA))
    expected = regression.post(LINE).scores()
    backwards = ",".join(map(str, reversed(ROW)))
    assert turned.post(backwards).scores() == expected
    assert turned.json({"data": ROW[::-1]}).scores() == expected
    assert turned.json({"data": dict(zip(NAMES, ROW, strict=True))}).scores() == expected
    own = {"input": SCHEMA["input"][::-1], "output": SCHEMA["output"]}
    assert turned.json({"schema": own, "data": ROW}).scores() == expected
    assert turned.post(LINE).status == 400


def test_the_environment_s_output(server: Callable[..., Server]) -> None:
    index = {"input": SCHEMA["input"][::-1], "output": {"name": "sex_index", "type": "double"}}
    indexing = server("bundle", SAGEMAKER_SPARKML_SCHEMA=json.dumps(index))
    assert indexing.post("\n".join([LINE, LINE.replace("M", "F")])).text == "0.0\n2.0\n"


def test_a_contract_of_ones_own(server: Callable[..., Server], tmp_path: Path) -> None:
    columns = [{"name": entry["name"], "type": entry["type"], "nullable": True} for entry in SCHEMA["input"]]
    (tmp_path / "schema.json").write_text(json.dumps({"columns": columns}))
    turned = server("bundle", "--schema", str(tmp_path / "schema.json"))
    assert turned.post(",".join(map(str, reversed(ROW)))).status == 200


@pytest.mark.parametrize("default", ["application/jsonlines", "application/jsonlines;data=text"])
def test_the_default_accept(server: Callable[..., Server], default: str) -> None:
    lines = server("bundle", SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=default)
    for accept in (None, "", "*/*"):
        assert lines.post(LINE, accept=accept).headers["content-type"] == default
    assert lines.post(LINE, accept="text/csv").headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "image/png", "application/jsonlines"),
        ("SAGEMAKER_SPARKML_SCHEMA", "{", "JSON"),
        ("SAGEMAKER_SPARKML_SCHEMA", json.dumps(SCHEMA).replace("length", "len"), "'length'"),
        ("SAGEMAKER_SPARKML_SCHEMA", json.dumps(SCHEMA).replace("features", "feature"), "'features'"),
        ("SAGEMAKER_BIND_TO_PORT", "http", "65535"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "0", "from 1"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "-1", "from 1"),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "0", "from 1"),
    ],
)
def test_settings_are_checked_before_anything_is_served(archive: Archive, variable: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError, match=variable) as caught:
        load_endpoint(archive("regression"), Settings.from_environment({variable: value}))
    assert says in str(caught.value)


def test_a_wrong_setting_ends_the_process(archive: Archive, tmp_path: Path) -> None:
    said = refused(archive("regression"), tmp_path / "log", SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="image/png")
    assert "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is 'image/png'" in said


def test_a_container_s_port_is_bound_everywhere() -> None:
    assert Settings.from_environment({}).host == "127.0.0.1"
    settings = Settings.from_environment({"SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_BATCH": "true"})
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104 - compared, not bound
    assert Settings.from_environment({"SAGEMAKER_BIND_TO_PORT": "9000"}, port=0, host="::1").host == "::1"


def test_concurrent_clients_get_their_own_answers(regression: Server) -> None:
    pool = rows(64, seed=5)
    expected = regression.post(csv_of(pool)).scores()
    failures = []

    def client(place: int) -> None:
        connection = regression.connect()
        for at in range(place, len(pool), 8):
            connection.request("POST", "/invocations", csv_of([pool[at]]), {"Content-Type": "text/csv"})
            got = float(connection.getresponse().read())
            if got != expected[at]:
                failures.append((at, got))
        connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_an_unexpected_error_tells_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def invoke(self, *_: object) -> None:
            raise ZeroDivisionError("secret")

    sent, status = _invoke(App(Broken(), Settings()))
    assert status == 500
    assert b"secret" not in sent
    assert json.loads(sent)["error"]["code"] == "InternalError"
    assert "ZeroDivisionError: secret" in caplog.text


def _invoke(app: object) -> tuple[bytes, int]:
    import asyncio

    messages = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"x"}

    async def send(message: dict[str, object]) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
    asyncio.run(app(scope, receive, send))
    return messages[1]["body"], messages[0]["status"]
