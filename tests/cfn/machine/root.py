"""A clean Debian 12 in a folder, which reaches the package registries the way this machine does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

RELEASE = "bookworm"
HERE = Path(__file__).parent
# What this machine tells pip by variables goes into the root too.
PASSED = re.compile(r"(PIP_\w+|\w+_proxy|\w+_PROXY)")


def make_root(folder: Path) -> None:
    """debootstrap from this machine's mirror, and its way to packages: apt's sources, pip's settings, certificates."""
    mirror = re.search(r"^(?:URIs:|deb(?: \[.*?\])?) +(\S+)", _sources(), re.MULTILINE)
    command = ["debootstrap", "--variant=minbase", RELEASE, str(folder), *([mirror[1]] if mirror else [])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=900)
    (folder / "etc/apt/sources.list").unlink(missing_ok=True)
    for name in ("sources.list", "sources.list.d", "auth.conf.d", "trusted.gpg.d"):
        _copy(Path("/etc/apt") / name, folder / "etc/apt" / name)
    for file in Path("/etc/apt/apt.conf.d").glob("*"):
        if "Acquire::" in file.read_text() and "Languages" not in file.read_text():
            _copy(file, folder / "etc/apt/apt.conf.d" / file.name)
    for name in ("resolv.conf", "pip.conf"):
        _copy(Path("/etc") / name, folder / "etc" / name)
    _copy(Path("/usr/local/share/ca-certificates"), folder / "usr/local/share/ca-certificates")
    _copy(Path("/etc/ssl/certs/ca-certificates.crt"), folder / "etc/ssl/host.crt")
    _copy(Path(os.environ.get("PIP_FIND_LINKS", "/nowhere")), folder / os.environ.get("PIP_FIND_LINKS", "/nowhere")[1:])
    # A package must not start what it brings.
    _write(folder / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    shutil.copy(HERE / "systemctl.py", folder / "usr/local/bin/systemctl")
    shutil.copy(HERE / "aws.sh", folder / "usr/local/bin/aws")
    for name in ("systemctl", "aws"):
        (folder / "usr/local/bin" / name).chmod(0o755)


def passed_variables() -> dict[str, str]:
    """The variables by which this machine's pip and its like find their way."""
    found = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
    return found | {"PIP_CERT": "/etc/ssl/host.crt"}


def _sources() -> str:
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("debian*"))]
    return "\n".join(file.read_text() for file in files if file.is_file())


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*disabled*"))
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target, follow_symlinks=True)


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
