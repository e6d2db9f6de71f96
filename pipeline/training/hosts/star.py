"""The connections of a job's hosts: each to the first, which hears of every failure and passes it on.

Messages are JSON objects with one key: `host` when a host comes, `value` and `values` to gather, `last` likewise
with nothing to follow, `failed` with a reason, `stopped`. A connection that closes before the last word is a host
that was lost.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from pipeline.errors import TrainingError
from pipeline.training.hosts import address
from pipeline.training.hosts.lines import Lines

# How long a host may take to come. AWS's container waits as long for the others' names to resolve.
PATIENCE = 15 * 60.0
_GREETING = 10.0  # seconds for a connection to say who it is

# Ends this process for what happened on another host: the reason, or None where that host was asked to stop. It is
# called in a thread of its own, while the job's thread may be anywhere, and does not return.
End = Callable[[str | None], None]


class Star(Protocol):
    """One host's end of the connections."""

    def gather(self, value: Any, *, last: bool = False) -> list[Any]:
        """What each host gave, in their order; after the last time connections may close."""

    def tell(self, message: dict[str, Any]) -> None:
        """Says a last word, `failed` or `stopped`, to all others."""


class First:
    """The first host's end: everybody's words meet here. `ip` is the address on which it listened."""

    def __init__(self, names: tuple[str, ...], end: End) -> None:
        self._names, self._end, self._last = names, end, False
        self._inbox: dict[str, queue.Queue[Any]] = {name: queue.Queue() for name in names[1:]}
        self._others: dict[str, Lines] = {}
        with address.listen(names[0]) as listener:
            self.ip: str = listener.getsockname()[0]
            self._call_the_roll(listener)
        for name in self._others:
            threading.Thread(target=self._hear, args=(name,), daemon=True).start()

    def _call_the_roll(self, listener: socket.socket) -> None:
        deadline = time.monotonic() + PATIENCE
        while missing := [name for name in self._inbox if name not in self._others]:
            listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                raise TrainingError(f"hosts that did not come within {PATIENCE:.0f} s: {', '.join(missing)}") from None
            lines = Lines(connection)
            lines.wait_at_most(_GREETING)
            greeting = lines.receive()
            name = greeting.get("host") if isinstance(greeting, dict) else None
            if name in missing:
                lines.wait_at_most(None)
                self._others[name] = lines
            else:
                lines.close()

    def _hear(self, name: str) -> None:
        while isinstance(message := self._others[name].receive(), dict):
            if "value" in message:
                self._inbox[name].put(message["value"])
                continue
            if "failed" in message:
                self._pass_on(f"another host, {name}, failed: {message['failed']}", but=name)
            self._pass_on(None, but=name)
        if not self._last:
            self._pass_on(f"another host, {name}, was lost: its process ended without a word", but=name)

    def _pass_on(self, reason: str | None, but: str) -> None:
        message = {"stopped": True} if reason is None else {"failed": reason}
        self._send(message, [name for name in self._others if name != but])
        self._end(reason)

    def gather(self, value: Any, *, last: bool = False) -> list[Any]:
        values = [value, *(self._inbox[name].get() for name in self._names[1:])]
        self._last = last
        self._send({"values": values, "last": last}, list(self._others))
        return values

    def tell(self, message: dict[str, Any]) -> None:
        if "failed" in message:
            message = {"failed": f"another host, {self._names[0]}, failed: {message['failed']}"}
        self._send(message, list(self._others))

    def _send(self, message: dict[str, Any], names: list[str]) -> None:
        for name in names:
            # A host that is gone is heard of where its words are awaited.
            with contextlib.suppress(OSError):
                self._others[name].send(message)


class Other:
    """Any other host's end: one connection to the first."""

    def __init__(self, names: tuple[str, ...], current: str, end: End) -> None:
        self._first, self._end = names[0], end
        self._inbox: queue.Queue[list[Any]] = queue.Queue()
        self._lines = Lines(address.connect(names[0], time.monotonic() + PATIENCE))
        self._lines.wait_at_most(None)
        self._lines.send({"host": current})
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        while isinstance(message := self._lines.receive(), dict):
            if "values" in message:
                self._inbox.put(message["values"])
                if message["last"]:
                    return
                continue
            self._end(message.get("failed"))
        self._end(f"another host, {self._first}, was lost: its process ended without a word")

    def gather(self, value: Any, *, last: bool = False) -> list[Any]:
        self.tell({"value": value})
        return self._inbox.get()

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._lines.send(message)
