"""Patterns translated for Python find what java.util.regex finds."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from text_cases import TEXTS

from pipeline.operators.text.java_regex import UntranslatableError, java_regex
from pipeline.operators.text.limited_regex import LimitedRegex

PATTERNS = [
    r"\s+",
    r"\W+",
    r"[^\w']+",
    r"\d{2,3}",
    r"a|b+?|c",
    r"(a|(b))+",
    r"(?:ab)+(?=c)",
    r"x(?!y)",
    r".",
    r"(?s).+",
    r"(?i)é|a|K",
    r"^a|b$",
    r"a\z|\Ab",
    r"[\p{Punct}\s]+",
    r"\P{Alpha}+",
    r"\p{L}+",
    r"[^\p{L}\p{N}]+",
    r"\p{IsLu}|\pS",
    r"[a-c&x-]",
    r"[-+.^]",
    r"[\]\\]",
    r"\Q.*\E|,",
    r"\Q[a",
    r"\x41|\x{1F600}|\u00e9|\t",
    r"[^😀a]+",
    r"😀+",
    r"\h|\v",
    r"[\h\v]+",
    r"a{2}|b{1,}|c{0,2}d",
    r"[+--]",
    r"]|}",
    "a b#c",
]

REFUSED = [
    (r"a*", "may match nothing"),
    (r"", "may match nothing"),
    (r"^", "may match nothing"),
    (r"(?=a)", "may match nothing"),
    (r"(a*)+b", "may match nothing"),
    (r"\bword\b", r"escape '\\b'"),
    (r"(?<=a)b", r"group '\(\?<'"),
    (r"(?>a)", r"group '\(\?>'"),
    (r"a++", "possessive"),
    (r"a{2}{3}", "possessive or repeated"),
    (r"(a)\1", r"escape '\\1'"),
    (r"[a[b]]", "class within a class"),
    (r"[a-z&&[^b]]", "class within a class"),
    (r"[]a]", "class within a class"),
    (r"[^\D\s]", "negated class"),
    (r"(?m)^a", r"group '\(\?m'"),
    (r"\p{IsGreek}", "IsGreek"),
    (r"\p{C}", "'C'"),
    (r"(?i)\p{Lower}", "Lower"),
    (r"\ud83d", "escape"),
    (r"\x{110000}", "escape"),
    (r"a{", "brace"),
    (r"+a", "dangling"),
    (r"(a", "unclosed"),
    (r"a)", "unmatched"),
    (r"[a", "its end"),
    (r"[z-a]", "range"),
    ("\\", "its end"),
    ("(" * 60 + "a" + ")" * 60, "nest deeper"),
    (r"a{99999}", "brace"),
]

TRIED = [
    *TEXTS,
    "abcabc aab\r\nbb\u0085c\u2028",
    "+,-.^]\\}[a &x",
    "K\u212a k é É",
    "xy x",
    "aa bbb 123 4567",
    "b\n",
    "a b#c",
]

atoms = st.sampled_from(
    [r"\s", r"\w", r"\D", ".", "a", "b", "é", "😀", "[ab]", "[^a ]", r"\.", "$", "^", "-", r"\p{L}", "(?=b)"]
)
quantifiers = st.sampled_from(["", "", "", "*", "+", "?", "+?", "*?", "{2}", "{0,1}"])
patterns = st.recursive(
    st.tuples(atoms, quantifiers).map("".join),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, quantifiers).map(lambda both: f"({both[0]}){both[1]}"),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_translated_pattern_finds_what_javas_finds(spark: Any, pattern: str) -> None:
    for text in TRIED:
        assert java_regex(pattern).sub("⟦\\g<0>⟧", text) == of_java(spark, pattern, text)


@settings(max_examples=150)
@given(pattern=patterns, text=st.text(st.sampled_from("aabB1 é😀-.\n\r_"), max_size=12))
def test_any_pattern_finds_what_javas_finds_or_is_refused(spark: Any, pattern: str, text: str) -> None:
    try:
        translated = java_regex(pattern)
    except UntranslatableError:
        assume(False)
    assert translated.sub("⟦\\g<0>⟧", text) == of_java(spark, pattern, text)
    limited = LimitedRegex(translated)
    assert limited.matches(text) == [found[0] for found in translated.finditer(text)]
    assert limited.found(text) == bool(translated.search(text))
    ends = [0, *(end for found in translated.finditer(text) for end in found.span()), len(text)]
    assert limited.pieces(text) == [text[start:stop] for start, stop in zip(ends[::2], ends[1::2], strict=True)]


@pytest.mark.parametrize(("pattern", "said"), REFUSED)
def test_what_python_reads_otherwise_is_refused_by_name(pattern: str, said: str) -> None:
    with pytest.raises(UntranslatableError, match=said) as caught:
        java_regex(pattern)
    assert repr(pattern) in str(caught.value)


@given(pattern=st.text(st.sampled_from(r"ab\[]()?:=!<>{}1,*+|^$.-&Qpix "), max_size=12))
def test_any_text_is_translated_or_refused(pattern: str) -> None:
    with suppress(UntranslatableError):
        assert isinstance(java_regex(pattern), re.Pattern)


def of_java(spark: Any, pattern: str, text: str) -> str:
    return str(spark._jvm.org.apache.commons.lang3.RegExUtils.replaceAll(text, pattern, "⟦$0⟧"))
