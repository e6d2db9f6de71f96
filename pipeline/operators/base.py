"""What every operator is: a model of Bundle.ML that can be read from Spark, written, read and scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Dict, List, Mapping, Optional, Sequence, Tuple

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError, PipelineError, UnsupportedStageError
from pipeline.operators.values import DEFAULT


@dataclass(frozen=True)
class ColumnType:
    """What is known of a column while a pipeline is written or planned.

    `kind` is `number`, `text` or `vector`; `size` is a vector's length where it is known; `basic` is the type of
    a number in the contract's words.
    """

    kind: str
    size: Optional[int] = None
    basic: str = "double"
    nullable: bool = False


@dataclass
class Shape:
    """A node's ports: Bundle.ML's port name to the column it reads or writes, in order."""

    inputs: Dict[str, str] = field(default_factory=dict)
    outputs: Dict[str, str] = field(default_factory=dict)


@dataclass
class Node:
    """One step of a pipeline: an operator with its ports connected to columns."""

    name: str
    operator: "Operator"
    shape: Shape


Types = Dict[str, ColumnType]


class RowError(PipelineError):
    """A row that an operator refuses: `row` counts from 0 within the batch, `place` is the input's number."""

    code = "RowError"
    http_status = 400

    def __init__(
        self, problem: str, *, row: int, place: int = 0, value: Any = None, expected: Optional[str] = None
    ) -> None:
        super().__init__(problem)
        self.row = row
        self.place = place
        self.value = value
        self.expected = expected


class Operator:
    """One operator of Bundle.ML.

    A subclass is one file: `op` is its name in a bundle, `stages` the Spark classes that it expresses.
    Operators do not change once made, so that threads may share them.
    """

    op: ClassVar[str]
    stages: ClassVar[Tuple[str, ...]] = ()
    # False where MLeap's runtime has no operator of that name and meaning.
    in_mleap: ClassVar[bool] = True

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        """The nodes that mean the same as a fitted Spark stage; `types` are those of the columns so far.

        Raises UnsupportedStageError for a parameter that cannot be expressed.
        """
        raise UnsupportedStageError(f"{type(stage).__name__} cannot be read from Spark")

    @classmethod
    def from_attributes(cls, attributes: "Attributes") -> "Operator":
        """The operator of a bundle's `model.json`."""
        raise NotImplementedError

    def attributes(self) -> Dict[str, Any]:
        """The typed attributes of `model.json`."""
        raise NotImplementedError

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        """What the outputs are, given what the inputs are."""
        raise NotImplementedError

    def input_types(self, count: int) -> List[ColumnType]:
        """What an input is taken for where nothing else says so."""
        return [ColumnType("number")] * count

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        """The output columns; raises RowError for a row that Spark would refuse too."""
        raise NotImplementedError


class Attributes:
    """A model's attributes as read from a bundle: plain values, and a clear error where one is missing."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = values
        self.where = where

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute's value, or the default where the bundle does not have it."""
        return self._values.get(name, default)

    def need(self, name: str, kind: Any, default: Any = None) -> Any:
        """The attribute's value, checked to be of `kind`; a BundleError where it is missing or of another."""
        value = self._values.get(name, default)
        if value is None:
            raise BundleError(f"{self.where}: attribute {name!r} is missing")
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if value is DEFAULT:
            return kinds[0]()
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise BundleError(f"{self.where}: attribute {name!r} is {value!r}, expected {kinds[0].__name__}")
        return value

    def need_list(self, name: str, kind: Any, default: Optional[List[Any]] = None) -> List[Any]:
        """The attribute's value, checked to be a list of `kind`."""
        values: List[Any] = self.need(name, list, default)
        if not all(isinstance(value, kind) for value in values):
            raise BundleError(f"{self.where}: attribute {name!r} has an entry of the wrong type")
        return values

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """The attribute's value, checked to be one of `allowed`."""
        value: str = self.need(name, str, default)
        if value not in allowed:
            raise BundleError(f"{self.where}: attribute {name!r} is {value!r}, allowed: {', '.join(allowed)}")
        return value
