"""The lines that a job has said, from CloudWatch Logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from pipeline.plan.steps import Logs

_KEPT = 40


class LogLines:
    """New lines each time they are asked for; the last ones are kept for whoever wants to know why a job failed.

    Of several groups the first has what the job's program says.
    """

    def __init__(self, client: Any, logs: Logs) -> None:
        self._client, self._logs = client, logs
        self._tokens: dict[tuple[str, str], str] = {}
        self.last: deque[str] = deque(maxlen=_KEPT)

    def new(self) -> Iterator[str]:
        """The lines that came since the last call, stream by stream; none where the job has no log yet."""
        return (line for _, line in self.by_stream())

    def by_stream(self) -> Iterator[tuple[str, str]]:
        """The same, each behind its stream's name."""
        for group in (self._logs.group, *self._logs.also):
            for stream in self._streams(group):
                for line in self._of(group, stream):
                    yield stream, line

    def _streams(self, group: str) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        prefix = {"logStreamNamePrefix": self._logs.prefix} if self._logs.prefix else {}
        try:
            pages = list(self._client.get_paginator("describe_log_streams").paginate(logGroupName=group, **prefix))
        except (ClientError, BotoCoreError):
            # A log that is not there, not for this user to read, or out of reach must not fail the job.
            return []
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    def _of(self, group: str, stream: str) -> Iterator[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        while True:
            token = self._tokens.get((group, stream))
            after = {"nextToken": token} if token else {}
            try:
                page = self._client.get_log_events(
                    logGroupName=group, logStreamName=stream, startFromHead=True, **after
                )
            except (ClientError, BotoCoreError):
                return
            for event in page["events"]:
                if group == self._logs.group:
                    self.last.append(event["message"])
                yield event["message"]
            self._tokens[group, stream] = page["nextForwardToken"]
            # The token of a stream's end is the one that was sent.
            if page["nextForwardToken"] == token or not page["events"]:
                return
