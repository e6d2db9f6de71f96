"""A container's paths on this machine: what is below /opt/ml there is below a job's folder here."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pipeline.local.jobs.job import JobFailure

_ROOT = PurePosixPath("/opt/ml")
# A path that starts a text, or comes after what separates it from a name, as in --input=/opt/ml/processing/input.
_MENTION = re.compile(r"(?<![\w.\-/])(file://)?/opt/ml(?=[/,;:=\s\"']|$)")


def local_path(folder: Path, path: str) -> Path:
    """The local path of a container's; raises JobFailure for one that is not below /opt/ml."""
    parts = PurePosixPath(path)
    if not parts.is_relative_to(_ROOT) or ".." in parts.parts:
        raise JobFailure(f"ClientError: LocalPath {path} is not below {_ROOT}", hint="only that is mapped here")
    return folder.joinpath(*parts.parts[1:])


def localize(folder: Path, text: str) -> str:
    """A text, such as a program's argument, with the container's paths in it made local."""
    return _MENTION.sub(lambda found: f"{found[1] or ''}{folder}{_ROOT}", text)
