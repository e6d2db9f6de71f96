"""What the tests of failures share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SECONDS = 300


def until(condition: Callable[[], Any], what: Callable[[], object] = lambda: "") -> Any:
    """Waits until a condition holds, and returns what it gave; `what` is told where it does not."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
    return found
