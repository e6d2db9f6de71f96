"""MurmurHash3 against Spark's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.operators.text.murmur3 import SEED, hash_bytes, hash_bytes_legacy, hash_words


@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0),
        (b"", 1, 0x514E28B7),
        (b"test", 0, 0xBA6BD213 - (1 << 32)),
        (b"Hello, world!", 0, 0xC0363E43 - (1 << 32)),
    ],
)
def test_hash_bytes_is_the_published_hash(data: bytes, seed: int, expected: int) -> None:
    assert hash_bytes(data, seed) == expected


def test_both_hashes_are_sparks(spark: Any) -> None:
    hasher = spark._jvm.org.apache.spark.unsafe.hash.Murmur3_x86_32
    offset = spark._jvm.org.apache.spark.unsafe.Platform.BYTE_ARRAY_OFFSET
    source = np.random.default_rng(3)
    for size in range(13):
        data = source.bytes(size)
        assert hash_bytes(data) == hasher.hashUnsafeBytes2(data, offset, size, SEED)
        assert hash_bytes_legacy(data) == hasher.hashUnsafeBytes(data, offset, size, SEED)


def test_the_hashes_differ_in_what_follows_the_last_whole_word() -> None:
    assert hash_bytes(b"abcd") == hash_bytes_legacy(b"abcd")
    assert hash_bytes(b"abcde") != hash_bytes_legacy(b"abcde")


@given(
    few=st.lists(st.binary(max_size=20), max_size=80), long=st.lists(st.binary(min_size=250, max_size=1000), max_size=3)
)
def test_many_words_are_hashed_as_each_one_is(few: list[bytes], long: list[bytes]) -> None:
    for words in (few, [*few, *long] * 4, [bytes([255]) * size for size in range(300)]):
        assert hash_words(words).tolist() == list(map(hash_bytes, words))
        assert hash_words(words, legacy=True).tolist() == list(map(hash_bytes_legacy, words))
