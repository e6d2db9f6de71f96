"""The run folder: made beside its target, and there as a whole or not at all."""

from __future__ import annotations

import glob
import os
import re
import shutil
from pathlib import Path
from types import TracebackType

from pipeline.errors import ConfigError

RECORD = "run.json"
_OWNER = re.compile(r"\.run-(\d+)(-old)?$")


class RunFolder:
    """A folder to work in that takes its target's place on `publish`, and is gone on any other way out.

    Only an empty folder or an earlier run is replaced; what a killed run left behind is cleared away. Raises
    ConfigError for a target that is something else, or that cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        self.path = self.target.with_name(f".{self.target.name}.run-{os.getpid()}")

    def __enter__(self) -> RunFolder:
        if self.target.exists() and not _replaceable(self.target):
            raise ConfigError(
                f"{self.target} is there and is not a run", hint="name another --output, or remove it yourself"
            )
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._clear_leftovers()
            self.path.mkdir()
        except OSError as error:
            raise ConfigError(f"cannot write to {self.target.parent}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self) -> None:
        """Puts the finished folder in its target's place."""
        old = self.path.with_name(self.path.name + "-old")
        if self.target.exists():
            self.target.rename(old)
        try:
            self.path.rename(self.target)
        except OSError:
            if old.exists():
                old.rename(self.target)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def _clear_leftovers(self) -> None:
        for left in self.target.parent.glob(f".{glob.escape(self.target.name)}.run-*"):
            owner = _OWNER.search(left.name)
            if owner is not None and not _is_alive(int(owner[1])):
                shutil.rmtree(left, ignore_errors=True)


def _replaceable(target: Path) -> bool:
    return target.is_dir() and ((target / RECORD).is_file() or not any(target.iterdir()))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()
