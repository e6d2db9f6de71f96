"""Files written as zip, tar.gz or folder: the same files are the same bytes, and appear whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, Union

from pipeline.errors import BundleError

FORMS = ("zip", "tar.gz", "folder")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can say


def form_of(path: Union[str, Path]) -> str:
    """The form that a path's name asks for: .zip, .tar.gz or .tgz, else a folder."""
    name = str(path).lower()
    if name.endswith(".zip"):
        return "zip"
    return "tar.gz" if name.endswith((".tar.gz", ".tgz")) else "folder"


def write_files(files: Dict[str, bytes], path: Union[str, Path]) -> Path:
    """Writes the files to `path` in the form of its name, replacing an archive that is there.

    A folder must be new or empty, so that nothing of the user's is lost.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    form = form_of(path)
    if form == "folder":
        return _write_folder(files, path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            (_write_zip if form == "zip" else _write_tar)(files, stream)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
    return path


def _write_zip(files: Dict[str, bytes], stream: "io.BufferedWriter") -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])


def _write_tar(files: Dict[str, bytes], stream: "io.BufferedWriter") -> None:
    packed = gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0)
    with packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size = len(files[name])
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(files[name]))


def _write_folder(files: Dict[str, bytes], path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BundleError(f"{path} is there already", hint="name a new or empty folder, a .zip or a .tar.gz")
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name, content in files.items():
            file = work / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        work.chmod(0o755)
        work.replace(path)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return path
