"""S3 URIs among a program's arguments, made local folders: what is there is downloaded before, what is new uploaded
after. The managed Spark image reads and writes S3 by itself; the Spark of PyPI cannot.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.local.jobs.job import JobFailure
from pipeline.local.objects import Objects

_URI = re.compile(r"s3[an]?://([^\s,;\"'/]+)(/[^\s,;\"']*)?")
_GLOB = re.compile(r"[*?\[{]")


class S3Arguments:
    """The URIs that were met, as paths below `folder`: bucket first, then the key."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        self._folder, self._objects = folder, objects
        self._uris: set[str] = set()
        self._before: dict[Path, tuple[int, int]] = {}

    def localize(self, text: str) -> str:
        """The text with local paths in the URIs' places."""

        def local(found: re.Match[str]) -> str:
            bucket, key = found[1], found[2] or ""
            if ".." in (bucket, *key.split("/")):
                raise JobFailure(f"{found[0]} cannot be a path of a file")
            self._uris.add(f"s3://{bucket}{key}")
            return f"{self._folder / bucket}{key}"

        return _URI.sub(local, text)

    def restore(self, text: str) -> str:
        """A text that a program said, with the URIs in the local paths' places."""
        return re.sub(rf"(file:(//)?)?{re.escape(str(self._folder))}/", "s3://", text)

    def download(self) -> None:
        """Gets the objects at and below each URI; raises JobFailure for a bucket that is not there."""
        for uri in sorted(self._uris):
            base = uri[: found.start()] if (found := _GLOB.search(uri)) else uri
            for source in self._objects.keys(base):
                path = self._path(source)
                if (found or source == uri or source.startswith(uri.rstrip("/") + "/")) and not path.exists():
                    self._objects.fetch(source, path)
            # What a program writes has a folder to go to.
            self._path(base.rstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        self._before = self._files()

    def new(self) -> list[str]:
        """The URIs of what is to be uploaded and was not there before."""
        return [self._uri(path) for path in sorted(self._files().keys() - self._before.keys())]

    def upload(self) -> None:
        """Puts what is new or changed, and removes the objects whose files are gone."""
        after = self._files()
        for path in sorted(after):
            if self._before.get(path) != after[path]:
                self._objects.upload(path, self._uri(path))
        for path in sorted(self._before.keys() - after.keys()):
            self._objects.delete(self._uri(path))

    def size(self) -> int:
        """Bytes that were downloaded."""
        return sum(size for size, _ in self._before.values())

    def _files(self) -> dict[Path, tuple[int, int]]:
        found = {path: path.stat() for path in self._folder.rglob("*") if path.is_file() and not is_checksum(path)}
        return {path: (status.st_size, status.st_mtime_ns) for path, status in found.items()}

    def _path(self, uri: str) -> Path:
        return self._folder / uri.removeprefix("s3://")

    def _uri(self, path: Path) -> str:
        return f"s3://{path.relative_to(self._folder).as_posix()}"


def is_checksum(path: Path) -> bool:
    """Whether a file is what Hadoop writes beside another on a local disk, `.NAME.crc`, and never on S3."""
    name = path.name
    return name.startswith(".") and name.endswith(".crc") and path.with_name(name[1:-4]).exists()
