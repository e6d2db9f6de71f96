"""Rows as framed `Record` messages, byte for byte as SageMaker's SDK writes them.

Source: record.proto and RecordIO's framing, as AWS documents them for the formats of training data.
"""

from __future__ import annotations

import struct
from typing import Any, List, Mapping

import numpy as np

from pipeline.recordio.ragged import Part, Ragged, grouped, join, varints
from pipeline.recordio.rows import Rows

MAGIC = 0xCED7230A
# Tags: the field's number, and that its length follows.
_VALUES, _KEYS, _SHAPE = b"\x0a", b"\x12", b"\x1a"
_FLOAT32_TENSOR = b"\x12"
_FEATURES, _LABEL = b"\x0a", b"\x12"
_MAP_KEY, _MAP_VALUE = b"\x0a", b"\x12"
_ALIGNMENT = 4


def encode_rows(rows: Rows) -> bytes:
    """Sparse rows as framed records, with their labels where they have any; a row's size is its tensor's shape."""
    counts = np.diff(rows.starts)
    tensor = join(
        len(rows),
        [
            _field(_VALUES, _floats(rows.values, counts)),
            _field(_KEYS, grouped(varints(rows.keys), rows.starts)),
            _field(_SHAPE, varints(rows.sizes)),
        ],
    )
    parts: List[Part] = [_entry(_FEATURES, "values", tensor)]
    if rows.labels is not None:
        parts.append(_entry(_LABEL, "values", _dense(rows.labels)))
    return _framed(join(len(rows), parts))


def encode_labels(labels: Mapping[str, Any]) -> bytes:
    """One record a row with labels alone, as built-in algorithms reply: names to one float32 a row."""
    count = len(next(iter(labels.values())))
    entries = [_entry(_LABEL, name, _dense(values)) for name, values in labels.items()]
    return _framed(join(count, list(entries)))


def _dense(values: Any) -> Ragged:
    return _field(_VALUES, _floats(values, np.ones(len(values), np.int64)))


def _floats(values: Any, counts: Any) -> Ragged:
    return Ragged(np.ascontiguousarray(values, dtype="<f4").view(np.uint8), counts * 4)


def _entry(field: bytes, name: str, tensor: Ragged) -> Ragged:
    """An entry of a map: its name, and a Value that holds a Float32Tensor."""
    key = _MAP_KEY + bytes([len(name)]) + name.encode()
    value = _message(_MAP_VALUE, _message(_FLOAT32_TENSOR, tensor))
    return _message(field, join(len(tensor), [key, value]))


def _field(tag: bytes, content: Ragged) -> Ragged:
    """A field where it has content; protobuf leaves empty lists out."""
    present = content.lengths > 0
    if present.all():
        return _message(tag, content)
    some = _message(tag, Ragged(content.data, content.lengths[present]))
    lengths = np.zeros(len(content), np.int64)
    lengths[present] = some.lengths
    return Ragged(some.data, lengths)


def _message(tag: bytes, content: Ragged) -> Ragged:
    return join(len(content), [tag, varints(content.lengths), content])


def _framed(records: Ragged) -> bytes:
    count = len(records)
    lengths = Ragged(records.lengths.astype("<u4").view(np.uint8), np.full(count, 4))
    padding = -records.lengths % _ALIGNMENT
    zeros = Ragged(np.zeros(int(padding.sum()), np.uint8), padding)
    framed = join(count, [struct.pack("<I", MAGIC), lengths, records, zeros])
    return bytes(framed.data)
