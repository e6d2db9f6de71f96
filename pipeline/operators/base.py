"""What every operator is: a model of Bundle.ML that can be read from Spark, written, read and scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError, PipelineError, UnsupportedStageError
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.values import DEFAULT, brief, to_json

# number, text and vector are what rows hold; texts, vectors (lists of them) and map arise on the way.
KINDS = ("number", "text", "vector", "texts", "vectors", "map")


@dataclass(frozen=True)
class ColumnType:
    """What is known of a column while a pipeline is written or planned.

    `kind` is one of KINDS; `size` is a vector's length, or that of each vector in a list, where it is known;
    `basic` is the type of a number in the contract's words. `attributes` are Spark's ML attributes (`ml_attr`)
    while a pipeline is written, where Spark has any. `compressed` is True where Spark stores a vector as sparse or
    dense by the row's own zeros.
    """

    kind: str
    size: Optional[int] = None
    basic: str = "double"
    nullable: bool = False
    attributes: Optional[Mapping[str, Any]] = None
    compressed: bool = False


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
    # False where MLeap's runtime has no operator of that name and meaning; an instance may say otherwise.
    in_mleap: bool = True
    # True for what hands on the very column it reads, as Spark's VectorSizeHint does.
    in_place: ClassVar[bool] = False

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

    def files(self) -> Dict[str, bytes]:
        """What stands beside `model.json`: trees, models within this one."""
        return {}

    def model_files(self, folder: str = "") -> Dict[str, bytes]:
        """The operator as files: `model.json` and what stands beside it, below `folder` (which ends in /)."""
        model = to_json({"op": self.op, "attributes": self.attributes()}).encode()
        return {f"{folder}model.json": model, **{folder + name: content for name, content in self.files().items()}}

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        """What the outputs are, given what the inputs are."""
        raise NotImplementedError

    def input_types(self, count: int) -> List[ColumnType]:
        """What an input is taken for where nothing else says so."""
        return [ColumnType("number")] * count

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        """The output columns; raises RowError for a row that Spark would refuse too, or skip."""
        raise NotImplementedError

    def types_of(self, inputs: Sequence[ColumnType], ports: Sequence[str]) -> List[ColumnType]:
        """What the columns at these output ports are; a BundleError for a port that there is not."""
        return self.output_types(inputs)

    def columns_of(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> List[AnyColumn]:
        """The columns at these output ports; see apply."""
        return self.apply(inputs)

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        """The places of the columns at these output ports, by instructions that make just what `columns_of` makes.

        None where the kernels have no instructions for it. What `columns_of` refuses, they must refuse.
        """
        return None

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        """True for each row that Spark drops here (`handleInvalid="skip"`), or None where it drops none."""
        return None


class Model(Operator):
    """An operator whose outputs go by their ports' names, such as `prediction`; a node has those that it wants."""

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        """What each output port gives."""
        raise NotImplementedError

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        """The columns at these ports at least; raises RowError for a row that Spark would refuse too."""
        raise NotImplementedError

    def types_of(self, inputs: Sequence[ColumnType], ports: Sequence[str]) -> List[ColumnType]:
        """See Operator."""
        known = self.port_types(inputs)
        for port in ports:
            if port not in known:
                raise BundleError(f"{self.op} has no output port {port!r}; it has {', '.join(known)}")
        return [known[port] for port in ports]

    def columns_of(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> List[AnyColumn]:
        """See Operator."""
        made = self.score(inputs, ports)
        return [made[port] for port in ports]


class Folder:
    """What stands beside a `model.json` in a bundle; without a bundle, nothing."""

    def lines(self, name: str) -> List[Any]:
        """The JSON documents of a file, one a line; a BundleError where it is missing or no JSON."""
        raise BundleError(f"{name} is missing")

    def model(self, name: str) -> "Operator":
        """The operator in a folder of its own; a BundleError where there is none."""
        raise BundleError(f"{name}/model.json is missing")


class Attributes:
    """A model's attributes as read from a bundle: plain values, and a clear error where one is missing.

    `folder` holds what stands beside them.
    """

    def __init__(self, values: Mapping[str, Any], where: str, folder: Optional[Folder] = None) -> None:
        self._values = values
        self.where = where
        self.folder = folder or Folder()

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
            raise BundleError(f"{self.where}: attribute {name!r} is {brief(value)}, expected {kinds[0].__name__}")
        return value

    def need_list(self, name: str, kind: Any, default: Optional[List[Any]] = None) -> List[Any]:
        """The attribute's value, checked to be a list of `kind`."""
        values: List[Any] = self.need(name, list, default)
        if not all(isinstance(value, kind) for value in values):
            raise BundleError(f"{self.where}: attribute {name!r} has an entry of the wrong type")
        return values

    def need_tensor(self, name: str, dimensions: int) -> "np.ndarray[Any, Any]":
        """The attribute's value, checked to be a float64 array of so many dimensions."""
        array: "np.ndarray[Any, Any]" = self.need(name, np.ndarray)
        if array.ndim != dimensions:
            raise BundleError(f"{self.where}: attribute {name!r} has {array.ndim} dimensions, expected {dimensions}")
        return array

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """The attribute's value, checked to be one of `allowed`."""
        value: str = self.need(name, str, default)
        if value not in allowed:
            raise BundleError(f"{self.where}: attribute {name!r} is {brief(value)}, allowed: {', '.join(allowed)}")
        return value
