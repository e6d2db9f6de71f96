"""MurmurHash3 (x86, 32 bit) as Spark hashes text."""

from __future__ import annotations

import struct
from typing import Any, Sequence, Tuple

import numpy as np

# Spark's seed in HashingTF and FeatureHasher, and so the hash of a null.
SEED = 42

_MASK = 0xFFFFFFFF
_FINISH: Sequence[Tuple[int, int]] = ((16, 0x85EBCA6B), (13, 0xC2B2AE35))

# Fewer words are hashed sooner one by one, and so are longer ones, in bytes.
_FEW, _LONG = 32, 256


def hash_bytes(data: bytes, seed: int = SEED) -> int:
    """The signed 32-bit hash of bytes, MurmurHash3_x86_32 as published.

    Source: org.apache.spark.unsafe.hash.Murmur3_x86_32.hashUnsafeBytes2, which Spark ML uses from 3.0 on.
    """
    whole = len(data) & ~3
    hashed = _blocks(data, whole, seed)
    if whole < len(data):
        hashed ^= _mixed(int.from_bytes(data[whole:], "little"))
    return _finished(hashed, len(data))


def hash_bytes_legacy(data: bytes, seed: int = SEED) -> int:
    """The signed 32-bit hash of bytes as Spark ML 2 had it: each byte after the last whole word is a block.

    Source: org.apache.spark.unsafe.hash.Murmur3_x86_32.hashUnsafeBytes.
    """
    whole = len(data) & ~3
    hashed = _blocks(data, whole, seed)
    for byte in data[whole:]:
        signed = byte - 256 if byte > 127 else byte
        hashed = _stirred(hashed, signed & _MASK)
    return _finished(hashed, len(data))


def hash_words(words: Sequence[bytes], legacy: bool = False) -> "np.ndarray[Any, Any]":
    """The hash of each word, int64: as hash_bytes has it, or hash_bytes_legacy."""
    one = hash_bytes_legacy if legacy else hash_bytes
    if len(words) < _FEW:
        return np.array([one(word) for word in words], dtype=np.int64)
    hashes = _hashes(words, legacy)
    # A step a block: for few words at a time that is slow.
    for place, word in enumerate(words):
        if len(word) > _LONG:
            hashes[place] = one(word)
    return hashes


def _hashes(words: Sequence[bytes], legacy: bool) -> "np.ndarray[Any, Any]":
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    starts = np.cumsum(lengths) - lengths
    content = b"".join(words) + bytes(4)
    # The four bytes from each place on.
    fours: "np.ndarray[Any, Any]" = np.ndarray(len(content) - 3, dtype="<u4", buffer=content, strides=(1,))
    counts = np.where(lengths > _LONG, 0, lengths >> 2)
    hashed = np.full(len(words), SEED, dtype=np.uint32)
    rows = np.arange(len(words))
    for step in range(int(counts.max())):
        rows = rows[counts[rows] > step]
        hashed[rows] = _stirred_all(hashed[rows], fours[starts[rows] + 4 * step])
    ends, left = starts + (lengths & ~3), lengths & 3
    if legacy:
        for step in range(3):
            rows = np.flatnonzero(left > step)
            last = (fours[ends[rows]] >> np.uint32(8 * step)).astype(np.int8).astype(np.uint32)
            hashed[rows] = _stirred_all(hashed[rows], last)
    else:
        # Of no bytes nothing comes: 0 mixes to 0.
        hashed ^= _mixed_all(fours[ends] & ((np.uint32(1) << (8 * left).astype(np.uint32)) - np.uint32(1)))
    signed: "np.ndarray[Any, Any]" = _finished_all(hashed, lengths.astype(np.uint32)).astype(np.int32)
    return signed.astype(np.int64)


def _stirred_all(hashed: Any, blocks: Any) -> Any:
    hashed = hashed ^ _mixed_all(blocks)
    hashed = hashed << np.uint32(13) | hashed >> np.uint32(19)
    return hashed * np.uint32(5) + np.uint32(0xE6546B64)


def _mixed_all(blocks: Any) -> Any:
    blocks = blocks * np.uint32(0xCC9E2D51)
    blocks = blocks << np.uint32(15) | blocks >> np.uint32(17)
    return blocks * np.uint32(0x1B873593)


def _finished_all(hashed: Any, lengths: Any) -> Any:
    hashed = hashed ^ lengths
    for shift, factor in _FINISH:
        hashed = (hashed ^ hashed >> np.uint32(shift)) * np.uint32(factor)
    return hashed ^ hashed >> np.uint32(16)


def _blocks(data: bytes, whole: int, seed: int) -> int:
    hashed = seed & _MASK
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        hashed = _stirred(hashed, block)
    return hashed


def _stirred(hashed: int, block: int) -> int:
    hashed ^= _mixed(block)
    hashed = (hashed << 13 | hashed >> 19) & _MASK
    return (hashed * 5 + 0xE6546B64) & _MASK


def _mixed(block: int) -> int:
    block = block * 0xCC9E2D51 & _MASK
    block = (block << 15 | block >> 17) & _MASK
    return block * 0x1B873593 & _MASK


def _finished(hashed: int, length: int) -> int:
    hashed ^= length
    hashed ^= hashed >> 16
    hashed = hashed * 0x85EBCA6B & _MASK
    hashed ^= hashed >> 13
    hashed = hashed * 0xC2B2AE35 & _MASK
    hashed ^= hashed >> 16
    return hashed - (1 << 32) if hashed >> 31 else hashed
