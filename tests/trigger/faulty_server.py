"""HTTP servers of a test: one that answers as it is told, or passes requests on to Airflow; and one that is MWAA."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


@dataclass
class Answers:
    """Statuses to answer with before requests are passed on; `seen` are the requests' paths and bodies."""

    target: str = ""
    statuses: list[int] = field(default_factory=list)
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    seen: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def faulty_server(answers: Answers) -> Iterator[str]:
    """The URL of a server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers.seen.append((self.path, json.loads(content or b"null")))
            if answers.statuses:
                status, body, headers = answers.statuses.pop(0), answers.body, answers.headers
            else:
                status, body = _passed_on(answers.target + self.path, content, self.headers)
                headers = {"Content-Type": "application/json"}
            self._answer(status, body, headers)

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with _served(Handler) as url:
        yield url


@contextmanager
def managed_airflow(airflow: Any, *, version: int = 3) -> Iterator[tuple[str, list[Any]]]:
    """MWAA's API for one environment, `managed`, in front of an Airflow; and the requests it has passed on.

    Of version 2 it refuses an empty date, as that Airflow does.
    """
    passed: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/restapi/managed":
                self._answer(404, {"message": "Environment not found"}, "ResourceNotFoundException")
                return
            passed.append(asked)
            body = dict(asked["Body"])
            if version == 2 and "logical_date" in body:
                status, reply = 400, {"detail": "{'logical_date': ['Field may not be null.']}"}
            else:
                status, content = _start(airflow, asked["Path"], {"logical_date": None, **body})
                reply = json.loads(content)
            document = {"RestApiStatusCode": status, "RestApiResponse": reply}
            if status < 300:
                self._answer(200, document)
            else:
                self._answer(400, document, "RestApiServerException" if status >= 500 else "RestApiClientException")

        def _answer(self, status: int, document: Any, error: str = "") -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with _served(Handler) as url:
        yield url, passed


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _start(airflow: Any, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
    login = json.dumps({"username": airflow.username, "password": airflow.password}).encode()
    json_type = {"Content-Type": "application/json"}
    _, reply = _passed_on(f"{airflow.url}/auth/token", login, json_type)
    headers = {**json_type, "Authorization": f"Bearer {json.loads(reply)['access_token']}"}
    return _passed_on(f"{airflow.url}/api/v2{path}", json.dumps(body).encode(), headers)


def _passed_on(url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    kept = {name: value for name, value in headers.items() if name.lower() in {"content-type", "authorization"}}
    reply = httpx.post(url, content=content, headers=kept, timeout=60, trust_env=False)
    return reply.status_code, reply.content
