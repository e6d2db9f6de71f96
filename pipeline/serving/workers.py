"""Several server processes on one socket: forked, watched, replaced when one dies, stopped together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from pipeline.errors import PipelineError

# A worker's whole life; it calls `ready` once it answers requests.
Work = Callable[[Callable[[], None]], None]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


def exit_on_signal() -> None:
    """Makes SIGTERM and SIGINT end this process with status 0."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))


class Workers:
    """Keeps a number of processes at the same work.

    They start one after the other. One that dies before it is ready ends them all, so that a model that cannot be
    loaded is never loaded again and again; one that dies later is replaced.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._pids: set[int] = set()
        self._stopping = False
        # Workers watch the read end; the other closes when this process ends, however it ends.
        self._lifeline = os.pipe()

    def run(self, count: int, on_ready: Callable[[], None]) -> int:
        """Runs until SIGTERM or SIGINT; returns 0 then, 1 where a worker could not start."""
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        healthy = all(self._start() for _ in range(count))
        if healthy:
            on_ready()
        while healthy and not self._stopping:
            pid = self._wait()
            if not self._stopping:
                _log.error("worker %d died; starting another", pid)
                healthy = self._start()
        asked = self._stopping
        self._stop()
        while self._pids:
            self._wait()
        return 0 if asked else 1

    def _start(self) -> bool:
        """Starts one worker and waits until it is ready; False where it dies before."""
        told, tell = os.pipe()
        # A signal between fork and note would miss the new worker.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            os.close(told)
            self._live(tell)
        self._pids.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(tell)
        ready = os.read(told, 1) != b""
        os.close(told)
        return ready

    def _live(self, tell: int) -> NoReturn:
        """The worker's side of the fork, which never returns into the other's code."""
        status = 1
        try:
            exit_on_signal()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(self._lifeline[1])
            threading.Thread(target=end_with_parent, args=(self._lifeline[0],), daemon=True).start()
            self._work(lambda: os.close(tell) if os.write(tell, b"1") else None)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except PipelineError as error:
            print(f"error: {error}", file=sys.stderr)
        except BaseException:  # noqa: BLE001 - the process ends here
            _log.exception("a worker failed")
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _wait(self) -> int:
        while True:
            pid, _ = os.wait()
            # Others may be this process's children too.
            if pid in self._pids:
                self._pids.remove(pid)
                return pid

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for pid in list(self._pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def end_with_parent(lifeline: int) -> None:
    """Waits until the other end of the pipe is closed, as it is when its process has ended; then ends this one."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
