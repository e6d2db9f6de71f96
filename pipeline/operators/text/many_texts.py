"""Many plain texts split at their spaces at once, by Arrow; operators take texts one by one where it is not there."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from pipeline.columns import TextLists
from pipeline.operators.text.plain_tokens import SPACE
from pipeline.operators.text.token_lists import filtered

# Fewer texts are as quick one by one.
_MANY = 256
_OTHER_SPACE = SPACE - {" "}


def split_at_spaces(texts: Sequence[str], *, empty: bool) -> Optional[TextLists]:
    """The texts in lower case, split at each space; None where that takes more care, or does not pay.

    With `empty` tokens may be empty; then no text ends in a space, after which Java drops them.
    """
    if len(texts) < _MANY or not _are_plain(texts):
        return None
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        return None
    array = pa.array(texts, pa.string())
    if empty and pc.any(pc.ends_with(array, " ")).as_py():
        return None
    lists = pc.split_pattern(pc.ascii_lower(array), " ")
    tokens = lists.values.dictionary_encode()
    words = tokens.dictionary.to_pylist()
    made = TextLists(_whole(lists.offsets).astype(np.int64), _whole(tokens.indices), words)
    return made if empty else filtered(made, [bool(word) for word in words], null_stays=True)


def _whole(array: Any) -> Any:
    return array.to_numpy(zero_copy_only=False)


def _are_plain(texts: Sequence[str]) -> bool:
    """ASCII without white space but spaces."""
    whole = "".join(texts)
    return whole.isascii() and not any(space in whole for space in _OTHER_SPACE)
