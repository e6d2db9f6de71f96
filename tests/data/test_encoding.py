"""The marks that tell another encoding than UTF-8."""

from __future__ import annotations

import pytest

from pipeline.data.encoding import check_encoding
from pipeline.errors import DataError


@pytest.mark.parametrize(
    ("codec", "problem"),
    [
        ("utf-8-sig", "it starts with a byte order mark"),
        ("utf-16", "it is UTF-16, not UTF-8"),
        ("utf-32", "it is UTF-32, not UTF-8"),
    ],
)
def test_text_with_a_byte_order_mark_is_refused(codec: str, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        check_encoding("M,1\n".encode(codec), "rows.csv")
    assert caught.value.message == f"rows.csv: {problem}"
    assert caught.value.hint == "save it as UTF-8 without a byte order mark"


@pytest.mark.parametrize(
    ("head", "words"), [(b"\xfe\xff\x00M", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16")]
)
def test_either_byte_order_is_known(head: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        check_encoding(head)


@pytest.mark.parametrize("text", ["", "M", "größe", "\ufefe", "M\ufeff"])
def test_plain_utf8_passes(text: str) -> None:
    check_encoding(text.encode())
