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
) = range(13)


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


Place = Union[NumberPlace, VectorPlace, TextPlace]
Lowered = Optional[List[Place]]


class RowCode:
    """Collects instructions, constants, vocabularies and forests.

    A row that an instruction refuses is left to the operators themselves: they know why.
    """

    def __init__(self) -> None:
        self.code: List[int] = []
        self.constants: List[float] = []
        self.words: List[Tuple[bytes, Any]] = []
        self.forests: List[Any] = []
        self.registers = 0
        self.texts = 0

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

    def forest(self, kernel: Any) -> int:
        """The number of a forest of the kernels'."""
        self.forests.append(kernel)
        return len(self.forests) - 1

    def _registers(self, count: int) -> int:
        self.registers += count
        return self.registers - count
