"""The rows of a run: a given file, a cached download, or a sample, real or synthetic."""

from __future__ import annotations

import csv
import importlib.util
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.data.encoding import check_encoding
from pipeline.errors import ConfigError, DataError
from pipeline.run.download import download
from pipeline.run.fingerprint import fingerprint

SAMPLE_ROWS, SAMPLE_SEED = 4000, 7


@dataclass(frozen=True)
class Source:
    """Where the rows are, and what kind of place that is: file, download, sample or synthetic.

    A sample is of real rows that came with an installed package; `name` says which. Synthetic ones were made up.
    """

    path: Path
    kind: str
    name: str

    def describe(self, form: str) -> dict[str, Any]:
        """What the run's record says of its input."""
        return {"source": self.name, "kind": self.kind, **fingerprint(self.path), "format": form}


def find_data(config: PipelineConfig, given: Path | None, folder: Path, work: Path) -> Source:
    """The rows to run on; `folder` is the pipeline file's, `work` where rows may be written.

    Raises DataError for a file that is not there or not readable, ConfigError where there is nothing to run on.
    """
    place = given if given is not None else Path(config.data.location) if config.data.location else None
    if place is not None:
        _readable(place)
        return Source(place, "file", place.name)
    if config.data.download is not None:
        cached = download(config.data.download, work)
        if cached is not None:
            return Source(cached, "download", config.data.download.url)
    if config.data.sample is not None:
        return _sample(config.data.sample, folder, work)
    raise ConfigError(
        "there are no rows to run on", hint="give --input FILE, or name data.location in the pipeline file"
    )


def load_function(folder: Path, module_name: str, name: str) -> Callable[..., Any]:
    """A function of a module that stands beside the pipeline file; raises ConfigError."""
    file = folder / (module_name.replace(".", "/") + ".py")
    spec = importlib.util.spec_from_file_location(f"_pipeline_file_{module_name}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise ConfigError(f"{file} is not there, though the pipeline file names {module_name}:{name}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's own code may raise anything
        raise ConfigError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(f"{file} has no function {name!r}")
    return function  # type: ignore[no-any-return]


def _readable(place: Path) -> None:
    if not place.exists():
        raise DataError(f"{place} is not there", hint="is the path right?")
    if not os.access(place, os.R_OK):
        raise DataError(f"{place} cannot be read", hint="check its permissions")
    if place.is_file():
        if place.stat().st_size == 0:
            raise DataError(f"{place} is empty", hint="there is no row in it")
        with place.open("rb") as stream:
            check_encoding(stream.read(4), place.name)


def _sample(reference: str, folder: Path, work: Path) -> Source:
    """The rows of a function; one that has real rows says where they are from by its attribute `source`."""
    module_name, _, name = reference.partition(":")
    generate = load_function(folder, module_name, name)
    path = work / "sample.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        try:
            rows: Iterable[list[Any]] = generate(SAMPLE_ROWS, SAMPLE_SEED)
            count = sum(1 for row in rows if writer.writerow(row))
        except OSError:
            # A full disk, above all.
            raise
        except Exception as error:  # as above
            raise ConfigError(
                f"{reference} gave no rows: {type(error).__name__}: {error}", hint="give --input FILE"
            ) from error
    origin = getattr(generate, "source", None)
    if origin is not None:
        return Source(path, "sample", str(origin))
    return Source(path, "synthetic", f"{count:,} generated rows")
