"""AWS for the stacks' tests: moto's server, taught the types of cloud_types.py.

    python -m cfn.cloud_server

writes its address on a line and serves until its standard input ends.
"""

from __future__ import annotations

import sys
import warnings

import cfn.cloud_failures
import cfn.cloud_mending  # noqa: F401 - teaches moto
from cfn.cloud_types import SERVICE
from moto.server import ThreadedMotoServer


def main() -> None:
    warnings.simplefilter("ignore")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    SERVICE["url"] = f"http://127.0.0.1:{port}"
    print(SERVICE["url"], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
