"""What differs from place to place: said in the file, else in the environment, else in a secret.

The key `vpc.subnets` of the section `sagemaker` is the variable SAGEMAKER_VPC_SUBNETS, and "vpc.subnets" in the JSON
object of the secret. The environment has commas in lists, and tags as `team=risk,stage=test`. The region is AWS_REGION
or AWS_DEFAULT_REGION.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pipeline.config.sagemaker import SageMaker, SecretKey
from pipeline.config.section import text
from pipeline.errors import ConfigError

# The name of a secret and the region to its content.
ReadSecret = Callable[[str, str], Mapping[str, Any]]

DEFAULTS: Mapping[str, Any] = {
    "prefix": "inference-pipeline",
    "kms_key": None,
    "vpc.subnets": (),
    "vpc.security_groups": (),
    "tags": {},
    "glue.role": None,
    "processing.role": None,
    "training.role": None,
    "model.role": None,
    "processing.instance_type": "ml.m5.xlarge",
    "processing.volume_size": 30,
    "training.instance_type": "ml.m5.xlarge",
    "training.volume_size": 30,
    "endpoint.instance_type": "ml.m5.large",
    "transform.instance_type": "ml.m5.large",
}
# Where each kind of job has a role of its own, none is needed for all.
_ROLES = frozenset({"processing.role", "training.role", "model.role"})
KEYS: tuple[str, ...] = ("region", *get_args(SecretKey))
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Settings:
    """The settings by their keys, as in the file; `sources` says where each was found."""

    region: str
    role: str
    bucket: str
    prefix: str
    kms_key: str | None
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    tags: Mapping[str, str]
    glue_role: str | None
    processing_role: str | None
    training_role: str | None
    model_role: str | None
    processing_instance_type: str
    processing_volume_size: int
    training_instance_type: str
    training_volume_size: int
    endpoint_instance_type: str
    transform_instance_type: str
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)


def resolve_settings(
    section: SageMaker, environment: Mapping[str, str], read_secret: ReadSecret | None = None
) -> Settings:
    """Finds each setting; the secret is read only for what it `holds` and nothing before it says.

    Raises ConfigError for one that is nowhere, naming all places where it could be said, and for one that is no value.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    pending: list[str] = []
    for key in KEYS:
        value = _in_file(section, key)
        name = next((name for name in variables(key) if environment.get(name, "").strip()), None)
        if value not in (None, (), {}):
            values[key], sources[key] = value, f"sagemaker.{key}"
        elif name is not None:
            values[key], sources[key] = environment[name].strip(), name
        else:
            pending.append(key)
    if "region" in pending:
        raise _missing(section, "region")
    secret = section.secret
    if secret is not None and set(pending) & set(secret.holds):
        content = _read(secret.name, values["region"], read_secret)
        for key in [key for key in pending if key in secret.holds]:
            if content.get(key) in (None, ""):
                raise ConfigError(f"the secret {secret.name} holds no {key!r}, though sagemaker.secret.holds names it")
            values[key], sources[key] = content[key], f"{key} of the secret {secret.name}"
    for key in pending:
        if key == "role" and values.keys() >= _ROLES:
            values[key], sources[key] = values["processing.role"], sources["processing.role"]
        if key not in values:
            if key not in DEFAULTS:
                raise _missing(section, key)
            values[key], sources[key] = DEFAULTS[key], f"sagemaker.{key}"
    checked = {_field(key): _checked(key, value, sources[key]) for key, value in values.items()}
    return Settings(**checked, sources=sources)


def variables(key: str) -> tuple[str, ...]:
    """The environment variables that may say a setting, the first one wins."""
    if key == "region":
        return ("AWS_REGION", "AWS_DEFAULT_REGION")
    return (f"SAGEMAKER_{key.upper().replace('.', '_')}",)


def _in_file(section: SageMaker, key: str) -> Any:
    value: Any = section
    for part in key.split("."):
        value = getattr(value, part, None)
    return value


def _read(name: str, region: str, read_secret: ReadSecret | None) -> Mapping[str, Any]:
    if read_secret is None:
        from pipeline.plan import secret

        return secret.read_secret(name, region)
    return read_secret(name, region)


def _missing(section: SageMaker, key: str) -> ConfigError:
    places = [f"sagemaker.{key} in the pipeline file", *(f"the environment variable {name}" for name in variables(key))]
    if key != "region":
        named = section.secret.name if section.secret else "that sagemaker.secret names"
        places.append(f"{key!r} of the secret {named}")
    return ConfigError(f"{key} is said nowhere", hint=f"say it in {', '.join(places[:-1])}, or {places[-1]}")


def _field(key: str) -> str:
    return key.removeprefix("vpc.").replace(".", "_")


def _checked(key: str, value: Any, source: str) -> Any:
    try:
        return _parsed(key, value)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source}: found {value!r}; {error}") from error


def _parsed(key: str, value: Any) -> Any:
    if key.endswith("volume_size"):
        if isinstance(value, str) and not re.fullmatch(r"[0-9]+", value):
            raise ValueError("expected a whole number of GiB")
        return int(value)
    if key.startswith("vpc."):
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(_text(part) for part in parts)
    if key == "tags":
        pairs = _pairs(value) if isinstance(value, str) else value.items()
        return {_text(name): text(tag) for name, tag in pairs}
    if value is None:
        return None
    said = _text(value)
    if key == "bucket" and not _BUCKET.fullmatch(said):
        raise ValueError("expected the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")
    return said.strip("/") if key == "prefix" else said


def _pairs(said: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=") for part in said.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("expected tags as name=value,name=value")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value.strip()
