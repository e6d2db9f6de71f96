"""The rows of a run: a given file, a cached download, or a synthetic sample."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.model import Download, PipelineConfig
from pipeline.errors import ConfigError, DataError

SAMPLE_ROWS, SAMPLE_SEED = 4000, 7
_SHORTLY = 5  # seconds that a download may take to begin
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Source:
    """Where the rows are, and what kind of place that is: file, download or synthetic."""

    path: Path
    kind: str
    name: str

    def describe(self, form: str) -> dict[str, Any]:
        """What the run's record says of its input."""
        files = [self.path] if self.path.is_file() else sorted(file for file in self.path.rglob("*") if file.is_file())
        digest = hashlib.sha256()
        for file in files:
            with file.open("rb") as stream:
                while part := stream.read(_CHUNK):
                    digest.update(part)
        size = sum(file.stat().st_size for file in files)
        return {"source": self.name, "kind": self.kind, "sha256": digest.hexdigest(), "bytes": size, "format": form}


def find_data(config: PipelineConfig, given: Path | None, folder: Path, work: Path) -> Source:
    """The rows to run on; `folder` is the pipeline file's, `work` where a sample may be written.

    Raises DataError for a file that is not there or not readable, ConfigError where there is nothing to run on.
    """
    place = given if given is not None else Path(config.data.location) if config.data.location else None
    if place is not None:
        _readable(place)
        return Source(place, "file", place.name)
    if config.data.download is not None:
        cached = _download(config.data.download)
        if cached is not None:
            return Source(cached, "download", config.data.download.url)
    if config.data.sample is not None:
        return Source(_sample(config, folder, work), "synthetic", f"{SAMPLE_ROWS:,} generated rows")
    raise ConfigError(
        "there are no rows to run on", hint="give --input FILE, or name data.location in the pipeline file"
    )


def _readable(place: Path) -> None:
    if not place.exists():
        raise DataError(f"{place} is not there", hint="is the path right?")
    if not os.access(place, os.R_OK):
        raise DataError(f"{place} cannot be read", hint="check its permissions")
    if place.is_file() and place.stat().st_size == 0:
        raise DataError(f"{place} is empty", hint="there is no row in it")
    if place.is_file():
        with place.open("rb") as stream:
            _plain_utf8(place, stream.read(4))


def _plain_utf8(place: Path, head: bytes) -> None:
    if head.startswith(b"\xef\xbb\xbf"):
        raise DataError(f"{place.name} starts with a byte order mark", hint="save it as UTF-8 without BOM")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{place.name} is UTF-16, not UTF-8", hint="save it as UTF-8")


def _download(download: Download) -> Path | None:
    """The public file from the cache or the network; None where neither has it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inference-pipeline" / "data"
    cached = cache / download.sha256
    if cached.is_file() and _sha256(cached.read_bytes()) == download.sha256:
        return cached
    try:
        with urllib.request.urlopen(download.url, timeout=_SHORTLY) as reply:  # noqa: S310 - https by the file's type
            content = reply.read()
    except OSError:
        return None
    if _sha256(content) != download.sha256:
        raise DataError(f"{download.url} is not the expected file", hint="its SHA-256 differs; give --input FILE")
    cache.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=cache)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).replace(cached)
    return cached


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sample(config: PipelineConfig, folder: Path, work: Path) -> Path:
    module_name, _, name = str(config.data.sample).partition(":")
    generate = load_function(folder, module_name, name)
    path = work / "sample.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows: Iterable[list[Any]] = generate(SAMPLE_ROWS, SAMPLE_SEED)
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return path


def load_function(folder: Path, module_name: str, name: str) -> Callable[..., Any]:
    """A function of a module that stands beside the pipeline file; raises ConfigError."""
    file = folder / (module_name.replace(".", "/") + ".py")
    spec = importlib.util.spec_from_file_location(f"_pipeline_file_{module_name}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise ConfigError(f"{file} is not there, though the pipeline file names {module_name}:{name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(f"{file} has no function {name!r}")
    return function  # type: ignore[no-any-return]
