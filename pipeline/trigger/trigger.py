"""A new object in S3, or a schedule, starts a run of a DAG: EventBridge's event in, a run of Airflow 3 out.

A function for AWS Lambda (`trigger.handler`) in one file, with nothing but the standard library and boto3. The run's
id is made of the event's, so that an event which comes twice starts one run. The object is the run's conf: {"input":
"s3://..."}. Environment:

    DAG_ID             the DAG
    AIRFLOW_URL        where Airflow's API is, with SECRET_ARN: a secret of Secrets Manager with username and password
    MWAA_ENVIRONMENT   or the name of a managed Airflow, which is asked with the function's own role
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

# Seconds for one request, and how often it is sent, with pauses that double: Lambda itself ends after a minute.
_TIMEOUT, _ATTEMPTS, _PAUSE = 10.0, 4, 1.0
# Left over to say what happened.
_SPARE = 2.0
_SHOWN = 300
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
_BASE = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./~-]*)?")
_DAG_ID = re.compile(r"[\w.~:+-]+")
_CONFLICT, _BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 409, 400, 429, 500


class TriggerError(Exception):
    """Why no run was started: Lambda logs it, tries again and keeps the event in its queue. It holds no secret."""


class _Passing(Exception):
    """What may have passed when one asks again."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the password or the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """None is followed."""


_opener = urllib.request.build_opener(_NoRedirect)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Starts the run of an event; says which, and whether it is new. Raises TriggerError."""
    run_id, conf = read_event(event)
    dag_id = _setting("DAG_ID")
    if not _DAG_ID.fullmatch(dag_id):
        raise TriggerError(f"DAG_ID {dag_id!r} is no name of a DAG")
    told: dict[str, Any] = {"dag_id": dag_id, "dag_run_id": run_id, **conf}
    if conf.get("input", "").endswith("/"):
        return _said({**told, "started": False, "reason": "the object is the marker of a folder"})
    # Two objects of one second would have the same logical date, of which a DAG has one run: there is none.
    body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
    deadline = _deadline(context)
    environment = os.environ.get("MWAA_ENVIRONMENT", "").strip()
    started = _start_managed(environment, dag_id, body, deadline) if environment else _start(dag_id, body, deadline)
    return _said({**told, "started": started, **({} if started else {"reason": "the run is there already"})})


def read_event(event: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The run's id and conf; raises TriggerError for what is no event of S3 or of a schedule, by EventBridge."""
    if not isinstance(event, Mapping):
        raise TriggerError(f"the event is no object: {type(event).__name__}")
    kind, event_id = event.get("detail-type"), event.get("id")
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        raise TriggerError(f"the event has no id: {event_id!r}")
    if kind == "Scheduled Event":
        return f"schedule-{event_id}", {}
    if kind != "Object Created" or event.get("source") != "aws.s3":
        raise TriggerError(
            f"the event is {kind!r} of {event.get('source')!r}; expected 'Object Created' of 'aws.s3': "
            "S3 must send its events to EventBridge, not to the function itself"
        )
    detail = event.get("detail")
    try:
        bucket, key = detail["bucket"]["name"], detail["object"]["key"]  # type: ignore[index]
    except (KeyError, TypeError):
        raise TriggerError(f"event {event_id} names no object: detail is {_short(detail)}") from None
    if not (isinstance(bucket, str) and bucket and isinstance(key, str) and key):
        raise TriggerError(f"event {event_id} names no object: detail is {_short(detail)}")
    return f"s3-{event_id}", {"input": f"s3://{bucket}/{key}"}


def _start(dag_id: str, body: Mapping[str, Any], deadline: float) -> bool:
    """Starts the run by Airflow's REST API; False where it is there already."""
    base = _setting("AIRFLOW_URL").rstrip("/")
    if not _BASE.fullmatch(base):
        raise TriggerError("AIRFLOW_URL must be http(s)://HOST, without a name or password in it")
    username, password = _login()
    status, reply = _asked(
        lambda: _post(f"{base}/auth/token", {"username": username, "password": password}, {}), deadline
    )
    token = reply.get("access_token") if isinstance(reply, dict) else None
    if not isinstance(token, str):
        # Airflow's reply may repeat what it was sent.
        raise TriggerError(f"Airflow gives the user of SECRET_ARN no token: status {status}")
    path = f"/api/v2/dags/{urllib.parse.quote(dag_id, safe='')}/dagRuns"
    headers = {"Authorization": f"Bearer {token}"}
    status, reply = _asked(lambda: _post(base + path, body, headers), deadline)
    return _is_new(dag_id, status, reply)


def _start_managed(environment: str, dag_id: str, body: Mapping[str, Any], deadline: float) -> bool:
    """Starts the run on MWAA, which passes requests on to its Airflow."""
    client = _client("mwaa")
    path = f"/dags/{urllib.parse.quote(dag_id, safe='')}/dagRuns"

    def ask(sent: Mapping[str, Any]) -> tuple[int, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            reply = client.invoke_rest_api(Name=environment, Path=path, Method="POST", Body=dict(sent))
        except ClientError as error:
            status = error.response.get("RestApiStatusCode")
            if status is None:
                raise TriggerError(f"MWAA environment {environment}: {error}") from error
            if status >= _SERVER_ERROR:
                raise _Passing(f"status {status}") from error
            return int(status), error.response.get("RestApiResponse")
        except BotoCoreError as error:
            raise TriggerError(f"MWAA environment {environment}: {error}") from error
        return int(reply["RestApiStatusCode"]), reply.get("RestApiResponse")

    status, reply = _asked(lambda: ask(body), deadline)
    if status == _BAD_REQUEST:
        # Airflow 2 takes no empty date, and makes one where none is said.
        dateless = {name: value for name, value in body.items() if name != "logical_date"}
        status, reply = _asked(lambda: ask(dateless), deadline)
    return _is_new(dag_id, status, reply)


def _is_new(dag_id: str, status: int, reply: Any) -> bool:
    if status == _CONFLICT:
        return False
    if status >= _BAD_REQUEST or status < 200 or status >= 300:
        detail = reply.get("detail", reply) if isinstance(reply, dict) else reply
        raise TriggerError(f"Airflow starts no run of {dag_id}: status {status}, {_short(detail)}")
    return True


def _asked(ask: Callable[[], tuple[int, Any]], deadline: float) -> tuple[int, Any]:
    """Status and reply of a request, sent again while the server or the network fails and there is time."""
    pause = _PAUSE
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return ask()
        except _Passing as error:
            wait = pause * (1 + random.random())  # noqa: S311 - no secret, but many functions at once
            if attempt == _ATTEMPTS or time.monotonic() + wait + _TIMEOUT > deadline:
                raise TriggerError(f"Airflow does not answer, asked {attempt} times: {error}") from None
            print(json.dumps({"retry": attempt, "reason": str(error)}), flush=True)
        time.sleep(wait)
        pause *= 2
    raise AssertionError("the last attempt returns or raises")


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, Any]:
    """One POST of JSON; raises _Passing where the server or the network fails."""
    request = urllib.request.Request(  # noqa: S310 - http or https, see _start
        url,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/json", **headers},
        method="POST",
    )
    try:
        with _opener.open(request, timeout=_TIMEOUT) as reply:
            return int(reply.status), _parsed(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= _SERVER_ERROR or error.code == _TOO_MANY:
                raise _Passing(f"status {error.code}") from None
            return error.code, _parsed(error.read())
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise _Passing(f"{type(error).__name__}: {reason}") from None


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content or b"null")
    except ValueError:
        return content[:_SHOWN].decode("utf-8", "replace")


def _login() -> tuple[str, str]:
    """User and password, from the secret."""
    from botocore.exceptions import BotoCoreError, ClientError

    name = _setting("SECRET_ARN")
    try:
        text = _client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", "")
    except (BotoCoreError, ClientError) as error:
        raise TriggerError(f"the secret {name} cannot be read: {error}") from None
    try:
        found = json.loads(text)
        return str(found["username"]), str(found["password"])
    except (ValueError, TypeError, KeyError):
        raise TriggerError(f"the secret {name} is no JSON object with username and password") from None


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    return boto3.client(service, config=Config(connect_timeout=5, read_timeout=_TIMEOUT, retries=retries))


def _setting(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise TriggerError(f"the environment variable {name} is not set")
    return value


def _deadline(context: Any) -> float:
    """When there must be an answer: Lambda says how much time is left."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return time.monotonic() + (left() / 1e3 if left is not None else 60.0) - _SPARE


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _said(told: dict[str, Any]) -> dict[str, Any]:
    """The function's reply, which its log has as well."""
    print(json.dumps(told), flush=True)
    return told
