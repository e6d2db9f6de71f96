"""docker/Dockerfile as its instructions, and its build stage by hand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests_paths import ROOT

Instruction = tuple[str, str]


def read_instructions() -> list[Instruction]:
    """Each instruction's word, and the rest of its line."""
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", plain).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def build(folder: Path) -> Path:
    """Follows the first stage's COPY and RUN in a folder; returns what stands for /opt/scorer."""
    source, scorer = folder / "source", folder / "opt" / "scorer"
    source.mkdir()
    stages = 0
    for word, rest in read_instructions():
        stages += word == "FROM"
        if stages > 1:
            break
        if word == "COPY":
            *names, target = rest.split()
            for name in names:
                _copy(ROOT / name, source / target)
        elif word == "RUN":
            command = rest.replace("/opt/scorer", str(scorer)).replace("python -m", f"{sys.executable} -m")
            subprocess.run(["sh", "-c", command], cwd=source, check=True)
    return scorer


def _copy(source: Path, target: Path) -> None:
    """As Docker copies: of a folder what is in it, without what Dockerfile.dockerignore leaves out."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    else:
        target.mkdir(exist_ok=True)
        shutil.copy(source, target)
