"""One instance of a variant: its containers' processes, and a request's way through them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pipeline.local.endpoints.connection import Response
from pipeline.local.endpoints.connections import Connections
from pipeline.local.endpoints.container import Containers
from pipeline.local.endpoints.process import ServingProcess

_OK = range(200, 300)


class ContainerError(Exception):
    """A container that answered something else than success."""

    def __init__(self, hostname: str, response: Response) -> None:
        super().__init__(f"{hostname} answered {response.status}")
        self.hostname = hostname
        self.response = response


class Instance:
    """The containers of a model as processes, the reply of one being the request of the next.

    `log` gets (container's hostname, line). Processes are a thread's work, requests an event loop's.
    """

    def __init__(self, containers: Containers, environment: Mapping[str, str], log: Callable[[str, str], None]) -> None:
        self.containers = containers
        self.processes = [
            ServingProcess(container, environment, partial(log, container.hostname)) for container in containers.members
        ]
        self.in_flight = 0
        self._lock = threading.Lock()
        self._connections = [Connections(process) for process in self.processes]

    @property
    def healthy(self) -> bool:
        """Whether every container answers."""
        return all(process.port is not None for process in self.processes)

    def start(self) -> None:
        """Starts all containers at once; see wait."""
        for process in self.processes:
            process.start()

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Waits until all are healthy; raises JobFailure naming the container that is not."""
        deadline = time.monotonic() + seconds
        for process in self.processes:
            process.wait(deadline, cancelled)

    def stop(self) -> None:
        """Ends all containers, together."""
        self.disconnect()
        if self.processes:
            with ThreadPoolExecutor(len(self.processes)) as pool:
                list(pool.map(ServingProcess.stop, self.processes))

    def disconnect(self) -> None:
        """Ends the connections that are kept."""
        for connections in self._connections:
            connections.close()

    def drain(self, seconds: float) -> None:
        """Waits until no request is on its way through, or the time is over."""
        deadline = time.monotonic() + seconds
        while self.in_flight and time.monotonic() < deadline:
            time.sleep(0.01)

    async def invoke(self, body: bytes, headers: Mapping[str, str], hostname: str | None = None) -> Response:
        """The last container's reply; raises ContainerError or ContainerGoneError.

        Accept is for the last container alone: those before it answer in their own default type, which is what the
        next one is told. `hostname` names the one container to ask instead.
        """
        with self._lock:
            self.in_flight += 1
        try:
            return await self._pass(body, headers, hostname)
        finally:
            with self._lock:
                self.in_flight -= 1

    async def _pass(self, body: bytes, headers: Mapping[str, str], hostname: str | None) -> Response:
        places = range(len(self.processes)) if hostname is None else [self._place(hostname)]
        sent = {name: value for name, value in headers.items() if name != "accept"}
        response = Response()
        for place in places:
            last = place == places[-1]
            if last and "accept" in headers:
                sent["accept"] = headers["accept"]
            response = await self._connections[place].request("POST", "/invocations", sent, body)
            if response.status not in _OK:
                raise ContainerError(self.containers.members[place].hostname, response)
            if not last:
                body = response.body
                sent["content-type"] = response.headers.get("content-type", "application/octet-stream")
        return response

    async def get(self, place: int, path: str) -> Response:
        """What one container answers to a GET."""
        return await self._connections[place].request("GET", path, {})

    def _place(self, hostname: str) -> int:
        return next(place for place, member in enumerate(self.containers.members) if member.hostname == hostname)
