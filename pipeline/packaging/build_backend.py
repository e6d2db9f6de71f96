"""A wheel of the folder that this file stands in, made with the standard library alone.

It travels in the model archive: where pip installs the scorer, there may be no network to fetch a builder from.
Source: PEP 517, PEP 427.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

NAME = "inference_pipeline_scorer"
FOLDER = Path(__file__).parent
SOURCES = ("inference.py", "pipeline/**/*.py", "pipeline/native/*.so")


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Writes the wheel and returns its file name, as pip asks for it."""
    version = (FOLDER / "version.txt").read_text(encoding="utf-8").strip()
    info = f"{NAME}-{version}.dist-info"
    files = {
        file.relative_to(FOLDER).as_posix(): file.read_bytes()
        for pattern in SOURCES
        for file in sorted(FOLDER.glob(pattern))
    }
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n".encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: inference-pipeline\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    name = f"{NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
