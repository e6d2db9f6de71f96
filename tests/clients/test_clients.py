"""boto3, both SDKs and `run` talk with one service at once, and get the same predictions to the last bit."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from client_cases import ASKED, PYTHONS, Answers, Client, is_there, write_inputs
from service_cases import ROLE, Service, keys
from tests_paths import ROOT

BUCKET = "my-bucket"
TALKS = [("boto3", "abalone"), ("sdk3", "abalone"), ("sdk2", "abalone"), ("boto3", "churn"), ("sdk3", "churn")]
MISSING = [str(python) for python in PYTHONS.values() if not python.exists()]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spark,
    pytest.mark.skipif(bool(MISSING), reason=f"make test-sdk makes {' and '.join(MISSING)}"),
]


@dataclass(frozen=True)
class Talks:
    """Conversations under way, by client and example; `outside` is what all that is not local would go through."""

    service: Service
    talks: dict[tuple[str, str], Future[Any]]
    outside: socket.socket

    def of(self, client: str, example: str) -> Any:
        """What became of one; skipped where there are no rows."""
        if (client, example) not in self.talks:
            pytest.skip(f"no rows of {example}")
        return self.talks[client, example].result()


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talks]:
    """All conversations, two at a time."""
    work = tmp_path_factory.mktemp("clients")
    service = Service(work / "data")
    service.client("s3").create_bucket(Bucket=BUCKET)
    (work / "sagemaker.yml").write_text(documented("yaml"))
    examples = [example for example in ("abalone", "churn") if is_there(example)]
    for example in examples:
        write_inputs(example, work / example)
    with socket.create_server(("127.0.0.1", 0)) as outside, ThreadPoolExecutor(2) as pool:
        proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
        variables = {
            "AWS_ENDPOINT_URL": service.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "HOME": str(work),
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1",
        }
        sdk = {**variables, "SAGEMAKER_USER_CONFIG_OVERRIDE": str(work / "sagemaker.yml")}
        own = {**variables, "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": BUCKET}
        started: dict[tuple[str, str], Future[Any]] = {}
        for example in examples:
            started["run", example] = pool.submit(Client(own, BUCKET, work).run, example)
        for client, example in TALKS:
            if example in examples:
                talker = Client(variables if client == "boto3" else sdk, BUCKET, work)
                started[client, example] = pool.submit(talker.converse, client, example)
        yield Talks(service, started, outside)
        pool.shutdown(cancel_futures=True)
    assert service.stop() == 0, service.log.read_text()


@pytest.mark.parametrize(("client", "example"), TALKS)
def test_predictions_are_those_of_run_to_the_last_bit(talks: Talks, client: str, example: str) -> None:
    talks.of("run", example)
    expected = predictions_of_run(talks.service.client("s3"), example)
    answers: Answers = talks.of(client, example)
    assert len(set(answers["endpoint"])) > ASKED / 2
    assert same(answers["endpoint"], expected[:ASKED])
    if answers["batch"] is not None:
        assert same(answers["batch"], expected)


def test_nothing_leaves_this_machine(talks: Talks) -> None:
    for talk in talks.talks.values():
        talk.result()
    talks.outside.settimeout(0.01)
    with pytest.raises(TimeoutError):
        talks.outside.accept()


def documented(language: str) -> str:
    """The block of docs/local.md in this language."""
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs" / "local.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def predictions_of_run(s3: Any, example: str) -> list[str]:
    """What run's transform job wrote, from the layout with one container."""
    prefix = f"inference-pipeline/{example}/run/predictions/"
    found = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys(s3, BUCKET, prefix)]
    return b"".join(found).decode().splitlines()


def same(left: list[str], right: list[str]) -> bool:
    """Whether these are the same numbers, of which XGBoost makes float32."""
    assert len(left) == len(right)
    return bool((np.array(left, dtype=np.float32) == np.array(right, dtype=np.float32)).all())
