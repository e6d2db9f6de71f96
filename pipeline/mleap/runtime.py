"""MLeap's own JVM runtime 0.20.0, the reference for every scorer of bundles.

The JVM lives in a child process: a process can hold one JVM once, and a JVM changes its signal handling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import pyarrow as pa

from pipeline.bundle.archive import read_files
from pipeline.errors import BundleError, PipelineError, RequirementError
from pipeline.java import java_home, libjvm
from pipeline.mleap.child import Child
from pipeline.mleap.jars import RUNTIME, resolve

# JPype needs a Java newer than 8.
JAVA = (11, 17)


class Runtime:
    """MLeap's runtime in a child process, started at once and ended by `close` or the end of a `with` block.

    `timeout` in seconds bounds the start and each request. Raises RequirementError where Java, JPype or the jars
    cannot be had. Threads may share it; their requests wait for each other.
    """

    def __init__(self, *, timeout: float = 300.0) -> None:
        start = _requirements()
        self._child = Child(timeout)
        try:
            self._child.ask({"do": "start", **start})
        except PipelineError:
            self._child.close()
            raise

    @property
    def pid(self) -> int:
        """The child process's id."""
        return self._child.pid

    def load(self, bundle_path: str | Path) -> RuntimeModel:
        """The bundle's transformer: from a folder, a `.zip`, or a tar archive with `bundle.json` and `root/` on top.

        Raises BundleError with MLeap's message where it cannot be loaded.
        """
        with _loadable(Path(bundle_path)) as path:
            reply, _ = self._child.ask({"do": "load", "path": str(path.absolute())})
        return RuntimeModel(self._child, reply["model"])

    def close(self) -> None:
        """End the child process; its models cannot be used any more."""
        self._child.close()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class RuntimeModel:
    """A bundle loaded by a Runtime."""

    def __init__(self, child: Child, model: int) -> None:
        self._child = child
        self._model = model

    def transform(self, table: pa.Table, output_columns: Sequence[str] | None = None) -> pa.Table:
        """The table's rows with the columns of every node, or with the named columns alone, in that order.

        Lists of doubles go in as tensors, other lists as MLeap's lists; tensors come back dense, as lists of
        doubles. Scalars keep their Arrow types and nulls. Raises DataError with MLeap's message, and with the
        first bad row where one row is to blame; RequirementError where the child process ends or takes too long.
        """
        columns = None if output_columns is None else list(output_columns)
        _, result = self._child.ask({"do": "transform", "model": self._model, "columns": columns}, table)
        return result


def available() -> str | None:
    """Why the runtime cannot be used on this machine, or None; the jars are fetched where they are not cached."""
    try:
        _requirements()
    except RequirementError as error:
        return str(error)
    return None


def _requirements() -> dict[str, Any]:
    """What the worker starts its JVM with."""
    if find_spec("jpype") is None:
        raise RequirementError("JPype is not installed", hint="install the extra `spark`, or `pip install jpype1`")
    library = libjvm(java_home(JAVA))
    return {"library": str(library), "jars": [str(jar) for jar in resolve(RUNTIME)]}


@contextmanager
def _loadable(path: Path) -> Iterator[Path]:
    """The path itself where MLeap reads its kind, else a folder unpacked for as long as loading takes."""
    if not path.exists():
        raise BundleError(f"{path} does not exist")
    if path.is_dir() or path.suffix == ".zip":
        yield path
        return
    with TemporaryDirectory() as folder:
        for name, content in read_files(path).items():
            if name == "bundle.json" or name.startswith("root/"):
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        yield Path(folder)
