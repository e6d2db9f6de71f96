"""Java's regular expressions as Python's, where the two mean the same."""

from __future__ import annotations

import re
from typing import NoReturn, Optional, Tuple

from pipeline.operators.text.java_charsets import ESCAPED_SETS, property_set

_LITERAL_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_TERMINATORS = r"\n\r\x85\u2028\u2029"
_DOLLAR = rf"(?:(?=(?:\r\n|[{_TERMINATORS}])?\Z)(?<!\r(?=\n)))"
_QUANTIFIER = re.compile(r"[*+?]|\{(\d{1,4})(,(\d{1,4})?)?\}")
_FLAGS = re.compile(r"\(\?([is]+)\)")

Piece = Tuple[str, bool]


class UntranslatableError(ValueError):
    """A pattern, or a part of one, that Python cannot be made to read as Java does."""


def java_regex(pattern: str, *, or_nothing: bool = False) -> "re.Pattern[str]":
    r"""A compiled pattern that finds in any text what `java.util.regex.Pattern` finds.

    With `or_nothing` it may match the empty text: then whether it is found is the same, but not where, as Java steps
    into the middle of surrogate pairs. Else UntranslatableError is raised for such a pattern, and in any case for
    lookbehind (which steps there too), for \b (its meaning changed with Java 19), and for what Python 3.9 lacks or has
    other rules for: possessive quantifiers, atomic groups, back references, nested and intersected classes, most flags.
    """
    return re.compile(*_Translation(pattern).whole(or_nothing))


class _Translation:
    """One pass from left to right: each method reads what it is named after, and says it in Python."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        flags = _FLAGS.match(pattern)
        self._flags = flags[1] if flags else ""
        self._at = flags.end() if flags else 0
        self._depth = 0

    def whole(self, or_nothing: bool) -> Tuple[str, "re.RegexFlag"]:
        text, may_be_empty = self._alternatives()
        if self._at < len(self._pattern):
            self._refuse("an unmatched ')'")
        if may_be_empty and not or_nothing:
            self._refuse("it may match nothing")
        return text, re.ASCII | re.IGNORECASE if "i" in self._flags else re.ASCII

    def _alternatives(self) -> Piece:
        self._depth += 1
        if self._depth > 50:
            self._refuse("groups that nest deeper than 50")
        parts = [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return "|".join(text for text, _ in parts), any(empty for _, empty in parts)

    def _sequence(self) -> Piece:
        made, may_be_empty = [], True
        while self._at < len(self._pattern) and self._peek() not in "|)":
            text, empty = self._quantified(*self._atom())
            made.append(text)
            may_be_empty = may_be_empty and empty
        return "".join(made), may_be_empty

    def _quantified(self, text: str, empty: bool) -> Piece:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if not found:
            if self._peek() == "{":
                self._refuse("a brace that is no quantifier")
            return text, empty
        if empty:
            self._refuse("a repeated part that may match nothing")
        self._at = found.end()
        lazy = "?" if self._next("?") else ""
        if self._peek() in tuple("*+?{"):
            self._refuse("a possessive or repeated quantifier")
        return text + found[0] + lazy, found[0] in "*?" or (found[1] is not None and int(found[1]) == 0)

    def _atom(self) -> Piece:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._set(), False
        if character == "\\":
            return self._escape()
        if character == ".":
            return (r"[\s\S]" if "s" in self._flags else f"[^{_TERMINATORS}]"), False
        if character in "^$":
            return (r"\A" if character == "^" else _DOLLAR), True
        if character in "*+?{":
            self._refuse(f"a dangling {character!r}")
        return re.escape(character), False

    def _group(self) -> Piece:
        opening, zero_width = "(?:", False
        if self._next("?"):
            kind = self._take()
            if kind not in ":=!":
                self._refuse(f"the group '(?{kind}'")
            opening, zero_width = f"(?{kind}", kind != ":"
        text, empty = self._alternatives()
        if not self._next(")"):
            self._refuse("an unclosed group")
        return f"{opening}{text})", empty or zero_width

    def _escape(self) -> Piece:
        character = self._peek()
        if character == "Q":
            return self._quote()
        if character in ("A", "z"):
            self._take()
            return (r"\A" if character == "A" else r"\Z"), True
        inner, negated = self._class_escape()
        if inner is None:
            return re.escape(self._literal_escape()), False
        return f"[{'^' if negated else ''}{inner}]", False

    def _quote(self) -> Piece:
        self._take()
        quoted, _, rest = self._pattern[self._at :].partition("\\E")
        self._at = len(self._pattern) - len(rest)
        if self._peek() in tuple("*+?{"):
            # A quantifier after a quote repeats its last character alone.
            self._refuse("a repeated quote")
        return re.escape(quoted), not quoted

    def _set(self) -> str:
        negation = "^" if self._next("^") else ""
        items = ""
        while not (items and self._peek() == "]"):
            items += self._item()
        self._take()
        return f"[{negation}{items}]"

    def _item(self) -> str:
        if self._peek() == "\\":
            self._take()
            inner, negated = self._class_escape()
            if inner is not None:
                if negated:
                    self._refuse("a negated class within a class")
                return inner
            first = self._literal_escape()
        else:
            first = self._plain()
        if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] == "]":
            return re.escape(first)
        self._take()
        last = self._literal_escape() if self._next("\\") else self._plain()
        if first > last:
            self._refuse(f"the range {first}-{last}")
        return f"{re.escape(first)}-{re.escape(last)}"

    def _plain(self) -> str:
        """A character that stands for itself within a class."""
        character = self._take()
        if character in "[]" or character == self._peek() == "&":
            self._refuse("a class within a class, or an empty one")
        return character

    def _class_escape(self) -> Tuple[Optional[str], bool]:
        """What stands for a class after a backslash: what it holds, and whether it is negated; None for others."""
        character = self._peek()
        if character in ("p", "P"):
            self._take()
            name = self._take()
            if name == "{":
                name, closed, _ = self._pattern[self._at :].partition("}")
                self._at += len(name + closed)
            inner = None if "i" in self._flags else property_set(name)
            if inner is None:
                self._refuse(f"the property {name!r}")
            return inner, character == "P"
        if character.lower() in ESCAPED_SETS:
            self._take()
            return ESCAPED_SETS[character.lower()], character.isupper()
        return None, False

    def _literal_escape(self) -> str:
        character = self._take()
        if character in _LITERAL_ESCAPES:
            return _LITERAL_ESCAPES[character]
        if character in "xu":
            return self._hexadecimal(character)
        if character.isascii() and character.isalnum():
            self._refuse(f"the escape '\\{character}'")
        return character

    def _hexadecimal(self, kind: str) -> str:
        form = r"\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2})" if kind == "x" else r"([0-9a-fA-F]{4})"
        found = re.compile(form).match(self._pattern, self._at)
        code = int(found[found.lastindex or 0], 16) if found else -1
        if found is None or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            self._refuse(f"the escape '\\{kind}' here")
        self._at = found.end()
        return chr(code)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self, character: str) -> bool:
        found = self._peek() == character
        self._at += found
        return found

    def _take(self) -> str:
        if self._at >= len(self._pattern):
            self._refuse("its end")
        self._at += 1
        return self._pattern[self._at - 1]

    def _refuse(self, what: str) -> NoReturn:
        raise UntranslatableError(f"pattern {self._pattern!r}: {what}, at {self._at}")
