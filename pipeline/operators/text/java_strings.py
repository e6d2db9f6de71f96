"""Text as Java's String has it: lower case, length, splitting."""

from __future__ import annotations

import re
import unicodedata
from typing import List

SIGMA = "Σ"
# What Java's word iterator keeps together: letters and digits, one mark of punctuation between two of a kind;
# ideographs and kana are words of their own.
_LETTER = r"(?:(?![\u3005\u3041-\u30fe\u4e00-\u9fff\U00020000-\U0002fa1f])[^\W\d_]|[\u0300-\u036f\u200b-\u200f\u2060])"
_BETWEEN_LETTERS = rf"(?<={_LETTER})[-_\"'.\u00ad\u2010-\u2015\u2027](?={_LETTER})"
_WORD = re.compile(rf"(?:{_LETTER}|\d|{_BETWEEN_LETTERS}|(?<=\d)[\"',.](?=\d))+")
_CASED = ("Lu", "Ll", "Lt")


def lower_case(text: str) -> str:
    """`String.toLowerCase()` outside Turkey, Azerbaijan and Lithuania.

    Python's own, but for a capital sigma: Java takes it for a word's last letter by other borders of words.
    """
    if SIGMA not in text:
        return text.lower()
    whole = _WORD.sub(_sigmas, text)
    # Σ that ends no word becomes σ, whatever Python thinks of its neighbours.
    return whole.replace(SIGMA, "σ").lower()


def _sigmas(word: "re.Match[str]") -> str:
    letters = word[0]
    cased = [place for place, letter in enumerate(letters) if unicodedata.category(letter) in _CASED]
    if len(cased) > 1 and letters[cased[-1]] == SIGMA:
        return letters[: cased[-1]] + "ς" + letters[cased[-1] + 1 :]
    return letters


def length(text: str) -> int:
    """`String.length()`: UTF-16 units, so a character outside the BMP counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def without_last_empty(pieces: List[str]) -> List[str]:
    """`Pattern.split`: the pieces between the matches, without empty ones at the end.

    A text without a match is one piece, even if it is empty.
    """
    if len(pieces) > 1:
        while pieces and not pieces[-1]:
            pieces.pop()
    return pieces
