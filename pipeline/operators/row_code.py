"""Instructions for one row at a time: what an operator may be lowered to, for the compiled kernels to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np

# As in native/program.h.
(
    WORD,
    NUMBER,
    VECTOR,
    ONE_HOT,
    IMPUTE,
    BUCKET,
    BINARIZE,
    SUBTRACT,
    MULTIPLY,
    RANGE,
    PICK,
    DOT,
    TREES,
    TOKENS,
    STOP,
    NGRAM,
    TERMS,
    PUT,
) = range(18)


@dataclass(frozen=True)
class NumberPlace:
    """A register that holds a number of a type of the contract's; null is a NaN of its own."""

    register: int
    basic: str = "double"


@dataclass(frozen=True)
class VectorPlace:
    """Registers side by side that hold a dense vector."""

    register: int
    size: int


@dataclass(frozen=True)
class TextPlace:
    """A text cell of the row."""

    text: int


@dataclass(frozen=True)
class TokensPlace:
    """A list of tokens, all in lower case where `lower`; rows of other than ASCII text are refused."""

    list: int
    lower: bool


@dataclass(frozen=True)
class TermsPlace:
    """A sparse vector of a list's terms, which is counted only where it is asked for.

    A term's index is its number in the vocabulary, or the hash of its word where that is None. A value is the term's
    count, 1 where `binary`, times the index's factor where there are factors.
    """

    tokens: TokensPlace
    size: int
    binary: bool
    vocabulary: Optional[int] = None
    legacy: bool = False
    factors: "Optional[np.ndarray[Any, Any]]" = None


@dataclass(frozen=True)
class WidePlace:
    """Vectors one after the other in one that is too wide to be made as a whole."""

    parts: "Tuple[Union[VectorPlace, TermsPlace], ...]"

    @property
    def size(self) -> int:
        """The vector's length."""
        return sum(part.size for part in self.parts)


Place = Union[NumberPlace, VectorPlace, TextPlace, TokensPlace, TermsPlace, WidePlace]
Lowered = Optional[List[Place]]


class RowCode:
    """Collects instructions, constants, vocabularies, tables and forests.

    A row that an instruction refuses is left to the operators themselves: they know why.
    """

    def __init__(self) -> None:
        self.code: List[int] = []
        self.constants: List[float] = []
        self.words: List[Tuple[bytes, Any]] = []
        self.tables: List[Any] = []
        self.forests: List[Any] = []
        self.registers = 0
        self.texts = 0
        self.lists = 0

    def number(self, basic: str = "double") -> NumberPlace:
        """A new register."""
        return NumberPlace(self._registers(1), basic)

    def vector(self, size: int) -> VectorPlace:
        """New registers side by side."""
        return VectorPlace(self._registers(size), size)

    def text(self) -> TextPlace:
        """A new text cell."""
        self.texts += 1
        return TextPlace(self.texts - 1)

    def tokens(self, *, lower: bool) -> TokensPlace:
        """A new list of tokens."""
        self.lists += 1
        return TokensPlace(self.lists - 1, lower)

    def emit(self, *instruction: int) -> None:
        """An instruction and its operands."""
        self.code += instruction

    def keep(self, *values: Any) -> int:
        """The place of new constants: numbers and arrays of them, one after the other."""
        at = len(self.constants)
        for value in values:
            self.constants += np.ravel(np.asarray(value, dtype=np.float64)).tolist()
        return at

    def vocabulary(self, words: Sequence[str]) -> int:
        """The number of a new vocabulary; of equal words the last counts."""
        texts = [word.encode("utf-8", "surrogatepass") for word in words]
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        self.words.append((b"".join(texts), ends))
        return len(self.words) - 1

    def table(self, places: Any) -> int:
        """The number of a new table of places."""
        self.tables.append(np.ascontiguousarray(places, dtype=np.int32))
        return len(self.tables) - 1

    def forest(self, kernel: Any) -> int:
        """The number of a forest of the kernels'."""
        self.forests.append(kernel)
        return len(self.forests) - 1

    def _registers(self, count: int) -> int:
        self.registers += count
        return self.registers - count
