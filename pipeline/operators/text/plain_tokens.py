"""Tokens of ASCII text, for the compiled kernels."""

from __future__ import annotations

from typing import Iterable

from pipeline.operators.row_code import TOKENS, Lowered, Place, RowCode, TextPlace

# Java's classes s and W.
SPACE = frozenset(" \t\n\x0b\f\r")
NO_WORD = frozenset(chr(code) for code in range(128) if not (chr(code).isalnum() or code == ord("_")))

_WORD = (1 << 64) - 1


def lower_split(code: RowCode, text: Place, separators: Iterable[str], *, least: int, lower: bool) -> Lowered:
    """The pieces of a text between separators, of at least so many characters; see tokens_split in native/tokens.h."""
    if not isinstance(text, TextPlace):
        return None
    bits = sum(1 << ord(character) for character in separators)
    made = code.tokens(lower=lower)
    code.emit(TOKENS, _signed(bits & _WORD), _signed(bits >> 64), least, lower, text.text, made.list)
    return [made]


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
