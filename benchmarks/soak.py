"""The endpoint under load for long, with clients that misbehave: no good request fails, memory and files stay flat.

python -m benchmarks.soak [--minutes 10] [--share 0.7] [--workers 2]

Open loop: requests are due at a fixed rate, that share of what the server can do with this client, and a time counts
from when its request was due. One request in a hundred each is malformed, too large, slow, or given up half-way. At the
end a worker is killed, and the server is asked to stop under load. Beside it: a minute of the same load of requests for
a constant, and what the machine itself takes from a process that does nothing but look at the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import uvloop

from benchmarks.common import abalone_model, abalone_rows, resident_mb, save
from benchmarks.load import request

_CONNECTIONS, _AT_ONCE = 512, 32
_TRIAL_SECONDS, _CONSTANT_SECONDS, _SAMPLE_SECONDS, _SLOW_SECONDS, _STALL_SECONDS = 5.0, 60.0, 5.0, 0.2, 5e-4
_KINDS = ("malformed", "oversized", "slow", "aborted")
_WANTED = {"good": 200, "malformed": 400, "oversized": 413, "slow": 200, "aborted": 0}
_MALFORMED = request("/invocations", b"M,many,0.4\n")
_OVERSIZED = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {7 << 20}\r\n\r\n"

# Of a client, the kind of its request, and the status or what went wrong.
Ended = Callable[["Client", str, int | str], None]


class Client(asyncio.Protocol):
    """A connection with at most one request on its way; `ended` hears of its status, 0 where it was given up.

    `is_open` says whether it can take another.
    """

    def __init__(self, good: bytes, ended: Ended) -> None:
        self.good, self.ended = good, ended
        self.kind, self.due, self.is_open = "", 0.0, False
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def send(self, kind: str, due: float) -> None:
        """Sends a request of this kind, which was due at that time."""
        self.kind, self.due = kind, due
        if kind == "good":
            self._transport.write(self.good)
        elif kind == "malformed":
            self._transport.write(_MALFORMED)
        elif kind == "oversized":
            self._transport.write(_OVERSIZED.encode())
        else:
            self._transport.write(self.good[:-5])
            asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._go_on)

    def close(self) -> None:
        """Ends the connection at once."""
        self.is_open = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        lower = head.lower()
        if not end or len(body) < int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if self.kind == "oversized" or b"connection: close" in lower:
            self.close()
        self._end(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self._end(repr(error or "the connection was closed"))

    def _go_on(self) -> None:
        if self.kind == "aborted":
            self.close()
            self._end(_WANTED["aborted"])
        elif self.kind:
            self._transport.write(self.good[-5:])

    def _end(self, found: int | str) -> None:
        kind, self.kind, self._received = self.kind, "", b""
        if kind:
            self.ended(self, kind, found)


class Load:
    """Connections to a server and the requests on them; what became of those."""

    def __init__(self, port: int, good: bytes) -> None:
        self._port, self._good = port, good
        self._clear()

    def _clear(self) -> None:
        self.good = array("d")
        self.others = dict.fromkeys(_KINDS, 0)
        self.failed: list[str] = []
        self.wrong: list[str] = []
        self._free: deque[Client] = deque()
        self._open, self._opening = 0, set[asyncio.Task[None]]()

    async def highest(self) -> float:
        """Requests a second, each connection with its next one as soon as it is free."""
        sent = await self._run(_TRIAL_SECONDS, math.inf)
        assert not self.failed, self.failed[:10]
        self._clear()
        return sent / _TRIAL_SECONDS

    async def run(self, rate: float, seconds: float) -> None:
        """Requests due at that rate."""
        await self._run(seconds, rate)

    def microseconds(self) -> dict[str, float]:
        """Percentiles of the good requests' times, each from when it was due."""
        return {f"p{point:g}": float(np.percentile(self.good, point)) * 1e6 for point in (50, 99, 99.9)}

    async def ask(self, kinds: Sequence[str]) -> list[asyncio.Future[int | str]]:
        """Sends one request of each kind, each on a connection that was in use before; their statuses to come."""
        asked = []
        for kind in kinds:
            client = await self._connected(lambda *_: None)
            for each in ("good", kind):
                answer = asyncio.get_running_loop().create_future()
                client.ended = lambda client, kind, found, answer=answer: answer.set_result(found)
                client.send(each, 0)
                if each != kind:
                    assert await answer == _WANTED[each]
            asked.append(answer)
        return asked

    async def _run(self, seconds: float, rate: float) -> int:
        await asyncio.gather(*(self._renew() for _ in range(_CONNECTIONS)))
        source, sent, began = random.Random(1), 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            while self._free and sent < passed * rate:
                chosen = source.random()
                kind = _KINDS[int(chosen * 100)] if chosen < len(_KINDS) / 100 else "good"
                self._open += 1
                self._free.popleft().send(kind, began + sent / rate)
                sent += 1
                # Answers are not to wait for ever more requests.
                if sent % _AT_ONCE == 0:
                    break
            # A loop that sleeps is late by its clock's millisecond.
            await asyncio.sleep(0)
        while self._open or self._opening:
            await asyncio.sleep(0.01)
        for client in self._free:
            client.close()
        return sent

    async def _renew(self) -> None:
        self._free.append(await self._connected(self._ended))

    async def _connected(self, ended: Ended) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Client(self._good, ended), "127.0.0.1", self._port)
        return client

    def _ended(self, client: Client, kind: str, found: int | str) -> None:
        self._open -= 1
        if found != _WANTED[kind]:
            (self.failed if kind == "good" else self.wrong).append(f"{kind}: {found}")
        elif kind == "good":
            self.good.append(time.perf_counter() - client.due)
        else:
            self.others[kind] += 1
        if client.is_open:
            self._free.append(client)
        else:
            task = asyncio.get_running_loop().create_task(self._renew())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)


def stalled() -> dict[str, float]:
    """What the machine takes from a process that only reads the clock: its share of the time, and the longest gap."""
    gaps, began = [], time.perf_counter()
    last = began
    while last - began < _TRIAL_SECONDS:
        now = time.perf_counter()
        if now - last > _STALL_SECONDS:
            gaps.append(now - last)
        last = now
    return {"share": sum(gaps) / (last - began), "longest_ms": max(gaps, default=0.0) * 1e3}


def workers_of(process: int) -> list[int]:
    """The processes that a server has started."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def sizes(processes: list[int]) -> tuple[float, int]:
    """Resident megabytes and open files of processes together."""
    megabytes, files = 0.0, 0
    for process in processes:
        megabytes += resident_mb(process)
        files += sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    return megabytes, files


async def soak(server: subprocess.Popen[str], port: int, line: str, seconds: float, share: float) -> dict[str, object]:
    """The figures of a whole soak."""
    load = Load(port, request("/invocations", line.encode()))
    stalls = stalled()
    highest = await load.highest()
    rate, watched = highest * share, []

    async def watch() -> None:
        while True:
            watched.append(sizes(workers_of(server.pid)))
            await asyncio.sleep(_SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    await load.run(rate, seconds)
    watching.cancel()
    constant = Load(port, request("/ping"))
    await constant.run(rate, _CONSTANT_SECONDS)
    half = len(watched) // 2
    return {
        "requests_per_second": rate,
        "highest": highest,
        "stalled": stalls,
        "microseconds": load.microseconds(),
        "constant_microseconds": constant.microseconds(),
        "good": len(load.good),
        "failed": load.failed[:10],
        "others": load.others,
        "wrong": load.wrong[:10],
        "resident_mb": [round(statistics.median(m for m, _ in part), 1) for part in (watched[:half], watched[half:])],
        "files": [max(f for _, f in part) for part in (watched[:half], watched[half:])],
        "seconds_without_a_killed_worker": await killed(server, load),
        "lost_at_the_end": await stopped(server, load),
    }


async def killed(server: subprocess.Popen[str], load: Load) -> float:
    """Seconds until as many workers answer as before, one of them killed."""
    before = workers_of(server.pid)
    os.kill(before[0], signal.SIGKILL)
    began = time.perf_counter()
    while len(set(workers_of(server.pid)) - {before[0]}) < len(before):
        await asyncio.sleep(0.01)
    # The new one has forked; it is ready once it listens, that is once it waits for events.
    new = next(iter(set(workers_of(server.pid)) - set(before)))
    while "do_epoll_wait" not in Path(f"/proc/{new}/wchan").read_text() and time.perf_counter() - began < 30:
        await asyncio.sleep(0.01)
    assert await (await load.ask(["good"]))[0] == _WANTED["good"]
    return time.perf_counter() - began


async def stopped(server: subprocess.Popen[str], load: Load) -> int:
    """How many accepted requests had no answer when the server was told to stop."""
    asked = await load.ask(["slow"] * _AT_ONCE)
    server.terminate()
    answers = await asyncio.gather(*asked)
    await asyncio.to_thread(server.wait, 30)
    return sum(answer != _WANTED["slow"] for answer in answers)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--share", type=float, default=0.7)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    lines = abalone_rows(options.data)
    with tempfile.TemporaryDirectory() as name:
        path, _, _ = abalone_model(lines, Path(name))
        command = [
            sys.executable,
            "-m",
            "pipeline.serving",
            str(path),
            "--port",
            "0",
            "--workers",
            str(options.workers),
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            port = int(server.stderr.readline().rsplit(":", 1)[1])
            try:
                found = uvloop.run(soak(server, port, lines[0], options.minutes * 60, options.share))
            finally:
                server.kill()
    for key, value in found.items():
        print(f"{key}: {value}")
    save("soak", found, options.output)


if __name__ == "__main__":
    main()
