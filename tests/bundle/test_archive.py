"""Archives that are broken, hostile or no archives: refused as such, with nothing written and nothing run."""

from __future__ import annotations

import contextlib
import io
import os
import random
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import model_cases
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.bundle import archive, read_bundle
from pipeline.bundle.archive import read_files
from pipeline.bundle.pack import write_files
from pipeline.errors import BundleError

OUTSIDE = [
    "../evil", "a/../../evil", "/etc/evil", "..\\evil", "a\\..\\..\\evil", "\\\\host\\share\\evil", "C:\\evil",
    "c:evil", "..", "a/..",
]  # fmt: skip


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One bundle as zip, tar.gz and tar."""
    folder = tmp_path_factory.mktemp("valid")
    files = model_cases.bundle_files()
    made = {form: write_files(files, folder / f"b.{form}").read_bytes() for form in ("zip", "tar.gz")}
    return {**made, "tar": _tar([_entry(name, content) for name, content in files.items()], "w")}


@pytest.fixture(autouse=True)
def _nothing_is_written_and_it_ends_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 20
    assert not list(home.rglob("*"))
    assert not list(tmp_path.rglob("*evil*"))


def _refused(path: Path, message: str | None = None) -> None:
    with pytest.raises(BundleError, match=message):
        read_files(path)


def _zip(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def _entry(name: str, content: bytes = b"x", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as file:  # type: ignore[call-overload]
        for info, content in entries:
            file.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar"])
def test_a_whole_archive_is_read(form: str, valid: dict[str, bytes], tmp_path: Path) -> None:
    assert read_files(_put(tmp_path / f"b.{form}", valid[form])) == model_cases.bundle_files()


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
@settings(max_examples=150, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
@example(share=0.0)
def test_an_archive_that_is_cut_off_is_refused(
    form: str, share: float, valid: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = valid[form]
    _refused(_put(tmp_path_factory.getbasetemp() / f"cut.{form}", whole[: int(len(whole) * share)]))


def test_a_tar_cut_inside_its_entries_is_refused(valid: dict[str, bytes], tmp_path: Path) -> None:
    whole = valid["tar"]
    complete = model_cases.bundle_files()
    for cut in range(0, len(whole), 100):
        path = _put(tmp_path / "cut.tar", whole[:cut])
        try:
            # A tar has no end but two empty blocks: what is cut between entries reads as a shorter tar.
            assert read_files(path).items() <= complete.items()
        except BundleError:
            continue


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar"])
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_an_archive_with_changed_bytes_is_read_or_refused(
    form: str, seed: int, valid: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(valid[form])
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    with contextlib.suppress(BundleError):
        read_bundle(_put(tmp_path_factory.getbasetemp() / f"changed.{form}", bytes(changed)))


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_outside_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    _refused(_zip(tmp_path / "b.zip", [("bundle.json", b"{}"), (name, b"x")]), "outside itself")
    _refused(_put(tmp_path / "b.tar.gz", _tar([_entry("bundle.json"), _entry(name)])), "outside itself")


@pytest.mark.parametrize("name", ["../evil/", "/evil/", "C:\\evil\\"])
def test_a_folder_outside_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    _refused(_zip(tmp_path / "b.zip", [(name, b"")]), "outside itself")
    _refused(_put(tmp_path / "b.tar", _tar([_entry(name, b"", type=tarfile.DIRTYPE)], "w")), "outside itself")


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    content = _zip(tmp_path / "b.zip", [("bundle.jsonXevil", b"{}")]).read_bytes()
    _refused(_put(tmp_path / "b.zip", content.replace(b"jsonXevil", b"json\0evil")))
    pax = _entry("long", b"27 path=bundle.json\0evil1234\n", type=tarfile.XHDTYPE)
    _refused(_put(tmp_path / "b.tar", _tar([pax, _entry("bundle.json")], "w")))


@pytest.mark.parametrize("target", ["../evil", "/etc/passwd", "bundle.json"])
def test_a_link_in_a_zip_is_refused(target: str, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("root")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    _refused(_zip(tmp_path / "b.zip", [("bundle.json", b"{}"), (link, target.encode())]), "link")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_a_link_or_device_in_a_tar_is_refused(kind: bytes, tmp_path: Path) -> None:
    special = _entry("root", b"", type=kind, linkname="bundle.json")
    _refused(_put(tmp_path / "b.tar.gz", _tar([_entry("bundle.json"), special])), "link or device")


def test_a_folder_with_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    for name, make in (("file", _link_to_file), ("folder", _link_to_folder), ("pipe", os.mkfifo)):
        folder = tmp_path / name
        (folder / "root").mkdir(parents=True)
        (folder / "bundle.json").write_text("{}")
        make(folder / "root" / "x")
        _refused(folder, "link|device")


def _link_to_file(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _link_to_folder(path: Path) -> None:
    path.symlink_to("/etc", target_is_directory=True)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["bundle.json", "./bundle.json", "bundle.json/.", ".//bundle.json"])
def test_a_name_that_stands_twice_is_refused(second: str, tmp_path: Path) -> None:
    _refused(_zip(tmp_path / "b.zip", [("bundle.json", b"{}"), (second, b"[]")]), "twice")
    _refused(_put(tmp_path / "b.tar.gz", _tar([_entry("bundle.json"), _entry(second)])), "twice")


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_a_bomb_is_refused_before_it_is_unpacked(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_files({"a": bytes(8 << 20), "b": bytes(8 << 20)}, tmp_path / f"bomb.{form}")
    assert len(read_files(path)["a"]) == 8 << 20
    monkeypatch.setattr(archive, "RATIO_FROM", 1 << 20)
    _refused(path, "refused as a bomb")
    monkeypatch.setattr(archive, "MAX_BYTES", 9 << 20)
    monkeypatch.setattr(archive, "MAX_RATIO", 1 << 40)
    _refused(path, "unpacks to more than")


def test_a_bomb_in_a_tars_own_headers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FROM", 1 << 20)
    bomb = _entry("long", bytes(16 << 20), type=tarfile.XHDTYPE)
    _refused(_put(tmp_path / "b.tar.gz", _tar([bomb, _entry("bundle.json")])), "refused as a bomb")


def test_a_sparse_file_in_a_tar_cannot_swell(tmp_path: Path) -> None:
    info, content = _entry("bundle.json", b"x" * 512, type=tarfile.GNUTYPE_SPARSE)
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for at, number in ((386, 0), (398, 512), (483, (1 << 33) - 1)):
        block[at : at + 12] = b"%011o\0" % number
    block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
    _refused(_put(tmp_path / "b.tar", bytes(block) + content + bytes(1024)), "unpacks to more")


def test_a_wrong_checksum_at_the_end_of_a_gzip_is_refused(valid: dict[str, bytes], tmp_path: Path) -> None:
    changed = bytearray(valid["tar.gz"])
    changed[-8] ^= 1
    _refused(_put(tmp_path / "b.tar.gz", bytes(changed)), "CRC")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_is_stored_or_deflated(method: int, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("bundle.json")
    info.compress_type = method
    _refused(_zip(tmp_path / "b.zip", [(info, b"{}")]), "neither stored nor deflated")


@pytest.mark.parametrize("form", ["zip", "tar.gz", "folder"])
def test_too_many_files_are_refused(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_files(
        {str(number): b"" for number in range(11)}, tmp_path / ("b" if form == "folder" else f"b.{form}")
    )
    monkeypatch.setattr(archive, "MAX_ENTRIES", 11)
    assert len(read_files(path)) == 11
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    _refused(path, "more than 10 files")


def test_too_many_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    _refused(_zip(tmp_path / "b.zip", [(f"{number}/", b"") for number in range(11)]), "more than 10")
    folders = [_entry(str(number), b"", type=tarfile.DIRTYPE) for number in range(11)]
    _refused(_put(tmp_path / "b.tar.gz", _tar(folders)), "more than 10")


@pytest.mark.parametrize("claim", [1, 1 << 30, 0xFFFFFFFF])
def test_a_zip_that_lies_about_a_size_is_refused(claim: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FROM", 1 << 20)
    content = bytearray(_zip(tmp_path / "b.zip", [("bundle.json", bytes(5 << 20))]).read_bytes())
    central = content.rfind(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<I", claim)
    _refused(_put(tmp_path / "b.zip", bytes(content)))


def test_a_tar_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    info, content = _entry("bundle.json", b"x" * 1000)
    whole = bytearray(_tar([(info, content)], "w"))
    info.size = 1 << 40
    whole[:512] = info.tobuf(tarfile.GNU_FORMAT)[:512]
    _refused(_put(tmp_path / "b.tar", bytes(whole)))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(_zip(tmp_path / "b.zip", [("bundle.json", b"{}")]).read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    _refused(_put(tmp_path / "b.zip", bytes(content)), "password|encrypted")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"x" * 100, b"{}", b"\x7fELF" + bytes(600)]
)
@pytest.mark.parametrize("name", ["b.zip", "b.tar.gz", "b.tar", "b"])
def test_what_is_no_archive_is_refused(content: bytes, name: str, tmp_path: Path) -> None:
    _refused(_put(tmp_path / name, content), "neither a zip|broken")


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "nowhere.zip", "nowhere.zip cannot be read")


@pytest.mark.parametrize("make", [lambda path: path / "b.zip", lambda path: path / "b.tar.gz", lambda path: path / "b"])
def test_an_archive_without_a_bundle_says_so(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write_files({"other/bundle.json": b"{}"}, make(tmp_path))
    with pytest.raises(BundleError, match=r"no bundle\.json at the top"):
        read_bundle(path)
