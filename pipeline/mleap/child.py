"""The runtime's side of its child process: requests that end in a reply or an error, never in silence."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from os import SEEK_END
from typing import Any

import pyarrow as pa

from pipeline.errors import BundleError, DataError, PipelineError, RequirementError
from pipeline.mleap.protocol import receive, send

ERRORS: dict[str, type[PipelineError]] = {kind.code: kind for kind in (BundleError, DataError, RequirementError)}
LOG_TAIL = 2000


class Child:
    """A running worker; `timeout` in seconds bounds each request, whose end is the end of the process."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._lock = threading.RLock()
        self._is_closed = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.mleap.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ask(self, header: dict[str, Any], table: pa.Table | None = None) -> tuple[dict[str, Any], Any]:
        """Send one request and wait for its reply: header and table.

        Raises the worker's own error; RequirementError where the process ends or takes too long.
        """
        with self._lock:
            if self._is_closed or self._process.stdin is None or self._process.stdout is None:
                raise _closed()
            late = threading.Event()
            watchdog = threading.Timer(self.timeout, self._give_up, [late])
            watchdog.start()
            try:
                send(self._process.stdin, header, table)
                reply, result = receive(self._process.stdout)
            except (EOFError, OSError) as error:
                raise self._ended(late.is_set()) from error
            except BaseException:
                self.close()  # a reply still under way would answer the next request
                raise
            finally:
                watchdog.cancel()
        if "error" in reply:
            raise ERRORS[reply["error"]](**reply["arguments"])
        return reply, result

    def close(self) -> None:
        """End the process, and with it the request of another thread; doing so twice is harmless."""
        self._is_closed = True
        self._process.kill()
        self._process.wait()
        with self._lock:
            self._log.close()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # bytes the worker never read
                    if stream is not None:
                        stream.close()

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _ended(self, late: bool) -> RequirementError:
        if self._is_closed:
            return _closed()
        self._process.kill()
        code = self._process.wait()
        self._log.seek(max(0, self._log.seek(0, SEEK_END) - LOG_TAIL))
        log = self._log.read().decode(errors="replace").strip()
        self.close()
        if late:
            return RequirementError(
                f"MLeap's runtime gave no answer in {self.timeout:g} s and was ended",
                hint="give the Runtime a longer timeout, or send it fewer rows at once",
            )
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return RequirementError(
            f"MLeap's runtime ended with {how}" + (f":\n{log}" if log else ""), hint="is the machine short of memory?"
        )


def _closed() -> RequirementError:
    return RequirementError("MLeap's runtime has been closed", hint="start another Runtime")
