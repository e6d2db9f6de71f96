"""Where the first host of a job is reached.

On SageMaker a host's name is its address, and the port is the one that AWS's XGBoost container uses. Hosts that are
processes of one machine find each other through a file, named by `$TRAINING_RENDEZVOUS`, in which the first writes
the address on which it listens; then nothing listens but on loopback.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from pipeline.errors import TrainingError
from pipeline.training.container import write_whole

RENDEZVOUS = "TRAINING_RENDEZVOUS"
PORT = 9099

_PAUSE = 0.1  # seconds between two tries


def listen(first: str) -> socket.socket:
    """The first host's listening socket."""
    meeting = os.environ.get(RENDEZVOUS)
    listener = socket.create_server(("127.0.0.1", 0) if meeting else (socket.gethostbyname(first), PORT), backlog=128)
    if meeting:
        write_whole(Path(meeting), str(listener.getsockname()[1]).encode())
    return listener


def connect(first: str, deadline: float) -> socket.socket:
    """A connection to the first host, as soon as it listens; TrainingError at the deadline (of `time.monotonic`)."""
    while True:
        try:
            return socket.create_connection(_address(first), timeout=10)
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline:
                raise TrainingError(f"the first host, {first}, cannot be reached: {error}") from error
        time.sleep(_PAUSE)


def _address(first: str) -> tuple[str, int]:
    if meeting := os.environ.get(RENDEZVOUS):
        return "127.0.0.1", int(Path(meeting).read_text(encoding="ascii"))
    return first, PORT
