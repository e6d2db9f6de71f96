"""Tokens of ASCII text, for the compiled kernels."""

from __future__ import annotations

from typing import AbstractSet

from pipeline.operators.row_code import TOKENS, Lowered, Place, RowCode, TextPlace

# Java's classes s and W.
SPACE = frozenset(" \t\n\x0b\f\r")
NO_WORD = frozenset(chr(code) for code in range(128) if not (chr(code).isalnum() or code == ord("_")))


def lower_split(code: RowCode, text: Place, separators: AbstractSet[str], *, least: int, lower: bool) -> Lowered:
    """The pieces of a text between separators, of at least so many characters; see tokens_split in native/tokens.h."""
    if not isinstance(text, TextPlace):
        return None
    table = code.table([chr(character) in separators for character in range(128)])
    made = code.tokens(lower=lower)
    code.emit(TOKENS, table, least, lower, text.text, made.list)
    return [made]
