"""moto's S3 kept on disk: what a request changed is written down before it is answered, and put back at start.

Contents are files (stored_keys.py), the rest is in SQLite (bucket_index.py). Large objects are sent from their files.
"""

from __future__ import annotations

import html
import io
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from pipeline.local.cloud import Environ, WsgiApp, service_of

_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)
_ERROR = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>{}</Message></Error>'
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


class _StartResponse(Protocol):
    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any: ...


class Buckets:
    """The buckets below a folder, between moto and its callers."""

    def __init__(self, folder: Path) -> None:
        from moto.s3.models import s3_backends

        from pipeline.local.bucket_index import BucketIndex
        from pipeline.local.context import ACCOUNT
        from pipeline.local.stored_keys import stored_in

        self._open = ExitStack()
        self._open.enter_context(stored_in(folder / "contents"))
        self._index = BucketIndex(folder / "index.sqlite")
        self._open.callback(self._index.close)
        self._backend = s3_backends[ACCOUNT]["aws"]

    def close(self) -> None:
        """Ends the use of the folder."""
        self._open.close()

    def restore(self, app: WsgiApp) -> None:
        """Puts back what was written down; settings of buckets are sent to moto's application once more."""
        for setting in self._index.restore(self._backend):
            environ = {
                "REQUEST_METHOD": "PUT",
                "PATH_INFO": f"/{setting.bucket}",
                "QUERY_STRING": setting.query,
                "CONTENT_LENGTH": str(len(setting.body)),
                "HTTP_HOST": "127.0.0.1",
                "SERVER_NAME": "127.0.0.1",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "wsgi.url_scheme": "http",
                "wsgi.input": io.BytesIO(setting.body),
                "wsgi.errors": io.StringIO(),
            }
            b"".join(app(environ, lambda *_: None))

    def kept(self, app: WsgiApp) -> WsgiApp:
        """The application, with what it changes written down before its answer begins."""

        def keeping(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            if service_of(environ) != "s3" or environ["REQUEST_METHOD"] in _READING:
                return app(environ, start_response)
            save = self._change(environ)
            held: list[tuple[Any, ...]] = []

            def hold(*start: Any) -> None:
                held[:] = [start]

            try:
                reply = app(environ, hold)
                if held[0][0] < "400":
                    self._saved(save, environ)
            except Exception as error:  # noqa: BLE001 - a full disk, above all: the client gets to know
                _log.exception("S3: %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
                start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
                return [_ERROR.format(html.escape(str(error))).encode()]
            start_response(*held[0])
            return reply

        return keeping

    def find(self, bucket: str, key: str, version: str | None) -> Any:
        """moto's key, or None."""
        found = self._backend.buckets.get(bucket)
        return self._backend.get_object(bucket, key, version_id=version) if found is not None else None

    def _saved(self, save: Callable[[], None], environ: Environ) -> None:
        """Writes a change down; what cannot be is not seen either."""
        try:
            save()
        except (OSError, sqlite3.Error):
            bucket, key = _names(environ)
            self._index.take_back(self._backend, bucket, key)
            raise

    def _change(self, environ: Environ) -> Callable[[], None]:
        """What is to be written down once the request has been carried out."""
        bucket, key = _names(environ)
        query, method = environ.get("QUERY_STRING", ""), environ["REQUEST_METHOD"]
        names = {name for name, _ in parse_qsl(query, keep_blank_values=True)} - {"x-id"}
        if key:
            if "HTTP_X_AMZ_COPY_SOURCE" in environ and "uploadId" not in names:
                return lambda: self._save_copy(bucket, key)
            return lambda: self._index.save_object(self._backend, bucket, key)
        if method == "POST":
            keys = [html.unescape(found.decode()) for found in _KEY.findall(_peek(environ))]
            return lambda: self._save_objects(bucket, keys)
        if not names:
            return lambda: self._index.save_bucket(self._backend, bucket)
        if method == "DELETE":
            return lambda: self._index.forget_setting(bucket, query)
        from pipeline.local.bucket_index import Setting

        setting = Setting(bucket, query, _peek(environ))
        return lambda: self._index.save_setting(setting)

    def _save_copy(self, bucket: str, key: str) -> None:
        from pipeline.local.stored_keys import checksum_copy

        checksum_copy(self.find(bucket, key, None))
        self._index.save_object(self._backend, bucket, key)

    def _save_objects(self, bucket: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._index.save_object(self._backend, bucket, key)


def _names(environ: Environ) -> tuple[str, str]:
    """The bucket and key of a request; empty where it names none."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").lstrip("/")
    bucket, _, key = path.partition("/")
    return bucket, key


def _peek(environ: Environ) -> bytes:
    """The body, left to be read again."""
    length = environ.get("CONTENT_LENGTH")
    body: bytes = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body
