"""What jobs have said, in files."""

from __future__ import annotations

from pathlib import Path


class JobLogs:
    """A file for each job in a folder that is there, begun anew by the first line that is heard of the job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: set[str] = set()

    def file(self, job: str) -> Path:
        """Where a job's lines are."""
        return self.folder / f"{job}.log"

    def add(self, job: str, line: str) -> None:
        """A line more; raises OSError."""
        with self.file(job).open("a" if job in self._begun else "w", encoding="utf-8") as stream:
            self._begun.add(job)
            stream.write(f"{line}\n")
