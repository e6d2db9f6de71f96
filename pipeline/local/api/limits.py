"""How much one request may start: every instance, copy and worker is a process of this machine."""

from __future__ import annotations

from typing import Any

from pipeline.local.errors import ResourceLimitExceeded

MOST_PROCESSES = 32
_COUNTS = frozenset({"InstanceCount", "InitialInstanceCount", "DesiredInstanceCount", "CopyCount", "NumberOfWorkers"})


def check_limits(request: Any) -> None:
    """Raises ResourceLimitExceeded where a request, which keeps its shape, asks for more at once."""
    if isinstance(request, list):
        for entry in request:
            check_limits(entry)
    elif isinstance(request, dict):
        for name, value in request.items():
            if name in _COUNTS and isinstance(value, int) and value > MOST_PROCESSES:
                raise ResourceLimitExceeded(
                    f"The account-level service limit '{name}' is {MOST_PROCESSES} Instances, with a request delta of "
                    f"{value} Instances. Each is a process of this machine."
                )
            check_limits(value)
