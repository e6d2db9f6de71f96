"""Services of a file of one's own, started and stopped as a person does."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"
CODE = """
import json, os, pathlib, sys, time

class Refused(ValueError):
    http_status = 422

def echo(value): return {"got": value}
def raw(body): return [type(body).__name__, body.decode()]
def parsed(body): return json.loads(body)["x"]
def text(value): return "plain"
def data(value): return bytes([0, 255])
def nothing(): return None
def array(value):
    import numpy as np
    return {"mean": np.float32(0.5), "rows": np.arange(3), 1: True}
def fails(value): raise KeyError("secret path /etc/x")
def refuses(value): raise Refused("no such iris")
def leaves(value): sys.exit(3)
def odd(value): return object()
def die(value): os._exit(7)
def pid(value): return os.getpid()
def where(value): return [os.getcwd(), os.environ["STORE"], os.environ["N"]]
def wait(value):
    folder = pathlib.Path(os.environ["STORE"])
    (folder / "waiting").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    return "went"
def speak(value):
    print("said by a function")
    return 1
"""
NAMES = [
    "echo", "text", "data", "nothing", "array", "fails", "refuses", "leaves", "odd", "die", "pid", "where", "wait",
    "speak",
]  # fmt: skip


def write(folder: Path, code: str = CODE, **service: Any) -> Path:
    """A file with one service, `functions`; all its functions get JSON, /raw and /parsed bytes."""
    source = folder / "src"
    source.mkdir(exist_ok=True)
    (source / "functions.py").write_text(code)
    endpoints = {f"/{name}": {"function": f"functions:{name}"} for name in NAMES}
    endpoints |= {f"/{name}": {"function": f"functions:{name}", "input": "bytes"} for name in ("raw", "parsed")}
    document = {
        "name": "trial",
        "images": {"code": {"source": "src", "endpoints": endpoints}},
        "volumes": {"store": {"folder": "store"}},
        "services": {
            "functions": {
                "image": "code",
                "workers": 1,
                "env": {"STORE": "/mnt/store", "N": 3},
                "mounts": {"store": "/mnt/store"},
                **service,
            }
        },
    }
    file = folder / "tasks.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """`inference-pipeline` as a child."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "dumb"},
    )


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The JSON that it holds."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error that it holds."""
        (found,) = self.value.values()
        assert self.value.keys() == {"error"}
        return found  # type: ignore[no-any-return]


def ask(url: str, path: str, body: Any = None, method: str = "", **headers: str) -> Answer:
    """One request; a POST where there is a body."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, content, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()
