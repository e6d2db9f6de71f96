"""Between Arrow's lists and maps and the scorer's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.columns import Maps, TextLists, VectorLists


def texts_from_arrow(array: Any) -> TextLists:
    """Lists of texts of any list type; null lists and null texts are kept."""
    if pa.types.is_fixed_size_list(array.type) or pa.types.is_large_list(array.type):
        array = array.cast(pa.list_(pa.string()))
    sizes = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    indptr = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(sizes, out=indptr[1:])
    words = array.flatten()
    if not pa.types.is_dictionary(words.type):
        words = words.dictionary_encode()
    codes = words.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    valid = None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)
    return TextLists(indptr, codes, words.dictionary.to_pylist(), valid)


def maps_from_arrow(array: Any) -> Maps:
    """Maps from text; null maps are kept."""
    return Maps([None if value is None else dict(value) for value in array.to_pylist()])


def lists_to_arrow(column: TextLists | VectorLists | Maps) -> Any:
    """Arrow's lists and maps: list<string>, fixed-size lists of vectors, map<string, ...>."""
    if isinstance(column, TextLists):
        return _texts(column)
    return _vectors(column) if isinstance(column, VectorLists) else _maps(column)


def _texts(column: TextLists) -> Any:
    codes = pa.array(column.codes, type=pa.int32(), mask=column.codes < 0)
    texts = pa.DictionaryArray.from_arrays(codes, pa.array(column.words, type=pa.string())).cast(pa.string())
    mask = None if column.valid is None else pa.array(~column.valid)
    return pa.ListArray.from_arrays(pa.array(column.indptr.astype(np.int32)), texts, mask=mask)


def _vectors(column: VectorLists) -> Any:
    _, vectors, size = column.values.shape
    inner = pa.FixedSizeListArray.from_arrays(pa.array(column.values.ravel()), size)
    return pa.FixedSizeListArray.from_arrays(inner, vectors)


def _maps(column: Maps) -> Any:
    entries = [None if value is None else list(value.items()) for value in column.values]
    kinds = pa.array([one for value in column.values if value for one in value.values()]).type
    return pa.array(entries, type=pa.map_(pa.string(), kinds))
