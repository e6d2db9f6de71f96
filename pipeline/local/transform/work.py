"""The requests of a transform job: several at once, their results written in the input's order."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from pipeline.local.errors import JobFailure
from pipeline.local.transform.records import Batch, batches
from pipeline.local.transform.requests import Model
from pipeline.local.transform.settings import MIB, Decided, Settings

_GLANCE = 0.1
# Requests that are made or answered before their turn, for each that the containers answer at once.
_AHEAD = 2

Result = list[bytes] | bytes
# A file's name, and the result of its next batch; None: the file begins.
_Item = tuple[str, asyncio.Task[Result] | None]


@dataclass(frozen=True)
class Work:
    """All requests of a job; `log` takes a line, `stopping` ends it."""

    model: Model
    settings: Settings
    outputs: Path
    log: Callable[[str], None]
    stopping: threading.Event

    async def run(self, files: Mapping[Path, str]) -> None:
        """Transforms files, each with its name, into NAME.out below `outputs`; raises JobFailure.

        Of several bad records it is the first of the input that is told.
        """
        work = asyncio.create_task(self._transform(files))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_GLANCE)
                if self.stopping.is_set():
                    raise JobFailure("the job was stopped")
            work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            for instance in self.model.instances:
                instance.disconnect()

    async def _transform(self, files: Mapping[Path, str]) -> None:
        decided = self.settings.decided(await self._parameters())
        self.log(
            f"[sagemaker logs]: MaxConcurrentTransforms={decided.concurrency}, "
            f"MaxPayloadInMB={decided.payload // MIB}, BatchStrategy={decided.strategy}"
        )
        at_once = decided.concurrency * len(self.model.instances)
        limit = asyncio.Semaphore(at_once)
        pending: deque[_Item] = deque()
        writer = Writer(self.outputs, ended=self.settings.assemble_lines)
        try:
            failure = None
            try:
                for name, batch in _all(files, self.settings, decided):
                    pending.append((name, asyncio.create_task(self._answer(batch, limit)) if batch else None))
                    while len(pending) > _AHEAD * at_once:
                        await writer.write(pending.popleft())
            except JobFailure as error:
                # What stands before it in the input may have failed too.
                failure = error
            while pending:
                await writer.write(pending.popleft())
            if failure is not None:
                raise failure
        finally:
            writer.close()
            tasks = [task for _, task in pending if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, batch: Batch, limit: asyncio.Semaphore) -> Result:
        async with limit:
            return await self.model.transform(batch)

    async def _parameters(self) -> list[dict[str, Any]]:
        """What each container answers to /execution-parameters; an empty object where it does not."""
        instance = self.model.instances[0]
        answers = []
        for place in range(len(instance.processes)):
            response = await instance.get(place, "/execution-parameters")
            answers.append(orjson.loads(response.body) if response.status == HTTPStatus.OK else {})
        return answers


class Writer:
    """Results as files, one after the other; `ended` says that every record ends with a newline (AssembleWith Line)."""

    def __init__(self, folder: Path, *, ended: bool) -> None:
        self._folder = folder
        self._end = b"\n" if ended else b""
        self._file: Any = None

    async def write(self, item: _Item) -> None:
        """Waits for a result and writes it, or begins a file."""
        name, task = item
        if task is None:
            self.close()
            path = self._folder / f"{name}.out"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
            return
        result = await task
        if isinstance(result, bytes):
            self._file.write(result if result.endswith(self._end) else result + self._end)
        else:
            self._file.writelines(record + self._end for record in result)

    def close(self) -> None:
        """Ends the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _all(files: Mapping[Path, str], settings: Settings, decided: Decided) -> Iterator[tuple[str, Batch | None]]:
    """Every file's beginning, and its batches."""
    for path, name in files.items():
        yield name, None
        for batch in batches(path, name, settings, decided):
            yield name, batch
