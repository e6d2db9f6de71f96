"""A request for a page, and who may make it."""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pipeline.local.context import Context
from pipeline.local.logs import Logs
from pipeline.local.pages.request import READING, PageRequest
from pipeline.local.pages.trial import invoke
from pipeline.local.wire import Reply

if TYPE_CHECKING:
    from pipeline.local.pages.views import Views

_log = logging.getLogger(__name__)


class Pages:
    """The service in a browser: read only, but for the form that tries a prediction.

    `client` is boto3's for S3, `variables` are what turns a client to this service. Pages are made in threads; the
    event loop only waits for them.
    """

    def __init__(self, context: Context, logs: Logs, client: Any, variables: dict[str, str]) -> None:
        self._context, self._logs, self._client, self._variables = context, logs, client, variables

    async def answer(self, request: PageRequest) -> Reply:
        """The page, also where it can only say what went wrong."""
        try:
            if request.method in READING:
                return await asyncio.to_thread(self._read, request)
            return await self._send(request)
        except Exception as error:  # noqa: BLE001 - one page's defect must not end the service
            _log.exception("%s failed", request.path)
            return await self._refused(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")

    @cached_property
    def _views(self) -> Views:
        # Nobody who opens no page waits for what pages need.
        from pipeline.local.pages.archives import Archives
        from pipeline.local.pages.views import Views

        return Views(self._context, self._logs, Archives(self._client), self._variables)

    def _read(self, request: PageRequest) -> Reply:
        return self._views.read(request)

    async def _send(self, request: PageRequest) -> Reply:
        if request.method != "POST" or len(request.parts) != 2 or request.parts[0] != "endpoints":
            return await self._refused(HTTPStatus.METHOD_NOT_ALLOWED, "This page can only be read.")
        if not request.same_origin:
            return await self._refused(HTTPStatus.FORBIDDEN, "The form was not sent from a page of this service.")
        try:
            form = request.form()
        except ValueError:
            return await self._refused(HTTPStatus.BAD_REQUEST, "This is not what the page's form sends.")
        name = request.parts[1]
        trial = await invoke(self._context.hosting, name, form)
        return await asyncio.to_thread(lambda: self._views.endpoint(name, {}, trial))

    async def _refused(self, status: HTTPStatus, words: str) -> Reply:
        return await asyncio.to_thread(lambda: self._views.refused(status, words))
