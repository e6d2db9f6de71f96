"""Several hosts as a group: a star of connections for words, XGBoost's collective for numbers.

XGBoost's collective cannot say why it broke. The star can: the host that failed says so before it ends, and the
first host notices one that ended without a word.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from pipeline.training.container import reason_of
from pipeline.training.hosts.group import ALONE, Array, Group
from pipeline.training.hosts.star import End, First, Other

# Where a host dies, the collective breaks on the others at the same moment as the star hears of it.
_NEWS_SECONDS = 3.0
# XGBoost gives up a peer that is silent for so long; lost hosts are noticed sooner, and rounds may take their time.
_ROUND_SECONDS = 3600


class Company:
    """A group of several hosts, for use inside `company`."""

    def __init__(self, current: str, names: tuple[str, ...], end: End) -> None:
        self.names = names
        self.rank = names.index(current)
        self._star = First(names, end) if self.rank == 0 else Other(names, current, end)

    def gather(self, value: Any) -> list[Any]:
        """What each host gave, in their order."""
        return self._star.gather(value)

    @contextmanager
    def rounds(self) -> Iterator[None]:
        """XGBoost's collective; its error is held back a moment, for the news of what caused it."""
        from xgboost import collective
        from xgboost.core import XGBoostError
        from xgboost.tracker import RabitTracker

        tracker, arguments = None, {}
        if isinstance(self._star, First):
            tracker = RabitTracker(n_workers=len(self.names), host_ip=self._star.ip, sortby="task")
            tracker.start()
            arguments = tracker.worker_args()
        arguments = self.gather(arguments)[0]
        try:
            # Sorted by task: the collective's ranks are the group's.
            collective.init(**arguments, dmlc_task_id=f"{self.rank:06d}", dmlc_timeout=_ROUND_SECONDS)
            yield
            collective.finalize()
        except XGBoostError:
            time.sleep(_NEWS_SECONDS)
            raise
        if tracker is not None:
            tracker.wait_for()

    def total(self, values: Array) -> Array:
        """The sum over all hosts."""
        from xgboost import collective

        total: Array = collective.allreduce(values, collective.Op.SUM)
        return total.reshape(values.shape)

    def any(self, flag: bool) -> bool:
        """True where it is true on any host."""
        from xgboost import collective

        return bool(collective.allreduce(np.array([flag], np.int32), collective.Op.MAX)[0])

    def from_first(self, content: bytes) -> bytes:
        """What the first host gave."""
        from xgboost import collective

        return bytes(collective.broadcast(content, 0))

    def part(self) -> None:
        """Waits until all hosts have done their work."""
        self._star.gather(None, last=True)

    def tell(self, error: BaseException) -> None:
        """Says to the others why this host ends."""
        stopped = isinstance(error, SystemExit) and not error.code
        self._star.tell({"stopped": True} if stopped else {"failed": reason_of(error)})


def company(current: str, names: tuple[str, ...], end: End) -> AbstractContextManager[Group]:
    """The group of all hosts named, once they have come: a context whose end waits for the others.

    `end` ends this process when another host failed, was lost or was stopped. An error that leaves the context is
    told to the others, which end with it as their reason. Raises TrainingError for hosts that do not come.
    """
    return nullcontext(ALONE) if len(names) == 1 else _several(current, names, end)


@contextmanager
def _several(current: str, names: tuple[str, ...], end: End) -> Iterator[Group]:
    print(f"training on {len(names)} hosts; this is {current}", file=sys.stderr, flush=True)
    group = Company(current, names, end)
    try:
        yield group
    except BaseException as error:
        group.tell(error)
        raise
    group.part()
