"""Settings: the file before the environment before the secret, and the places of what is missing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from plan_cases import ENVIRONMENT, ROLE, config_of

from pipeline.config.sagemaker import SageMaker
from pipeline.errors import ConfigError
from pipeline.plan.settings import DEFAULTS, KEYS, resolve_settings, variables

OTHER = "arn:aws:iam::123456789012:role/other"


def no_secret(name: str, region: str) -> Mapping[str, Any]:
    pytest.fail(f"the secret {name} was read")


def section(folder: Path, **values: Any) -> SageMaker:
    return config_of(folder, values).sagemaker


def test_the_file_comes_first_then_the_environment_then_the_secret(tmp_path: Path) -> None:
    found = section(tmp_path, role=ROLE, secret={"name": "s", "holds": ["role", "bucket", "kms_key"]})
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "SAGEMAKER_ROLE": OTHER, "SAGEMAKER_BUCKET": "from-environment"}
    asked: list[tuple[str, str]] = []

    def secret(name: str, region: str) -> Mapping[str, Any]:
        asked.append((name, region))
        return {"role": OTHER, "bucket": "from-secret", "kms_key": "alias/key"}

    settings = resolve_settings(found, environment, secret)
    assert (settings.role, settings.bucket, settings.kms_key) == (ROLE, "from-environment", "alias/key")
    assert asked == [("s", "eu-west-1")]
    assert settings.sources["role"] == "sagemaker.role"
    assert settings.sources["bucket"] == "SAGEMAKER_BUCKET"
    assert settings.sources["kms_key"] == "kms_key of the secret s"


def test_a_secret_is_not_read_for_what_is_said_elsewhere(tmp_path: Path) -> None:
    found = section(tmp_path, secret={"name": "s", "holds": ["role", "bucket"]})
    assert resolve_settings(found, ENVIRONMENT, no_secret).role == ROLE


def test_what_has_a_default_need_not_be_said(tmp_path: Path) -> None:
    settings = resolve_settings(section(tmp_path), ENVIRONMENT, no_secret)
    assert settings.processing_instance_type == DEFAULTS["processing.instance_type"]
    assert (settings.kms_key, settings.subnets, settings.tags, settings.prefix) == (None, (), {}, "inference-pipeline")


@pytest.mark.parametrize("key", ["region", "role", "bucket"])
def test_what_is_nowhere_is_refused_with_all_its_places(tmp_path: Path, key: str) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name not in variables(key)}
    with pytest.raises(ConfigError, match=f"{key} is said nowhere") as caught:
        resolve_settings(section(tmp_path), environment, no_secret)
    for place in (f"sagemaker.{key} in the pipeline file", *variables(key)):
        assert place in str(caught.value)
    assert ("secret" in str(caught.value)) == (key != "region")


def test_every_setting_can_be_said_in_the_environment(tmp_path: Path) -> None:
    said = {
        "AWS_REGION": "us-east-1",
        "SAGEMAKER_ROLE": ROLE,
        "SAGEMAKER_BUCKET": "bucket",
        "SAGEMAKER_PREFIX": "/team/models/",
        "SAGEMAKER_KMS_KEY": "alias/key",
        "SAGEMAKER_VPC_SUBNETS": "subnet-1, subnet-2",
        "SAGEMAKER_VPC_SECURITY_GROUPS": "sg-1",
        "SAGEMAKER_TAGS": "team=risk, stage=",
        "SAGEMAKER_PROCESSING_INSTANCE_TYPE": "ml.m5.4xlarge",
        "SAGEMAKER_PROCESSING_VOLUME_SIZE": "100",
        "SAGEMAKER_TRAINING_INSTANCE_TYPE": "ml.c5.xlarge",
        "SAGEMAKER_TRAINING_VOLUME_SIZE": "50",
        "SAGEMAKER_ENDPOINT_INSTANCE_TYPE": "ml.c5.large",
        "SAGEMAKER_TRANSFORM_INSTANCE_TYPE": "ml.c5.2xlarge",
        "SAGEMAKER_GLUE_ROLE": f"{ROLE}-glue",
        "SAGEMAKER_PROCESSING_ROLE": f"{ROLE}-processing",
        "SAGEMAKER_TRAINING_ROLE": f"{ROLE}-training",
        "SAGEMAKER_MODEL_ROLE": f"{ROLE}-model",
    }
    assert sorted(said) == sorted(variables(key)[0] for key in KEYS)
    settings = resolve_settings(section(tmp_path), said, no_secret)
    assert (settings.region, settings.prefix, settings.kms_key) == ("us-east-1", "team/models", "alias/key")
    assert (settings.subnets, settings.security_groups) == (("subnet-1", "subnet-2"), ("sg-1",))
    assert settings.tags == {"team": "risk", "stage": ""}
    assert (settings.processing_volume_size, settings.training_volume_size) == (100, 50)


def test_roles_of_their_own_for_jobs_and_models_make_one_for_all_needless(tmp_path: Path) -> None:
    own = {f"SAGEMAKER_{kind}_ROLE": f"{ROLE}-{kind.lower()}" for kind in ("PROCESSING", "TRAINING", "MODEL")}
    without = {name: value for name, value in ENVIRONMENT.items() if name != "SAGEMAKER_ROLE"}
    settings = resolve_settings(section(tmp_path), without | own, no_secret)
    assert settings.processing_role == settings.role == f"{ROLE}-processing"
    assert (settings.training_role, settings.model_role) == (f"{ROLE}-training", f"{ROLE}-model")
    del own["SAGEMAKER_MODEL_ROLE"]
    with pytest.raises(ConfigError, match="role is said nowhere"):
        resolve_settings(section(tmp_path), without | own, no_secret)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SAGEMAKER_PROCESSING_VOLUME_SIZE", "many", "expected a whole number of GiB"),
        ("SAGEMAKER_TAGS", "team", "expected tags as name=value,name=value"),
        ("SAGEMAKER_VPC_SUBNETS", "a,,b", "expected a text"),
        ("SAGEMAKER_BUCKET", "s3://bucket", "expected the name of a bucket"),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_variable(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=f"{variable}: found '.*{said}"):
        resolve_settings(section(tmp_path), ENVIRONMENT | {variable: value}, no_secret)


def test_a_secret_that_lacks_what_it_should_hold_is_refused(tmp_path: Path) -> None:
    found = section(tmp_path, secret={"name": "s", "holds": ["kms_key"]})
    with pytest.raises(ConfigError, match="the secret s holds no 'kms_key'"):
        resolve_settings(found, ENVIRONMENT, lambda name, region: {"role": ROLE})


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of Secrets Manager, served on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # Its servers share what they hold.
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield boto3.client("secretsmanager", region_name="eu-west-1")
    server.stop()


def test_a_real_secret_is_read(tmp_path: Path, secrets: Any) -> None:
    content = {"role": OTHER, "vpc.subnets": ["subnet-1"], "training.volume_size": 70, "tags": {"team": "risk"}}
    secrets.create_secret(Name="prod/sagemaker", SecretString=json.dumps(content))
    found = section(tmp_path, secret={"name": "prod/sagemaker", "holds": list(content)})
    settings = resolve_settings(found, {"AWS_REGION": "eu-west-1", "SAGEMAKER_BUCKET": "bucket"})
    assert (settings.role, settings.subnets, settings.training_volume_size) == (OTHER, ("subnet-1",), 70)
    assert settings.tags == {"team": "risk"}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "cannot be read: .*ResourceNotFoundException"),
        ({"SecretString": "text"}, "is not JSON"),
        ({"SecretString": "[1]"}, "is no JSON object"),
        ({"SecretBinary": b"x"}, "holds bytes, not text"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused(tmp_path: Path, secrets: Any, made: Any, said: str) -> None:
    if made is not None:
        secrets.create_secret(Name="s", **made)
    found = section(tmp_path, secret={"name": "s", "holds": ["role"]})
    with pytest.raises(ConfigError, match=f"the secret s {said}"):
        resolve_settings(found, {"AWS_REGION": "eu-west-1", "SAGEMAKER_BUCKET": "bucket"})
