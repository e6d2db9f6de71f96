"""The files of a bundle or model archive, read from a zip, a tar.gz or a folder into memory, safely.

Nothing is unpacked to disk. Refused: absolute names and `..`, links and devices, names that stand twice, too
many or too large entries, and archives that blow up when unpacked.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Dict, Iterable, Iterator, Tuple, TypeVar, Union

from pipeline.errors import BundleError

Files = Dict[str, bytes]

MAX_ENTRIES = 200_000
MAX_BYTES = 4 << 30
# Text compresses well, but not a thousand times; small archives may.
MAX_RATIO, RATIO_FROM = 300, 64 << 20
_CHUNK = 1 << 20

# What Python's readers raise over damaged bytes.
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def read_files(path: Union[str, Path]) -> Files:
    """All files below a zip, a tar (gzip'd or not) or a folder, by their POSIX names; raises BundleError."""
    path = Path(path)
    try:
        if path.is_dir():
            return _collect(_limited(_folder(path)), 0)
        with path.open("rb") as stream:
            head = stream.read(4)
        size = path.stat().st_size
        if head == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                return _collect(_zip(archive), size)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as stream:
                return _collect(_tar(_Metered(stream, size)), size)
        if path.suffix == ".tar":
            with path.open("rb") as stream:
                return _collect(_tar(_Metered(stream, size)), size)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    except _BROKEN as error:
        raise BundleError(f"{path} is broken or cut off: {error}") from error
    raise BundleError(f"{path} is neither a zip, a tar.gz nor a folder")


Entry = Tuple[str, int, IO[bytes]]


def _collect(entries: Iterator[Entry], packed: int) -> Files:
    files: Files = {}
    total = 0
    for name, size, stream in entries:
        key = _safe(name)
        if key in files:
            raise BundleError(f"the name {name!r} stands twice in the archive")
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


_T = TypeVar("_T")


def _limited(entries: Iterable[_T]) -> Iterator[_T]:
    for count, entry in enumerate(entries):
        if count >= MAX_ENTRIES:
            raise BundleError(f"more than {MAX_ENTRIES:,} files and folders in the archive")
        yield entry


def _safe(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or (path.parts and ":" in path.parts[0]):
        raise BundleError(f"the archive names a file outside itself: {name!r}")
    return str(path)


def _zip(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for info in _limited(archive.infolist()):
        # As it stands in the file: zipfile itself drops what follows a NUL.
        name = info.orig_filename
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BundleError(f"the archive holds a link: {name!r}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError(f"the archive's entry {name!r} is neither stored nor deflated")
        if name.endswith("/"):
            _safe(name)
            continue
        with archive.open(info) as stream:
            yield name, info.file_size, stream


class _Metered:
    """A stream that counts what is unpacked, a tar's own headers too, and refuses a bomb while it is read."""

    def __init__(self, stream: io.BufferedIOBase, packed: int) -> None:
        self._stream = stream
        self._packed = packed
        self._total = 0

    def read(self, size: int) -> bytes:
        part = self._stream.read(size)
        self._total += len(part)
        _bounded(self._total, self._packed)
        return part


def _tar(stream: _Metered) -> Iterator[Entry]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for info in _limited(archive):
            if info.isdir():
                _safe(info.name)
                continue
            if not info.isreg():
                raise BundleError(f"the archive holds a link or device: {info.name!r}")
            content = archive.extractfile(info)
            assert content is not None
            yield info.name, info.size, content
    # To the very end, where gzip keeps its checksum.
    while stream.read(_CHUNK):
        pass


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
