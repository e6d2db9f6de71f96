"""URIs of AWS's own images, from the tables of sagemaker-core: read as data, for the SDK takes seconds to import.

Source: sagemaker.core.image_uris.retrieve, whose answers these equal.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, RequirementError

# The table's name of each image, and what it is used for where the table tells uses apart.
_TABLES = {
    "spark": ("spark", "processing"),
    "xgboost": ("xgboost", "training"),
    "factorization_machines": ("factorization-machines", None),
    "sparkml": ("sparkml-serving", None),
}

# Where `deploy` puts the tables for an Airflow that cannot have sagemaker-core beside it.
DEPLOYED = Path(__file__).with_name("image_tables")


def table_files() -> list[Path]:
    """The tables that are read here. Raises RequirementError where there are none."""
    return [_file(table) for table, _ in _TABLES.values()]


def image_uri(image: str, version: str, region: str) -> str:
    """The URI of one of them in a region; a version that is a URI already stays as it is.

    Raises ConfigError for a version or region that AWS does not have, naming those that it has.
    """
    if is_uri(version):
        return version
    table, use = _TABLES[image]
    document = _table(table)
    scope = document if use is None else document[use]
    found = scope["versions"].get(scope.get("version_aliases", {}).get(version, version))
    if found is None:
        raise ConfigError(
            f"sagemaker.images.{image}: AWS has no version {version!r}",
            hint=f"versions: {', '.join(scope['versions'])}; or name the URI of an image",
        )
    if region not in found["registries"]:
        raise ConfigError(
            f"sagemaker.images.{image}: AWS has no version {version!r} in region {region!r}",
            hint=f"regions: {', '.join(sorted(found['registries']))}; or name the URI of an image",
        )
    processors = scope.get("processors") or found.get("processors")
    tag = "-".join(filter(None, [version, processors[0] if processors else None, _python(image, found)]))
    return f"{found['registries'][region]}.dkr.{_registry_host(region)}/{found['repository']}:{tag}"


def is_uri(version: str) -> bool:
    """Whether an image is named by its URI, not by a version of AWS's."""
    return "/" in version


def _python(image: str, found: dict[str, Any]) -> str | None:
    versions = found.get("py_versions", [])
    # Spark's tag without a Python is AWS's own choice of one.
    return versions[0] if len(versions) == 1 and image != "spark" else None


@functools.cache
def _table(name: str) -> Any:
    return json.loads(_file(name).read_text(encoding="utf-8"))


def _file(name: str) -> Path:
    for folder in _folders():
        file = folder / f"{name}.json"
        if file.is_file():
            return file
    raise RequirementError(
        "sagemaker-core is not installed, which knows AWS's images",
        hint="pip install 'inference-pipeline[sagemaker]', or name URIs in sagemaker.images",
    )


def _folders() -> Iterator[Path]:
    spec = importlib.util.find_spec("sagemaker")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        yield Path(folder) / "core" / "image_uri_config"
    yield DEPLOYED


@functools.cache
def _registry_host(region: str) -> str:
    from botocore.loaders import Loader
    from botocore.regions import EndpointResolver

    endpoint = EndpointResolver(Loader().load_data("endpoints")).construct_endpoint("ecr", region)
    return str(endpoint["hostname"]) if endpoint else f"ecr.{region}.amazonaws.com"
