"""Requests whose reply was lost: the client has repeated them, and hears that what they ask for is there already."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pipeline.plan.steps import Wait
from pipeline.sending.clients import Clients
from pipeline.sending.follow import call

# AWS says the time in whole seconds.
_ROUNDED = timedelta(seconds=1)


class Attempt:
    """One request, from its making on."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def made(self, clients: Clients, wait: Wait | None, error: Any) -> bool:
        """Whether the thing that a refusal says is there was made by this very request.

        It was where the client had sent the request before, and the thing is no older than that, by AWS's own clock.
        """
        if wait is None or wait.from_reply or not was_repeated(error):
            return False
        # Before anything else is asked for: the time that takes is not the request's.
        sent = self._sent(error)
        created: datetime = call(clients.of(wait.service), wait.describe, wait.request)["CreationTime"]
        return created >= sent - _ROUNDED

    def _sent(self, error: Any) -> datetime:
        date = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        now = parsedate_to_datetime(date).replace(tzinfo=UTC) if date else datetime.now(UTC)
        return now - timedelta(seconds=time.monotonic() - self._began)


def was_repeated(error: Any) -> bool:
    """Whether the client had sent a request before it was refused."""
    return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))
