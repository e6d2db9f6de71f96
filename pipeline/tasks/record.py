"""The folder of a run of tasks: run.json and the tasks' logs, there from the first task on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

RECORD = "run.json"
LOGS = "logs"


class Record:
    """run.json, written anew with every change; a folder that is something else is not touched."""

    def __init__(self, folder: Path, **about: Any) -> None:
        self.folder = folder.absolute()
        self.document: dict[str, Any] = {**about, "started": _now(), "status": "running", "tasks": []}
        if self.folder.exists() and not self._replaceable():
            raise ConfigError(
                f"{folder} is there and is not a run", hint="name another --output, or remove it yourself"
            )
        for log in self.folder.glob(f"{LOGS}/*/*.log"):
            log.unlink()
        self.write()

    def log_file(self, pipeline: str, task: str) -> Path:
        """Where a task's lines go."""
        file = self.folder / LOGS / pipeline / f"{task}.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def add(self, **entry: Any) -> None:
        """A task that has come to its end."""
        self.document["tasks"].append(entry)
        self.write()

    def end(self, status: str) -> None:
        """The end of the run."""
        self.document |= {"finished": _now(), "status": status}
        self.write()

    def write(self) -> None:
        """The file as a whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f".{RECORD}.new"
        new.write_text(json.dumps(self.document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(self.folder / RECORD)

    def _replaceable(self) -> bool:
        """An empty folder, or an earlier run of tasks."""
        if not self.folder.is_dir():
            return False
        file = self.folder / RECORD
        if not file.is_file():
            return not any(self.folder.iterdir())
        try:
            return "tasks" in json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, TypeError):
            return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
