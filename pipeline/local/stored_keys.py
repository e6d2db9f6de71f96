"""moto's S3 objects with their content in files, so that memory holds none of it and a killed service loses none.

What moto keeps of an object besides, its name, headers and versions, stays moto's.
"""

from __future__ import annotations

import hashlib
import mmap
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from moto.s3 import (
    models,
    responses,  # noqa: F401 - takes moto's own classes by name, so before they are replaced
)
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """An object's bytes: a file that nobody changes any more."""

    path: Path
    size: int

    def __len__(self) -> int:
        return self.size


class StoredKey(models.FakeKey):  # type: ignore[misc]
    """An object, a version of one, or a part of an upload."""

    folder: Path
    content: Content
    _etag: str | None

    @property
    def value(self) -> bytes:
        """The whole content."""
        return self.content.path.read_bytes()

    @value.setter
    def value(self, new: bytes | str | Content) -> None:
        # moto's own buffer, made just before.
        self._value_buffer.close()
        if not isinstance(new, Content):
            data = new.encode() if isinstance(new, str) else new
            with _new_file(self.folder) as file:
                file.write(data)
            new = Content(Path(file.name), len(data))
            if self._etag is None:
                self._etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self.content = new
        self.contentsize = len(new)

    def __deepcopy__(self, memo: dict[int, Any]) -> StoredKey:
        """moto copies what it lists; the content is shared."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def dispose(self, garbage: bool = False) -> None:
        """Parts of an upload go at once; an object's file goes when the index no longer names it."""
        if isinstance(self.name, int) and not garbage:
            self.content.path.unlink(missing_ok=True)
        self.disposed = True


class StoredMultipart(models.FakeMultipart):  # type: ignore[misc]
    """An upload in parts, put together without being held in memory."""

    def complete(self, body: Iterable[tuple[int, str]]) -> tuple[Content, str, tuple[str, str, int]]:
        """Content, ETag and checksum of the object; the parts are gone afterwards."""
        parts = [self._part(number, etag) for number, etag in body]
        if not parts:
            raise MalformedXML
        if any(part.contentsize < models.S3_UPLOAD_PART_MIN_SIZE for part in parts[:-1]):
            raise EntityTooSmall
        with _new_file(StoredKey.folder) as whole:
            for part in parts:
                with part.content.path.open("rb") as source:
                    shutil.copyfileobj(source, whole, _BLOCK)
        content = Content(Path(whole.name), sum(part.contentsize for part in parts))
        digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
        checksum = self._checksum(parts, content)
        self.dispose()
        self.parts.clear()
        self.partlist.clear()
        return content, etag, checksum

    def _part(self, number: int, etag: str) -> StoredKey:
        part = self.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise InvalidPart
        found: StoredKey = part
        return found

    def _checksum(self, parts: list[StoredKey], content: Content) -> tuple[str, str, int]:
        """Kind, value and number of parts, as the upload asked for; by S3's defaults where it did not."""
        algorithm = self.metadata.get("x-amz-checksum-algorithm") or "CRC64NVME"
        default = "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE"
        kind = self.metadata.get("x-amz-checksum-type") or default
        if kind == "COMPOSITE":
            of_parts = (models.compute_checksum(part.value, algorithm, encode_base64=False) for part in parts)
            return kind, models.compute_checksum(b"".join(of_parts), algorithm).decode(), len(parts)
        return kind, _checksum(content, algorithm), 1


def checksum_copy(key: StoredKey | None) -> None:
    """Gives a copy a checksum of its own: moto hands on its original's, which may be one of parts."""
    if key is not None and key.checksum_value:
        key.checksum_value = _checksum(key.content, key.checksum_algorithm)


@contextmanager
def stored_in(folder: Path) -> Iterator[None]:
    """While it is entered, moto's S3 keeps contents in files of this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    StoredKey.folder = folder
    before = models.FakeKey, models.FakeMultipart
    models.FakeKey, models.FakeMultipart = StoredKey, StoredMultipart
    try:
        yield
    finally:
        models.FakeKey, models.FakeMultipart = before


def _checksum(content: Content, algorithm: str) -> str:
    """The checksum of the whole content, in base64."""
    if not content.size:
        return str(models.compute_checksum(b"", algorithm).decode())
    with content.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return str(models.compute_checksum(mapped, algorithm).decode())


@contextmanager
def _new_file(folder: Path) -> Iterator[BinaryIO]:
    """A file to be written; it goes again where that fails, so that a disk that is full is not filled by halves."""
    path = folder / uuid.uuid4().hex
    try:
        with path.open("wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
