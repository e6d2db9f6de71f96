"""A batch to the model and back, as ModelClientConfig says: in time, tried again, and its bad record found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TypeVar

import orjson

from pipeline.local.endpoints.connection import ContainerGoneError, NotListeningError, Response
from pipeline.local.endpoints.instance import ContainerError, Instance
from pipeline.local.errors import JobFailure
from pipeline.local.transform.processing import Processing, RecordError
from pipeline.local.transform.records import Batch
from pipeline.local.transform.settings import Settings

_PAUSE = 0.1
_GLANCE = 0.05
_T = TypeVar("_T")


class RefusedError(Exception):
    """A request that the model refuses, or goes on failing over; the message is the container's reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Model:
    """The instances that answer a job's requests; of those that are healthy the least busy is asked."""

    instances: Sequence[Instance]
    settings: Settings
    processing: Processing

    async def transform(self, batch: Batch) -> list[bytes] | bytes:
        """What is written for a batch: a result a record, or the reply as it is. Raises JobFailure naming the place."""
        try:
            records = await self._aside(self.processing.requests, batch.records)
        except RecordError as error:
            raise _failure(batch, error) from error
        sent = replace(batch, records=records)
        try:
            response = await self._answer(sent)
        except RefusedError as error:
            raise await self._explained(sent, error) from error
        try:
            content_type = response.headers.get("content-type", "")
            results = await self._aside(self.processing.results, batch.records, response.body, content_type)
        except RecordError as error:
            raise _failure(batch, error) from error
        return response.body if results is None else results

    async def _aside(self, work: Callable[..., _T], *arguments: object) -> _T:
        """What takes long is a thread's, so that the job can be stopped meanwhile."""
        return await asyncio.to_thread(work, *arguments) if self.settings.processes_data else work(*arguments)

    async def _explained(self, batch: Batch, error: RefusedError) -> JobFailure:
        """The failure of a batch: where one of its records is to blame, the first such one, found by halves."""
        if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _refused(batch, error)
        start, end = 0, len(batch.records)
        while end - start > 1:
            middle = (start + end) // 2
            if await self._refusal(batch.part(start, middle)):
                end = middle
            else:
                start = middle
        record = batch.part(start, end)
        alone = await self._refusal(record)
        return _refused(record, alone) if alone else _refused(batch, error)

    async def _refusal(self, batch: Batch) -> RefusedError | None:
        try:
            await self._answer(batch)
        except RefusedError as error:
            return error
        return None

    async def _answer(self, batch: Batch) -> Response:
        """The model's reply, tried again over what may pass; raises RefusedError."""
        headers = {
            name: value
            for name, value in (("content-type", self.settings.content_type), ("accept", self.settings.accept))
            if value
        }
        body = batch.records[0] if len(batch.records) == 1 else batch.between.join(batch.records)
        attempt = 0
        while True:
            try:
                async with asyncio.timeout(self.settings.timeout):
                    return await self._once(body, headers)
            except ContainerError as error:
                status, reason = error.response.status, f"{error.hostname} answered {_reason(error.response)}"
            except TimeoutError:
                status, reason = (
                    HTTPStatus.GATEWAY_TIMEOUT,
                    f"no answer within InvocationsTimeoutInSeconds, {self.settings.timeout:g} s",
                )
            except ContainerGoneError:
                status, reason = HTTPStatus.BAD_GATEWAY, "a container ended before it answered"
            passing = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            if not passing or attempt == self.settings.retries:
                raise RefusedError(status, reason)
            await asyncio.sleep(_PAUSE * 2**attempt)
            attempt += 1

    async def _once(self, body: bytes, headers: dict[str, str]) -> Response:
        while True:
            healthy = [instance for instance in self.instances if instance.healthy]
            if healthy:
                try:
                    return await min(healthy, key=lambda instance: instance.in_flight).invoke(body, headers)
                except NotListeningError:
                    pass  # it has just ended; whoever watches it will know in a moment
            await asyncio.sleep(_GLANCE)


def _failure(batch: Batch, error: RecordError) -> JobFailure:
    part = batch if error.place is None else batch.part(error.place, error.place + 1)
    return JobFailure(f"ClientError: {part.place()}: {error}")


def _refused(batch: Batch, error: RefusedError) -> JobFailure:
    kind = "ClientError" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "AlgorithmError"
    return JobFailure(f"{kind}: {batch.place()}: {error}")


def _reason(response: Response) -> str:
    """Status and message of an error: our own server's JSON, or the first line of any text."""
    text = response.body.decode("utf-8", "replace").strip()
    try:
        text = str(orjson.loads(response.body)["error"]["message"])
    except (orjson.JSONDecodeError, TypeError, KeyError):
        text = text.partition("\n")[0]
    return f"{response.status}: {text[:700]}"
