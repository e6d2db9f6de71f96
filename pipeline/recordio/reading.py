"""Framed `Record` messages as rows, a few megabytes at a time."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

import numpy as np

from pipeline.recordio.framing import BLOCK, Block, Stream, blocks
from pipeline.recordio.ragged import Array
from pipeline.recordio.rows import Rows
from pipeline.recordio.wire import BYTES, MalformedError, Spans, fields, numbers

_FEATURES, _LABEL = 1, 2
_KEY, _VALUE = 1, 2
_VALUES, _KEYS, _SHAPE = 1, 2, 3
# The tensors of a Value that hold numbers, by their field; Int32Tensor's are of variable length.
_DTYPES = {2: "<f4", 3: "<f8"}
_INT32, _BYTES_VALUE = 7, 9


def read_rows(stream: Stream, source: str = "", *, size: int = BLOCK) -> Iterator[Rows]:
    """Rows of the feature and label `values`, sparse or dense, in batches of about `size` bytes.

    A batch has labels only where each of its records has one. Raises DataError with source, number of the record from
    1 and byte for what is cut off, damaged, or no row of numbers.
    """
    for block in blocks(stream, source, size):
        try:
            yield _rows(block)
        except MalformedError as error:
            raise block.error(error.record, error.at, error.problem, source) from None


def read_labels(stream: Stream, name: str, source: str = "") -> Array:
    """One label of every record (float32), such as the `score` of a reply; raises DataError where one has none."""
    found = []
    for block in blocks(stream, source):
        try:
            tensors = _tensors(_all(block), _LABEL).get(name.encode())
            found.append(_one_each(tensors, len(block.starts), f"label {name!r}"))
        except MalformedError as error:
            raise block.error(error.record, error.at, error.problem, source) from None
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _rows(block: Block) -> Rows:
    count, records = len(block.starts), _all(block)
    features = _tensors(records, _FEATURES)
    other = next((name for name in features if name != b"values"), None)
    if other is not None:
        problem = f"a feature named {other.decode('utf-8', 'replace')[:60]!r}; expected 'values'"
        raise features[other].spans.error(0, problem)
    tensor = features.get(b"values")
    _each(tensor.spans.records if tensor else np.empty(0, np.int64), records, "feature 'values'")
    assert tensor is not None or not count
    if tensor is None:
        return Rows.together([])
    keys, values, lengths, sizes = tensor.sparse(count)
    labels = _tensors(records, _LABEL).get(b"values")
    is_labelled = labels is not None and len(labels.spans) == count
    return Rows(
        np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        keys,
        values,
        sizes,
        _one_each(labels, count, "label 'values'") if is_labelled else None,
    )


class _Tensor:
    """Tensors of one name, one for each of some records, ordered by record."""

    def __init__(self, spans: Spans, field: int) -> None:
        self.spans, self._field = spans, field
        parts = _last(spans, (_VALUES, _KEYS, _SHAPE))
        self._values, self._keys, self._shape = parts[_VALUES], parts[_KEYS], parts[_SHAPE]

    def numbers(self) -> "tuple[Array, Array]":
        """The values (float32), and how many each has."""
        if self._field == _INT32:
            values, counts = numbers(self._values, signed=True)
            return values.astype(np.int32).astype(np.float32), counts
        dtype = np.dtype(_DTYPES[self._field])
        uneven = np.flatnonzero(self._values.lengths % dtype.itemsize)
        if len(uneven):
            raise self._values.error(int(uneven[0]), f"values that are no multiple of {dtype.itemsize} bytes")
        return self._values.content().view(dtype).astype(np.float32), self._values.lengths // dtype.itemsize

    def sparse(self, count: int) -> "tuple[Array, Array, Array, Array]":
        """Keys, values, entries a row and sizes; a dense tensor has all keys from 0."""
        values, lengths = self.numbers()
        keys, counts = numbers(self._keys)
        shape, ranks = numbers(self._shape)
        if len(high := np.flatnonzero(ranks > 1)):
            raise self._shape.error(int(high[0]), "a tensor of several dimensions; expected a row")
        sizes = np.full(count, -1, np.int64)
        sizes[ranks == 1] = shape
        is_dense = (counts == 0) & (lengths > 0)
        uneven = np.flatnonzero(~is_dense & (counts != lengths))
        if len(uneven):
            place = int(uneven[0])
            raise self.spans.error(place, f"{lengths[place]} values with {counts[place]} keys")
        if is_dense.any():
            whole = is_dense & (sizes == -1)
            sizes[whole] = lengths[whole]
            keys = _with_dense(keys, lengths, is_dense)
        owners = np.repeat(np.arange(count), lengths)
        over = np.flatnonzero((keys >= sizes[owners]) & (sizes[owners] >= 0))
        if len(over):
            place = int(owners[over[0]])
            raise self.spans.error(place, f"the key {keys[over[0]]} of a row with shape {sizes[place]}")
        return keys, values, lengths, sizes


def _with_dense(keys: Array, lengths: Array, is_dense: Array) -> Array:
    before = np.cumsum(lengths) - lengths
    filled = np.arange(int(lengths.sum())) - np.repeat(before, lengths)
    filled[~np.repeat(is_dense, lengths)] = keys
    return filled


def _all(block: Block) -> Spans:
    return Spans(block.data, np.arange(len(block.starts)), block.starts, block.ends)


def _tensors(records: Spans, field: int) -> Dict[bytes, _Tensor]:
    """The numbers of a map of the records, by name."""
    found: Dict[bytes, List[Spans]] = {}
    for number, kind, entries in fields(records):
        if number != field:
            continue
        _need_bytes(entries, kind, "a map's entry")
        parts = _last(entries, (_KEY, _VALUE))
        names, values = parts[_KEY], parts[_VALUE]
        left = np.arange(len(entries))
        while len(left):
            name = names.data[names.starts[left[0]] : names.ends[left[0]]].tobytes()
            same = _pick(names, left).are(name)
            found.setdefault(name, []).append(_pick(values, left[same]))
            left = left[~same]
    return {name: _Tensor(*_of_one_type(_in_order(spans))) for name, spans in found.items()}


def _of_one_type(values: Spans) -> "tuple[Spans, int]":
    """The tensors that Values hold, and the field that holds them: all records must agree."""
    found = {number: content for number, kind, content in fields(values) if kind == BYTES}
    known = [number for number in found if number in (*_DTYPES, _INT32)]
    if len(known) != 1 or len(found[known[0]]) != len(values):
        if _BYTES_VALUE in found:
            raise found[_BYTES_VALUE].error(0, "a value of bytes; expected numbers")
        raise values.error(0, "the values are not of one type: float32, float64 or int32 in all records")
    return found[known[0]], known[0]


def _last(spans: Spans, wanted: "tuple[int, ...]") -> Dict[int, Spans]:
    """Fields by number, one content for each span: empty where it is absent; protobuf's last one counts."""
    starts = {number: spans.starts.copy() for number in wanted}
    ends = {number: spans.starts.copy() for number in wanted}
    for number, kind, content in fields(spans):
        if number in wanted:
            _need_bytes(content, kind, "a list that is not packed")
            at = np.searchsorted(spans.records, content.records)
            starts[number][at], ends[number][at] = content.starts, content.ends
    return {number: Spans(spans.data, spans.records, starts[number], ends[number]) for number in wanted}


def _need_bytes(spans: Spans, kind: int, what: str) -> None:
    if kind != BYTES:
        raise spans.error(0, f"{what}: wire type {kind}; expected {BYTES}")


def _in_order(parts: List[Spans]) -> Spans:
    """Spans of several steps as one, ordered by record; MalformedError where one record has two."""
    data = parts[0].data
    records = np.concatenate([part.records for part in parts])
    order = np.argsort(records, kind="stable")
    whole = Spans(
        data,
        records[order],
        np.concatenate([part.starts for part in parts])[order],
        np.concatenate([part.ends for part in parts])[order],
    )
    twice = np.flatnonzero(np.diff(whole.records) == 0)
    if len(twice):
        raise whole.error(int(twice[0]) + 1, "a name that stands twice in one record")
    return whole


def _pick(spans: Spans, chosen: Array) -> Spans:
    return Spans(spans.data, spans.records[chosen], spans.starts[chosen], spans.ends[chosen])


def _each(found: Array, records: Spans, what: str) -> None:
    missing = np.setdiff1d(records.records, found)
    if len(missing):
        raise records.error(int(missing[0]), f"the record has no {what}")


def _one_each(tensor: Optional[_Tensor], count: int, what: str) -> Array:
    """One value a record; MalformedError where there is another number of them."""
    if tensor is None or len(tensor.spans) < count:
        have = set() if tensor is None else set(tensor.spans.records.tolist())
        raise MalformedError(next(at for at in range(count) if at not in have), 0, f"the record has no {what}")
    values, lengths = tensor.numbers()
    wrong = np.flatnonzero(lengths != 1)
    if len(wrong):
        raise tensor.spans.error(int(wrong[0]), f"{what} has {lengths[wrong[0]]} values; expected 1")
    return values
