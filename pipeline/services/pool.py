"""The workers of a service: processes that answer one request each, and are replaced when they die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import BusyError, PipelineError
from pipeline.services.frames import Frame, pack, receive_frame

_PATIENCE = 5.0  # seconds that a worker has to end by itself
_ROOT = str(Path(__file__).parents[2])
_log = logging.getLogger(__name__)


class FunctionLostError(PipelineError):
    """A worker that died with a request, or was ended because it took too long."""

    code = "FunctionLost"


class FunctionTimeoutError(FunctionLostError):
    """A function that did not answer in its time."""

    code = "FunctionTimeout"
    http_status = 504


class _Worker:
    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process, self.reader, self.writer = process, reader, writer

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    async def ask(self, head: dict[str, Any], body: bytes) -> Frame:
        self.writer.write(pack(head, body))
        await self.writer.drain()
        return await receive_frame(self.reader)

    async def end(self) -> None:
        """Politely: without its socket it ends as soon as it has nothing to do."""
        self.writer.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


class Pool:
    """`count` workers with the functions of one folder; `endpoints` are paths with `function` and `input`.

    A worker that dies is replaced; where the new one cannot load the functions, `broken` is called.
    """

    def __init__(self, folder: Path, endpoints: Mapping[str, Any], count: int, timeout: float) -> None:
        self._folder, self._endpoints = folder, json.dumps(endpoints)
        self._count, self._timeout = count, timeout
        self.broken: Callable[[], None] = lambda: None
        self._workers: set[_Worker] = set()
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._watchers: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a worker."""
        return any(worker.is_alive for worker in self._workers)

    async def start(self) -> None:
        """Returns when all have loaded the functions; raises PipelineError where one cannot."""
        await asyncio.gather(*(self._start() for _ in range(self._count)))

    async def stop(self) -> None:
        """Ends all, those that are still busy too."""
        self._stopping = True
        await asyncio.gather(*(worker.end() for worker in self._workers))
        await asyncio.gather(*self._watchers)

    async def ask(self, path: str, inference_id: str, body: bytes) -> Frame:
        """A worker's answer. Raises BusyError, FunctionTimeoutError, FunctionLostError."""
        worker = await self._free()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await worker.ask({"path": path, "id": inference_id}, body)
        except TimeoutError:
            worker.kill()
            raise FunctionTimeoutError(f"the function took more than {self._timeout:g} s") from None
        except (asyncio.IncompleteReadError, OSError):
            worker.kill()
            raise FunctionLostError("the function's process died; the service's log may say why") from None
        except BaseException:
            # An answer to nobody would be taken for that of the next request.
            worker.kill()
            raise
        self._idle.put_nowait(worker)
        return answer

    async def _free(self) -> _Worker:
        try:
            async with asyncio.timeout(self._timeout):
                while not (worker := await self._idle.get()).is_alive:
                    pass
        except TimeoutError:
            raise BusyError("all workers are busy", hint="try again later, or raise workers") from None
        return worker

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        command = [sys.executable, "-P", "-m", "pipeline.services.worker"]
        path = os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH")]))
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(theirs.fileno()),
                str(self._folder),
                self._endpoints,
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": path},
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        worker = _Worker(process, *await asyncio.open_connection(sock=ours))
        try:
            await receive_frame(worker.reader)
        except asyncio.IncompleteReadError:
            worker.writer.close()
            await process.wait()
            raise PipelineError("the functions cannot be loaded; what was said before this line tells why") from None
        self._workers.add(worker)
        self._idle.put_nowait(worker)
        watcher = asyncio.create_task(self._watch(worker))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def _watch(self, worker: _Worker) -> None:
        """Replaces a worker at its end."""
        status = await worker.process.wait()
        self._workers.discard(worker)
        worker.writer.close()
        if self._stopping:
            return
        _log.error("a worker ended with status %d; starting another", status)
        try:
            await self._start()
        except PipelineError as error:
            _log.error("%s", error)
            self.broken()
