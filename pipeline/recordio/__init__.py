"""SageMaker's recordIO-protobuf: rows of numbers with labels, in and out, as its built-in algorithms take them."""

from pipeline.recordio.framing import frames
from pipeline.recordio.reading import read_labels, read_rows
from pipeline.recordio.rows import Rows
from pipeline.recordio.writing import encode_labels, encode_rows

CONTENT_TYPE = "application/x-recordio-protobuf"

__all__ = ["CONTENT_TYPE", "Rows", "encode_labels", "encode_rows", "frames", "read_labels", "read_rows"]
