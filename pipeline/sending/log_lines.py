"""The lines that a job has said, from CloudWatch Logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from pipeline.plan.steps import Logs

_KEPT = 40


class LogLines:
    """New lines each time they are asked for; the last ones are kept for whoever wants to know why a job failed."""

    def __init__(self, client: Any, logs: Logs) -> None:
        self._client, self._logs = client, logs
        self._tokens: dict[str, str] = {}
        self.last: deque[str] = deque(maxlen=_KEPT)

    def new(self) -> Iterator[str]:
        """The lines that came since the last call, stream by stream; none where the job has no log yet."""
        for stream in self._streams():
            yield from self._of(stream)

    def _streams(self) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        prefix = {"logStreamNamePrefix": self._logs.prefix} if self._logs.prefix else {}
        try:
            found = self._client.describe_log_streams(logGroupName=self._logs.group, **prefix)
        except (ClientError, BotoCoreError):
            # A log that is not there, not for this user to read, or out of reach must not fail the job.
            return []
        return [stream["logStreamName"] for stream in found["logStreams"]]

    def _of(self, stream: str) -> Iterator[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        while True:
            token = self._tokens.get(stream)
            after = {"nextToken": token} if token else {}
            try:
                page = self._client.get_log_events(
                    logGroupName=self._logs.group, logStreamName=stream, startFromHead=True, **after
                )
            except (ClientError, BotoCoreError):
                return
            for event in page["events"]:
                self.last.append(event["message"])
                yield event["message"]
            self._tokens[stream] = page["nextForwardToken"]
            # The token of a stream's end is the one that was sent.
            if page["nextForwardToken"] == token or not page["events"]:
                return
