"""Output columns by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline.errors import ConfigError
from pipeline.scoring import Scorer
from pipeline.scoring.arrow import from_arrow
from pipeline.scoring.outputs import Outputs, Values
from pipeline.scoring.text import rows_of


class Chosen:
    """The named columns of rows: the contract's, those that the bundle makes, and selectable outputs.

    A name that several of these have means the first. Label and ignored columns must be in the tables. In text a vector
    is a list of all its values. Raises ConfigError for a name that none of these has, or that stands twice.
    """

    def __init__(self, scorer: Scorer, names: Sequence[str]) -> None:
        self._scorer = scorer
        self._names = tuple(names)
        if len(set(names)) != len(names):
            raise ConfigError(f"an output column is named twice: {', '.join(names)}")
        self._passed = [name for name in names if name in scorer.contract]
        self._made = [name for name in names if name in scorer.columns and name not in self._passed]
        keys = [name for name in names if name not in self._passed and name not in self._made]
        self._outputs = self._of_keys(keys) if keys else None

    def of_table(self, table: Any, offset: int = 0) -> Values:
        """The columns' values, JSON-ready but for NumPy's arrays; rows in errors count past `offset`."""
        columns = self._columns(table, offset)
        values: Values = {name: rows_of(from_arrow(column, name)) for name, column in columns.items()}
        if self._outputs is not None:
            values |= self._outputs.of_table(table, offset)
        return {name: values[name] for name in self._names}

    def arrow(self, table: Any, offset: int = 0) -> Any:
        """The columns as a pyarrow.Table; see of_table."""
        columns = self._columns(table, offset)
        if self._outputs is not None:
            columns |= _by_name(self._outputs.arrow(table, offset))
        return pa.table({name: columns[name] for name in self._names})

    def _columns(self, table: Any, offset: int) -> dict[str, Any]:
        columns = _by_name(table.select(self._passed))
        if self._made:
            columns |= _by_name(self._scorer.transform(table, self._made, offset=offset))
        return columns

    def _of_keys(self, keys: Sequence[str]) -> Outputs:
        there = f"the columns are {', '.join([*self._scorer.contract.names, *self._scorer.columns])}"
        if self._scorer.booster is None:
            raise ConfigError(f"there is no column {keys[0]!r}", hint=there)
        try:
            return Outputs(self._scorer, keys)
        except ConfigError as error:
            raise ConfigError(f"no column, and as an output {error.message}", hint=there) from error


def _by_name(table: Any) -> dict[str, Any]:
    return dict(zip(table.schema.names, table.columns, strict=True))
