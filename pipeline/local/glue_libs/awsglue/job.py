"""Job: what a script says of its beginning and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Job:
    """Keeps no bookmarks: `init` and `commit` mark the beginning and the end of the script's work."""

    def __init__(self, glue_context: Any) -> None:
        self._name: str | None = None

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begins."""
        self._name = job_name

    def isInitialized(self) -> bool:
        """Whether it has begun."""
        return self._name is not None

    def commit(self) -> None:
        """Ends; RuntimeError where it has not begun."""
        if self._name is None:
            raise RuntimeError("Job.commit comes after Job.init")
