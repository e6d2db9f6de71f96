"""Paths of volumes: what a file calls /mnt/store is another folder wherever its tasks run."""

from __future__ import annotations

import re
from collections.abc import Mapping


def moved(text: str, places: Mapping[str, str]) -> str:
    """The text with each path in it, alone or at the beginning of a longer one, in its new place."""
    if not places:
        return text
    longest_first = sorted(places, key=len, reverse=True)
    paths = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<![\w./-])({paths})(?![\w.-])", lambda found: places[found[1]], text)
