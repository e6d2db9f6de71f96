"""SageMaker's `Record` as Google's protobuf reads and writes it: the independent reference."""

from __future__ import annotations

import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_TENSORS = {"Float32Tensor": _FIELD.TYPE_FLOAT, "Float64Tensor": _FIELD.TYPE_DOUBLE, "Int32Tensor": _FIELD.TYPE_INT32}
_VALUE = {
    "float32_tensor": ("Float32Tensor", 2),
    "float64_tensor": ("Float64Tensor", 3),
    "int32_tensor": ("Int32Tensor", 7),
}


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="aialgs.data", syntax="proto2")
    for name, kind in _TENSORS.items():
        tensor = file.message_type.add(name=name)
        for number, (field, of) in enumerate(
            (("values", kind), ("keys", _FIELD.TYPE_UINT64), ("shape", _FIELD.TYPE_UINT64)), 1
        ):
            made = tensor.field.add(name=field, number=number, type=of, label=_FIELD.LABEL_REPEATED)
            made.options.packed = True
    many = file.message_type.add(name="Bytes")
    many.field.add(name="value", number=1, type=_FIELD.TYPE_BYTES, label=_FIELD.LABEL_REPEATED)
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, (kind_name, number) in {**_VALUE, "bytes": ("Bytes", 9)}.items():
        value.field.add(
            name=name,
            number=number,
            type=_FIELD.TYPE_MESSAGE,
            type_name=f".aialgs.data.{kind_name}",
            label=_FIELD.LABEL_OPTIONAL,
            oneof_index=0,
        )
    record = file.message_type.add(name="Record")
    for number, (name, entry_name) in enumerate((("features", "FeaturesEntry"), ("label", "LabelEntry")), 1):
        entry = record.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
        entry.field.add(
            name="value",
            number=2,
            type=_FIELD.TYPE_MESSAGE,
            type_name=".aialgs.data.Value",
            label=_FIELD.LABEL_OPTIONAL,
        )
        record.field.add(
            name=name,
            number=number,
            type=_FIELD.TYPE_MESSAGE,
            label=_FIELD.LABEL_REPEATED,
            type_name=f".aialgs.data.Record.{entry_name}",
        )
    for number, name in enumerate(("uid", "metadata", "configuration"), 3):
        record.field.add(name=name, number=number, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    return file


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())
Record = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("aialgs.data.Record"))


def framed(*contents: bytes) -> bytes:
    """Contents as RecordIO frames."""
    return b"".join(
        struct.pack("<II", 0xCED7230A, len(content)) + content + bytes(-len(content) % 4) for content in contents
    )


def contents(stream: bytes) -> list[bytes]:
    """What the frames of a stream hold."""
    found, at = [], 0
    while at < len(stream):
        magic, length = struct.unpack_from("<II", stream, at)
        assert magic == 0xCED7230A
        found.append(stream[at + 8 : at + 8 + length])
        at += 8 + length + -length % 4
    return found


def message(
    values: list[float],
    keys: list[int] | None = None,
    size: int | None = None,
    label: float | None = None,
    tensor: str = "float32_tensor",
) -> Any:
    """A Record with one row."""
    record = Record()
    held = getattr(record.features["values"], tensor)
    held.SetInParent()
    held.values.extend(values)
    held.keys.extend(keys or [])
    held.shape.extend([] if size is None else [size])
    if label is not None:
        getattr(record.label["values"], tensor).values.append(label)
    return record
