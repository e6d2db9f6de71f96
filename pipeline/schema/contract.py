"""The data contract as values: columns in order, one of them perhaps the label."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from pipeline.errors import SchemaError

# SageMaker's SparkML schema has these names for types and structures.
INTEGER_TYPES = ("byte", "short", "int", "long")
FLOAT_TYPES = ("float", "double")
NUMERIC_TYPES = INTEGER_TYPES + FLOAT_TYPES
TYPES = ("string", "boolean", *NUMERIC_TYPES)
STRUCTS = ("basic", "vector", "array")

ROW_KEYS = ("name", "type", "struct", "size", "nullable", "label", "ignore", "classes", "description")


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    `struct` is `basic` (one value), `vector` (Spark ML's vector, doubles) or `array`. `nullable` says whether
    a value may be missing. An ignored column stands in the files but is neither feature nor label. `classes`
    are the values of a label of text or booleans, in the order of their class indices.
    """

    name: str
    type: str
    struct: str = "basic"
    size: Optional[int] = None
    nullable: bool = False
    label: bool = False
    ignore: bool = False
    classes: Optional[Tuple[str, ...]] = None
    description: str = ""

    def __post_init__(self) -> None:
        where = f"column {self.name!r}"
        if not self.name:
            raise SchemaError("a column has an empty name")
        if self.type not in TYPES:
            raise SchemaError(f"{where}: type {self.type!r} is not known; allowed: {', '.join(TYPES)}")
        if self.struct not in STRUCTS:
            raise SchemaError(f"{where}: struct {self.struct!r} is not known; allowed: {', '.join(STRUCTS)}")
        if self.struct == "vector" and self.type != "double":
            raise SchemaError(f"{where}: a vector is of type double, not {self.type}")
        if self.size is not None and (self.struct == "basic" or self.size < 1):
            raise SchemaError(f"{where}: size {self.size} makes sense only for a vector or array, and from 1 up")
        if self.label and (self.ignore or self.struct != "basic"):
            raise SchemaError(f"{where}: a label is one value of each row and cannot be ignored")
        if self.classes is not None and not self.label:
            raise SchemaError(f"{where}: only a label has classes")
        if self.classes is not None and len(set(self.classes)) != len(self.classes):
            raise SchemaError(f"{where}: classes are named twice")

    @property
    def is_number(self) -> bool:
        """True for one number a row."""
        return self.struct == "basic" and self.type in NUMERIC_TYPES

    def to_dict(self) -> Dict[str, Any]:
        """The column as it stands in a schema file; what is default is left out."""
        document: Dict[str, Any] = {"name": self.name, "type": self.type}
        if self.struct != "basic":
            document["struct"] = self.struct
        if self.size is not None:
            document["size"] = self.size
        for key in ("nullable", "label", "ignore"):
            if getattr(self, key):
                document[key] = True
        if self.classes is not None:
            document["classes"] = list(self.classes)
        if self.description:
            document["description"] = self.description
        return document


@dataclass(frozen=True)
class Schema:
    """The contract of one data set: its columns, in the order of its files."""

    columns: Tuple[Column, ...]
    name: str = ""
    description: str = ""
    _places: Dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for place, column in enumerate(self.columns):
            if column.name in self._places:
                raise SchemaError(f"column {column.name!r} is named twice")
            self._places[column.name] = place
        if not self.columns:
            raise SchemaError("a schema needs at least one column")
        labels = [column.name for column in self.columns if column.label]
        if len(labels) > 1:
            raise SchemaError(f"one label at most; found {', '.join(labels)}")

    @property
    def label(self) -> Optional[Column]:
        """The label's column, or None for data that only gets features."""
        return next((column for column in self.columns if column.label), None)

    @property
    def features(self) -> Tuple[Column, ...]:
        """The columns of a request: neither label nor ignored, in order."""
        return tuple(column for column in self.columns if not column.label and not column.ignore)

    @property
    def names(self) -> List[str]:
        """All column names in order."""
        return [column.name for column in self.columns]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> Column:
        try:
            return self.columns[self._places[name]]
        except KeyError:
            raise SchemaError(f"no column {name!r}; there are {', '.join(self.names)}") from None

    def for_requests(self) -> "Schema":
        """The contract of a scoring request: the features alone."""
        return Schema(self.features, name=self.name, description=self.description)

    def to_dict(self) -> Dict[str, Any]:
        """The contract as it stands in a schema file."""
        document: Dict[str, Any] = {}
        if self.name:
            document["name"] = self.name
        if self.description:
            document["description"] = self.description
        document["columns"] = [column.to_dict() for column in self.columns]
        return document
