"""Waits until Airflow's health page says that all its parts are well; status 1 after ten minutes.

wait_healthy.py URL
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request

PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
LIMIT, PAUSE = 600.0, 2.0


def states(url: str) -> dict[str, str]:
    """Each part's state; all are "unknown" while the page does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - of this machine
            page = json.load(reply)
    except (OSError, ValueError):
        page = {}
    return {part: str((page.get(part) or {}).get("status") or "unknown") for part in PARTS}


def main() -> int:
    """The status to leave with."""
    deadline = time.monotonic() + LIMIT
    while True:
        found = states(sys.argv[1])
        if set(found.values()) == {"healthy"}:
            return 0
        if time.monotonic() > deadline:
            print(f"Airflow is not healthy: {found}", file=sys.stderr)
            return 1
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main())
