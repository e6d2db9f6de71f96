"""Whether this environment has what an image's requirements.txt asks for."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from pipeline.errors import RequirementError

FILE = "requirements.txt"


def check_packages(source: Path) -> None:
    """Raises RequirementError for packages that are not here, or in another version.

    Nothing is installed. Lines that are no name and version (options, URLs, paths) are not looked at.
    """
    file = source / FILE
    if not file.is_file():
        return
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    problems = [f"{file}, line {number}: {problem}" for number, line in lines if (problem := _problem(line))]
    if problems:
        raise RequirementError("\n".join(problems), hint=f"pip install -r {file}, into the environment of this command")


def _problem(line: str) -> str | None:
    from packaging.requirements import InvalidRequirement, Requirement

    asked = line.partition(" #")[0].strip()
    if not asked or asked.startswith(("#", "-", ".", "/")) or "://" in asked:
        return None
    try:
        requirement = Requirement(asked)
    except InvalidRequirement:
        return f"{asked!r} is no requirement"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed here"
    if not requirement.specifier.contains(found, prereleases=True):
        return f"{requirement} is asked for, {found} is installed here"
    return None
