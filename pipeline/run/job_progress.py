"""What a person sees of jobs that run elsewhere: their states and all that they say, which is kept too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.text import Text

from pipeline.errors import StepError
from pipeline.run.job_logs import JobLogs
from pipeline.run.progress import Progress, Step


@dataclass
class JobProgress(Progress):
    """Prints each line that a job says, and puts it into the job's file; a step that fails names these files.

    On a terminal the step's state stands below the lines; elsewhere each state is a line too.
    """

    logs: JobLogs = field(kw_only=True)
    _title: str = field(default="", init=False)
    _heard: set[str] = field(default_factory=set, init=False)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """As Progress; a failure's hint says where its jobs' lines are."""
        self._title, self._heard = title, set()
        with super().step(name, title) as step:
            try:
                yield step
            except StepError as error:
                if self._heard:
                    error.hint = "; ".join(filter(None, [error.hint, f"what was said is kept in {self._kept()}"]))
                raise

    def news(self, text: str) -> None:
        """A state of the running step."""
        said = f"{self._title}: {text}"
        if self.console.is_terminal:
            super().news(said)
        else:
            self.console.print(Text(f"  {said}"), soft_wrap=True)

    def line(self, name: str, text: str) -> None:
        """A line that the job of that name said."""
        self._heard.add(name)
        # A full disk here is no reason to leave jobs elsewhere to themselves.
        with contextlib.suppress(OSError):
            self.logs.add(name, text)
        super().line(name, text)

    def _kept(self) -> str:
        return str(self.logs.file(*self._heard) if len(self._heard) == 1 else self.logs.folder)
