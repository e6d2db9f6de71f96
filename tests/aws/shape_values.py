"""Values made by botocore's shapes, right ones and such as go wrong somewhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.aws.patterns import satisfies

_WRONG = st.sampled_from([None, "", "a b", "x" * 70, 0, -1, 1.5, True, [], {}, [1], {"a": 1}])
# Texts that, one or the other, fit the patterns of most shapes.
_TEXTS = ("a", "abc-1", "s3://bucket/key", "arn:aws:iam::123456789012:role/name", "text/csv", "1.0.0", "fs-12345678901")
_MOST = 2


def values(shape: Any, *, wrong: bool = False, depth: int = 0) -> Any:
    """A strategy for values of the shape; with `wrong`, now and then one that is not."""
    right = _right(shape, wrong, depth)
    return st.one_of(right, right, right, right, _WRONG) if wrong and depth else right


def _right(shape: Any, wrong: bool, depth: int) -> Any:
    made = {"structure": _structure, "list": _list, "map": _map}.get(shape.type_name)
    return made(shape, wrong, depth) if made else _scalar(shape)


def _list(shape: Any, wrong: bool, depth: int) -> Any:
    low = shape.metadata.get("min", 0)
    high = min(shape.metadata.get("max", _MOST), max(low, _MOST))
    return st.lists(values(shape.member, wrong=wrong, depth=depth + 1), min_size=low, max_size=high)


def _map(shape: Any, wrong: bool, depth: int) -> Any:
    inner = values(shape.value, wrong=wrong, depth=depth + 1)
    return st.dictionaries(_right(shape.key, wrong, depth), inner, max_size=_MOST)


def _scalar(shape: Any) -> Any:
    kind, low, high = shape.type_name, shape.metadata.get("min", 0), shape.metadata.get("max")
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "long"):
        return st.integers(low, low + 100 if high is None else high)
    return st.floats(low, 4e9) if kind in ("float", "double", "timestamp") else _text(shape.metadata)


def _text(metadata: dict[str, Any]) -> Any:
    if "enum" in metadata:
        return st.sampled_from(metadata["enum"])
    low, high = metadata.get("min", 0), metadata.get("max", 30)
    pattern = metadata.get("pattern", ".*")
    fitting = [text for text in _TEXTS if low <= len(text) <= high and satisfies(pattern, text)]
    if fitting:
        return st.sampled_from(fitting)
    return st.from_regex(pattern, fullmatch=True).filter(lambda text: low <= len(text) <= high)


def _structure(shape: Any, wrong: bool, depth: int) -> Any:
    members = shape.members
    if shape.is_tagged_union:
        return st.sampled_from(sorted(members)).flatmap(
            lambda name: st.fixed_dictionaries({name: values(members[name], wrong=wrong, depth=depth + 1)})
        )
    required = {name: values(members[name], wrong=wrong, depth=depth + 1) for name in shape.required_members}
    # Deep optional members would make the values as large as the models.
    simple = (
        ("string", "boolean", "integer", "list", "map") if depth > 1 else ("structure", "string", "integer", "list")
    )
    optional = {
        name: values(member, wrong=wrong, depth=depth + 1)
        for name, member in members.items()
        if name not in required and member.type_name in simple and depth < 4
    }
    return st.fixed_dictionaries(required, optional=optional)
