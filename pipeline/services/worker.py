"""`python -m pipeline.services.worker`: a process that has somebody's functions and answers one request at a time.

It gets requests through a socket that it inherits, and ends when that does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from typing import Any

from pipeline.services.frames import pack, read_frame
from pipeline.services.functions import Function


def main() -> int:
    """The arguments: the socket's descriptor, the folder of the functions, and the endpoints as JSON."""
    descriptor, folder, endpoints = sys.argv[1:]
    # Ctrl-C is for the server, which lets its workers finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Modules of somebody's folder are found as if the program were there.
    sys.path.insert(0, folder)
    sys.argv = [""]
    with socket.socket(fileno=int(descriptor)) as connection, connection.makefile("rb") as stream:
        try:
            functions = _load(json.loads(endpoints))
        except BaseException:  # noqa: BLE001 - whatever an import does, it is told
            traceback.print_exc()
            return 1
        connection.sendall(pack({"ready": os.getpid()}))
        while (frame := read_frame(stream)) is not None:
            head, body = frame
            answer = functions[head["path"]].answer(body, head["id"])
            said = {"status": int(answer.status), "type": answer.content_type, "problem": answer.problem}
            sys.stdout.flush()
            connection.sendall(pack(said, answer.body))
    return 0


def _load(endpoints: dict[str, Any]) -> dict[str, Function]:
    return {
        path: Function(endpoint["function"], parses=endpoint["input"] == "json") for path, endpoint in endpoints.items()
    }


if __name__ == "__main__":
    sys.exit(main())
