"""MurmurHash3 (x86, 32 bit) as Spark hashes text."""

from __future__ import annotations

import struct

# Spark's seed in HashingTF and FeatureHasher, and so the hash of a null.
SEED = 42

_MASK = 0xFFFFFFFF


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
