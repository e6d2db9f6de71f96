"""GET /ping: whether a container is healthy, and how often SageMaker asks."""

from __future__ import annotations

from pipeline import health

# SageMaker waits so long for an answer.
SECONDS = 2.0
# From one ping to the next: of a container that has not been healthy yet, and of one that has.
STARTING, SERVING = 0.1, 5.0
# A container that has been healthy and misses so many in a row hangs.
MISSES = 5


def is_healthy(port: int) -> bool:
    """Whether what listens on 127.0.0.1 answers 200 in time."""
    return health.is_healthy("127.0.0.1", port, "/ping", seconds=SECONDS)
