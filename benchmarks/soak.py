"""The endpoint under load for long, with clients that misbehave: no good request fails, memory and files stay flat.

python -m benchmarks.soak [--minutes 10] [--share 0.7] [--workers 2]

Open loop: requests are due at a fixed rate, that share of what the server can do with this client, and a time counts
from when its request was due. One request in a hundred each is malformed, too large, slow, or given up half-way. At the
end a worker is killed, and the server is asked to stop under load.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.common import abalone_model, abalone_rows, resident_mb, save
from benchmarks.load import request

_CONNECTIONS, _TRIAL_SECONDS, _SAMPLE_SECONDS = 32, 5.0, 5.0
_KINDS = ("malformed", "oversized", "slow", "aborted")
_TOO_LARGE = 7 << 20


@dataclass
class Counted:
    """What became of the requests."""

    good: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))
    wrong: list[str] = field(default_factory=list)
    ended: int = 0


class Client:
    """A connection that is kept, and made anew after each request that ends one."""

    def __init__(self, port: int, line: str) -> None:
        self._port = port
        self._good = request("/invocations", line.encode())
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, kind: str) -> int:
        """The status of a request of this kind; 0 where it was given up."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        if kind == "good":
            self._writer.write(self._good)
        elif kind == "malformed":
            self._writer.write(request("/invocations", b"M,many,0.4\n"))
        elif kind == "oversized":
            head = "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
            self._writer.write(f"{head}Content-Length: {_TOO_LARGE}\r\n\r\n".encode())
        else:
            self._writer.write(self._good[:-5])
            await asyncio.sleep(0.2)
            if kind == "aborted":
                await self.close()
                return 0
            self._writer.write(self._good[-5:])
        status = await self._status()
        if kind == "oversized":
            await self.close()
        return status

    async def _status(self) -> int:
        assert self._reader is not None
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)
        if b"connection: close" in lower:
            await self.close()
        return int(head.split(b" ", 2)[1])

    async def close(self) -> None:
        """Ends the connection at once."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


async def trial(port: int, line: str) -> float:
    """Requests a second of all connections, each with the next request once the last is answered."""
    until = time.monotonic() + _TRIAL_SECONDS

    async def one() -> int:
        client, count = Client(port, line), 0
        while time.monotonic() < until:
            await client.send("good")
            count += 1
        await client.close()
        return count

    return sum(await asyncio.gather(*(one() for _ in range(_CONNECTIONS)))) / _TRIAL_SECONDS


async def load(port: int, line: str, rate: float, seconds: float, counted: Counted) -> None:
    """Requests due at the rate, each on the next connection that is free."""
    free: asyncio.Queue[Client] = asyncio.Queue()
    for _ in range(4 * _CONNECTIONS):
        free.put_nowait(Client(port, line))
    source, began, tasks = random.Random(1), time.perf_counter(), set()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        if due > time.perf_counter():
            await asyncio.sleep(due - time.perf_counter())
        chosen = source.random()
        kind = _KINDS[int(chosen * 100)] if chosen < len(_KINDS) / 100 else "good"
        task = asyncio.create_task(_one(await free.get(), free, kind, due, counted))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


_WANTED = {"good": 200, "malformed": 400, "oversized": 413, "slow": 200, "aborted": 0}


async def _one(client: Client, free: asyncio.Queue[Client], kind: str, due: float, counted: Counted) -> None:
    try:
        status = await client.send(kind)
    except (OSError, asyncio.IncompleteReadError) as error:
        await client.close()
        if kind == "good":
            counted.failed.append(repr(error))
        else:
            counted.wrong.append(f"{kind}: {error!r}")
    else:
        if kind == "good" and status == _WANTED["good"]:
            counted.good.append(time.perf_counter() - due)
        elif kind == "good":
            counted.failed.append(str(status))
        elif status == _WANTED[kind]:
            counted.others[kind] += 1
        else:
            counted.wrong.append(f"{kind}: {status}")
    free.put_nowait(client)


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
    highest = await trial(port, line)
    rate, counted, watched = highest * share, Counted(), []

    async def watch() -> None:
        while True:
            watched.append(sizes(workers_of(server.pid)))
            await asyncio.sleep(_SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    await load(port, line, rate, seconds, counted)
    watching.cancel()
    points = {f"p{point:g}": float(np.percentile(counted.good, point)) * 1e6 for point in (50, 99, 99.9)}
    half = len(watched) // 2
    return {
        "requests_per_second": rate,
        "highest": highest,
        "microseconds": points,
        "good": len(counted.good),
        "failed": counted.failed[:10],
        "others": counted.others,
        "wrong": counted.wrong[:10],
        "resident_mb": [round(statistics.median(m for m, _ in part), 1) for part in (watched[:half], watched[half:])],
        "files": [max(f for _, f in part) for part in (watched[:half], watched[half:])],
        "seconds_without_a_killed_worker": await killed(server, port, line),
        "lost_at_the_end": await stopped(server, port, line),
    }


async def killed(server: subprocess.Popen[str], port: int, line: str) -> float:
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
    assert await Client(port, line).send("good") == _WANTED["good"]
    return time.perf_counter() - began


async def stopped(server: subprocess.Popen[str], port: int, line: str) -> int:
    """How many accepted requests had no answer when the server was told to stop."""
    clients = [Client(port, line) for _ in range(_CONNECTIONS)]
    for client in clients:
        await client.send("good")
    asked = [asyncio.create_task(client.send("slow")) for client in clients]
    await asyncio.sleep(0.05)
    server.terminate()
    answers = await asyncio.gather(*asked, return_exceptions=True)
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
                found = asyncio.run(soak(server, port, lines[0], options.minutes * 60, options.share))
            finally:
                server.kill()
    for key, value in found.items():
        print(f"{key}: {value}")
    save("soak", found, options.output)


if __name__ == "__main__":
    main()
