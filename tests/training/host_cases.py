"""Several hosts of one job as processes of this machine, each with its own base folder."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import host_program
import numpy as np
from job_folder import Base, to_csv

from pipeline.training.hosts.address import RENDEZVOUS

Hosts = list[Base]
SECONDS = 60

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["xgboost.tracker", "scipy.sparse", "pyarrow.csv", "pipeline.training.__main__"])


class Ended(NamedTuple):
    """Exit status, stdout and stderr."""

    status: int
    out: str
    err: str


def rows(count: int = 400) -> np.ndarray:
    """Labels and four features of few distinct values, so that every way to cut them finds the same cuts."""
    random = np.random.default_rng(3)
    features = random.integers(0, 40, (count, 4)) / 4
    label = features[:, 0] * 2 + features[:, 1] ** 2 - features[:, 2] + random.integers(0, 3, count)
    return np.column_stack([label, features])


def make_hosts(folder: Path, count: int) -> Hosts:
    names = [f"algo-{index + 1}" for index in range(count)]
    hosts = [Base(folder / name) for name in names]
    for name, host in zip(names, hosts, strict=True):
        host.configure("resourceconfig.json", {"current_host": name, "hosts": names})
    return hosts


def channel(hosts: Hosts, name: str, shards: Sequence[np.ndarray]) -> None:
    """Each host's own rows; a host without rows gets no file."""
    for index, (host, shard) in enumerate(zip(hosts, shards, strict=True)):
        host.channel(name, {f"part-{index}.csv": to_csv(shard)} if len(shard) else {})


def hyperparameters(hosts: Hosts, **values: object) -> None:
    for host in hosts:
        host.hyperparameters(**values)


class Host:
    """The training program for one base folder, as a process of its own: forked where XGBoost is imported already."""

    def __init__(self, base: Base, environment: dict[str, str]) -> None:
        self.out, self.err = base.folder / "stdout", base.folder / "stderr"
        for file in (self.out, self.err):
            file.write_bytes(b"")
        self._process = _FORKS.Process(target=host_program.run, args=(base.folder, environment, self.out, self.err))
        self._process.start()

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait_for(self, file: Path, text: str) -> None:
        """Waits until the program has said it."""
        deadline = time.monotonic() + SECONDS
        while text not in file.read_text(encoding="utf-8"):
            assert self._process.is_alive(), self.err.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, text
            time.sleep(0.01)

    def finish(self) -> Ended:
        """Waits for its end."""
        self._process.join(SECONDS)
        status = self._process.exitcode
        assert status is not None, "the program does not end"
        return Ended(status, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"))

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()


@contextlib.contextmanager
def running(hosts: Hosts, meeting: Path, **environment: str) -> Iterator[list[Host]]:
    """The training program on every host; what still runs at the end is killed."""
    settings = {RENDEZVOUS: str(meeting), "OMP_NUM_THREADS": "1", **environment}
    with contextlib.ExitStack() as stack:
        processes = []
        for host in hosts:
            processes.append(Host(host, settings))
            stack.callback(processes[-1].close)
        yield processes


def train(hosts: Hosts, meeting: Path, **environment: str) -> list[Ended]:
    with running(hosts, meeting, **environment) as processes:
        return [process.finish() for process in processes]


def failure(host: Base) -> str:
    return host.container.failure.read_text(encoding="utf-8")


def metrics(host: Base) -> dict[str, object]:
    return json.loads(host.container.metrics.read_text(encoding="utf-8"))


def round_lines(out: str) -> list[str]:
    """The lines of metrics; XGBoost itself tells of its ranks."""
    return [line for line in out.splitlines() if "\ttrain-" in line]
