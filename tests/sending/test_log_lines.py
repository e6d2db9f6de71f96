"""The lines of a job's log streams, however many there are."""

from __future__ import annotations

import time

from account_cases import Account

from pipeline.plan.steps import Logs
from pipeline.sending.log_lines import LogLines

GROUP = "/aws/sagemaker/TrainingJobs"
# CloudWatch Logs tells of 50 streams at a time.
STREAMS = 60


def say(account: Account, stream: str, line: str) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": line}
    account.clients.logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])


def test_lines_of_all_streams_are_told_once(account: Account) -> None:
    logs = account.clients.logs
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
    streams = [f"many-{number:03}/algo-1" for number in range(STREAMS)]
    for stream in (*streams, "others/algo-1"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        say(account, stream, f"of {stream}")
    lines = LogLines(logs, Logs(GROUP, "many-"))
    assert list(lines.new()) == [f"of {stream}" for stream in streams]
    assert list(lines.new()) == []
    say(account, streams[-1], "one more")
    assert list(lines.new()) == ["one more"]
    assert lines.last[-1] == "one more"


def test_a_log_that_is_not_there_has_no_lines(account: Account) -> None:
    assert list(LogLines(account.clients.logs, Logs("/aws/sagemaker/None", "job/")).new()) == []
