"""The containers of a model: what each is called, what it serves and with which variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.local.errors import JobFailure
from pipeline.local.images import Images
from pipeline.local.objects import Objects

# Set by the service, or able to make a process run something else than the program of its image.
_RESERVED = ("LD_", "DYLD_", "PYTHON")
_RESERVED_NAMES = frozenset({"PATH", "HOME", "IFS", "BASH_ENV", "ENV", "SAGEMAKER_BIND_TO_PORT"})

# What one container hands to the next may be many times what the client sent.
_PAYLOAD, _BETWEEN_CONTAINERS = "SAGEMAKER_MAX_PAYLOAD_IN_MB", "1024"


@dataclass(frozen=True)
class Container:
    """One container: `model` is the file or folder that it serves, from `source`; `environment` its own variables."""

    hostname: str
    image: str
    source: str
    model: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Containers:
    """The containers of a model, in order; `direct` says that a request names one of them instead of passing all."""

    members: tuple[Container, ...]
    direct: bool = False


# A variant's that names no model: its instances are there for inference components.
NONE = Containers(())


def download_containers(
    model: Mapping[str, Any],
    objects: Objects,
    folder: Path,
    images: Images | None = None,
    extra: Mapping[str, str] | None = None,
) -> Containers:
    """Puts the archives of a CreateModel request into a folder, and says how each is served.

    `images` checks the containers' images, None where CreateModel has done so: whatever the image, it is our own server
    that runs. `extra` are variables for every container, over its own. Raises JobFailure or ValidationException for a
    model that cannot be served here: an unknown image, no archive, several models in one container.
    """
    definitions = definitions_of(model)
    if not definitions:
        raise JobFailure(f"model {model.get('ModelName')} has no container")
    members = []
    for place, (hostname, definition) in enumerate(definitions):
        image = definition.get("Image", "")
        if images is not None:
            images.resolve(image, "inference")
        environment = {**definition.get("Environment", {}), **(extra or {})}
        if place:
            environment[_PAYLOAD] = definition.get("Environment", {}).get(_PAYLOAD, _BETWEEN_CONTAINERS)
        source, path = _archive(definition, hostname, objects, folder / f"{place + 1}")
        members.append(Container(hostname, image, source, path, _allowed(environment)))
    direct = model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    return Containers(tuple(members), direct and len(members) > 1)


def definitions_of(model: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The containers of a CreateModel request in order, each with its name: its host's, or that of its place."""
    found = list(model.get("Containers") or filter(None, [model.get("PrimaryContainer")]))
    names = [f"container-{place + 1}" for place in range(len(found))] if len(found) > 1 else ["primary"]
    return [(each.get("ContainerHostname") or name, each) for name, each in zip(names, found, strict=False)]


def _archive(definition: Mapping[str, Any], hostname: str, objects: Objects, folder: Path) -> tuple[str, Path]:
    """A container's model in the store and here; nothing is unpacked: the server reads the archive within bounds."""
    if definition.get("Mode", "SingleModel") != "SingleModel":
        raise JobFailure(f"container {hostname}: mode {definition['Mode']} is not served here; SingleModel is")
    source = definition.get("ModelDataSource", {}).get("S3DataSource", {})
    uri = definition.get("ModelDataUrl") or source.get("S3Uri")
    if not uri:
        raise JobFailure(f"container {hostname} has no ModelDataUrl: there is nothing that it could serve")
    folder.mkdir(parents=True, exist_ok=True)
    if source.get("S3DataType") == "S3Prefix":
        objects.download(uri, folder)
        return uri, folder
    path = folder / "model.tar.gz"
    path.write_bytes(objects.read(uri))
    return uri, path


def _allowed(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name not in _RESERVED_NAMES and not name.startswith(_RESERVED)
    }
