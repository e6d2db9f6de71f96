"""The stand-in for AWS as a child process, for the stacks' tests."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3

TESTS = Path(__file__).parents[1]
REGION = "eu-central-1"
PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\nfrom pipeline.cli.main import main\nmain()"


@dataclass(frozen=True)
class Cloud:
    """Where it is, and what one asks of it."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        """What clients need."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    @cache  # noqa: B019 - as many as there are services
    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **access)

    def run(self, *words: str | Path, check: bool = True, said: str = "") -> subprocess.CompletedProcess[str]:
        """`inference-pipeline` with these words, as a child; `said` is its standard input."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, words)],
            env={**os.environ, **self.variables, "TERM": "dumb"},
            input=said,
            capture_output=True,
            text=True,
            cwd=TESTS.parent,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def objects(self, bucket: str) -> list[dict[str, Any]]:
        """What a bucket has."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [found for page in pages for found in page.get("Contents", ())]

    def body(self, bucket: str, key: str) -> bytes:
        """An object."""
        content: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def secret(self, arn: str) -> str:
        """A secret's text."""
        return str(self.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])

    def user_data(self, instance: str) -> str:
        """A machine's user data."""
        found = self.client("ec2").describe_instance_attribute(InstanceId=instance, Attribute="userData")
        return base64.b64decode(found["UserData"]["Value"]).decode()


@contextmanager
def cloud(log: Path) -> Iterator[Cloud]:
    """A new one, empty; what it says goes into `log`."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "cfn.cloud_server"],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, log.read_text()
        yield Cloud(url)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()
