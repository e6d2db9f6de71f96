"""Class-data sharing for Spark's JVM: starting it costs half when its classes are mapped from an archive.

The archive is made by the first run and kept in the user's cache; a JVM that does not match it ignores it.
Source: JDK 17, `java -XX:ArchiveClassesAtExit`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from pipeline.cache import cache_folder


class ClassData:
    """The archive of one Java and one pyspark: `options` are the JVM's that runs inside `gathering`.

    Where no archive can be made, `options` is empty and the JVM starts as ever.
    """

    def __init__(self, java_home: Path) -> None:
        cache = cache_folder("class-data")
        key = f"java-{_release(java_home)}-pyspark-{version('pyspark')}"
        self._base, self._classes = cache / f"{key}.base.jsa", cache / f"{key}.jsa"
        self._made = cache / f".{key}.{os.getpid()}"
        self.options = self._options(java_home)

    @contextlib.contextmanager
    def gathering(self) -> Iterator[None]:
        """Puts what a JVM gathers where the next one finds it, if it ends well."""
        try:
            yield
            with contextlib.suppress(OSError):
                self._made.replace(self._classes)
        finally:
            with contextlib.suppress(OSError):
                self._made.unlink()

    def _options(self, java_home: Path) -> list[str]:
        quiet = ["-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr"]
        # The JVM names two archives with a colon between them.
        if ":" in str(self._classes):
            return []
        try:
            self._base.parent.mkdir(parents=True, exist_ok=True)
            if not self._base.exists():
                _make_base(java_home, self._base)
        except (OSError, subprocess.SubprocessError):
            return []
        if self._classes.exists():
            return [f"-XX:SharedArchiveFile={self._base}:{self._classes}", *quiet]
        return [f"-XX:SharedArchiveFile={self._base}", f"-XX:ArchiveClassesAtExit={self._made}", *quiet]


def _release(java_home: Path) -> str:
    """The exact build of a Java, of which an archive is a part."""
    content = (java_home / "release").read_bytes() if (java_home / "release").exists() else str(java_home).encode()
    return hashlib.sha256(content + str(java_home).encode()).hexdigest()[:16]


def _make_base(java_home: Path, base: Path) -> None:
    """Java from PyPI comes without the archive of the JDK's own classes."""
    made = base.with_name(f".{base.name}.{os.getpid()}")
    command = [str(java_home / "bin" / "java"), "-Xshare:dump", f"-XX:SharedArchiveFile={made}"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    made.replace(base)
