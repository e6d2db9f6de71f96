"""Texts and lists of texts that try an operator: every kind of white space, case, alphabet and emptiness."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipeline.operators.base import Attributes, Operator

TEXTS = [
    "The quick  brown fox",
    "",
    " ",
    "  lead and trail\t\n ",
    "a\x0bb\fc\rd",
    "no\u00a0break \u2003em",
    "ÉCOLE İstanbul ΟΔΟΣ ΑΣ-Α Straße",
    "日本 😀 𝐀b 😀",
    "I",
    "\x1c",
    "2 + 2 = 4, e.g. <b>x</b>",
    "null",
]
LISTS = [
    ["a", "b", "a", "the", "The"],
    [],
    [""],
    ["é", "日本", "😀", "😀x", "ΟΔΟΣ"],
    ["abcd", "abcde", "abcdé", "abcdefgh", "a b"],
    [" ", "a ", "A", "I", "İ"],
]
# Rows with a null in a list, which no leap frame holds.
NULLS = [["a", None, "a", None, "null"], [None], ["a"], [None, None, "THE"]]
NO_NULLS = "MLeap's leap frames hold no null inside a list"

# Spark is slow: few frames with many rows.
few_frames = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

letters = st.sampled_from(["a", "B", "é", "É", "日", "😀", "Σ", "ß", "1", "-", ".", "_", "'"])
words = st.text(letters, max_size=6)
spaces = st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", ", "])
texts = st.lists(st.one_of(words, spaces), max_size=8).map("".join)
lists = st.lists(words, max_size=8)


def text_frame(spark: Any, rows: list[str]) -> Any:
    """One text a row, in column `t`."""
    return spark.createDataFrame([(row,) for row in rows], "t string")


def list_frame(spark: Any, rows: list[Any]) -> Any:
    """One list of texts a row, in column `w`."""
    return spark.createDataFrame([(row,) for row in rows], "w array<string>")


def from_attributes(kind: type[Operator], **values: Any) -> Any:
    """The operator that a bundle's attributes make, given as plain values."""
    return kind.from_attributes(Attributes(values, "root/model.json"))
