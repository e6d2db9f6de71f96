"""The files of a bundle or model archive, read from a zip, a tar.gz or a folder into memory, safely.

Nothing is unpacked to disk. Refused: absolute names and `..`, links and devices, names that stand twice, too
many or too large entries, and archives that blow up when unpacked.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Dict, Iterator, Tuple, Union

from pipeline.errors import BundleError

Files = Dict[str, bytes]

MAX_ENTRIES = 200_000
MAX_BYTES = 4 << 30
# Text compresses well, but not a thousand times; small archives may.
MAX_RATIO, RATIO_FROM = 300, 64 << 20
_CHUNK = 1 << 20


def read_files(path: Union[str, Path]) -> Files:
    """All files below a zip, a tar (gzip'd or not) or a folder, by their POSIX names; raises BundleError."""
    path = Path(path)
    try:
        if path.is_dir():
            return _collect(_folder(path), 0)
        with path.open("rb") as stream:
            head = stream.read(4)
        size = path.stat().st_size
        if head == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                return _collect(_zip(archive), size)
        if head[:2] == b"\x1f\x8b" or path.suffix == ".tar":
            with tarfile.open(path, "r:*") as archive:
                return _collect(_tar(archive), size)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise BundleError(f"{path} is broken or cut off: {error}") from error
    raise BundleError(f"{path} is neither a zip, a tar.gz nor a folder")


Entry = Tuple[str, int, "io.BufferedIOBase"]


def _collect(entries: Iterator[Entry], packed: int) -> Files:
    files: Files = {}
    total = 0
    for name, size, stream in entries:
        key = _safe(name)
        if key in files:
            raise BundleError(f"the name {name!r} stands twice in the archive")
        if len(files) >= MAX_ENTRIES:
            raise BundleError(f"more than {MAX_ENTRIES:,} files in the archive")
        _bounded(total + size, packed)
        # The declared size is only a claim: what is really there is counted too.
        parts = []
        while part := stream.read(_CHUNK):
            total += len(part)
            _bounded(total, packed)
            parts.append(part)
        files[key] = b"".join(parts)
    return files


def _bounded(total: int, packed: int) -> None:
    if total > MAX_BYTES:
        raise BundleError(f"the archive unpacks to more than {MAX_BYTES >> 30} GiB")
    if packed and total > RATIO_FROM and total > packed * MAX_RATIO:
        raise BundleError(f"the archive unpacks to more than {MAX_RATIO} times its size: refused as a bomb")


def _safe(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or (path.parts and ":" in path.parts[0]):
        raise BundleError(f"the archive names a file outside itself: {name!r}")
    return str(path)


def _zip(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise BundleError(f"the archive holds a link: {info.filename!r}")
        if info.is_dir():
            _safe(info.filename)
            continue
        with archive.open(info) as stream:
            yield info.filename, info.file_size, stream  # type: ignore[misc]


def _tar(archive: tarfile.TarFile) -> Iterator[Entry]:
    for info in archive:
        if info.isdir():
            _safe(info.name)
            continue
        if not info.isreg():
            raise BundleError(f"the archive holds a link or device: {info.name!r}")
        stream = archive.extractfile(info)
        assert stream is not None
        yield info.name, info.size, stream  # type: ignore[misc]


def _folder(root: Path) -> Iterator[Entry]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names) + folders:
            file = Path(folder) / name
            if file.is_symlink():
                raise BundleError(f"the folder holds a link: {file.relative_to(root)}")
        for name in sorted(names):
            file = Path(folder) / name
            if not file.is_file():
                raise BundleError(f"the folder holds a device: {file.relative_to(root)}")
            with file.open("rb") as stream:
                yield file.relative_to(root).as_posix(), file.stat().st_size, stream
