"""Precision and recall of recommendations, against the same counted one customer at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation import ranking
from pipeline.evaluation.ranking import Pairs, precision_and_recall

ITEMS, CUSTOMERS = 12, 6
PAIRS = st.sets(st.tuples(st.integers(0, CUSTOMERS - 1), st.integers(0, ITEMS - 1)), max_size=40)


def pairs(found: Any) -> Pairs:
    columns = np.array(sorted(found), np.int64).reshape(-1, 2)
    return Pairs(columns[:, 0], columns[:, 1])


def counted(scores: Any, seen: Any, relevant: Any, top: int) -> tuple[float, float]:
    """As it is defined."""
    precisions, recalls = [], []
    for customer in sorted({who for who, _ in relevant}):
        wanted = {what for who, what in relevant if who == customer}
        unseen = [item for item in range(ITEMS) if (customer, item) not in seen]
        best = sorted(unseen, key=lambda item: (-scores[customer, item], item))[:top]
        hits = len(wanted & set(best))
        precisions.append(hits / top)
        recalls.append(hits / len(wanted))
    return float(np.mean(precisions)), float(np.mean(recalls))


@settings(max_examples=150)
@given(PAIRS, PAIRS.filter(bool), st.integers(1, ITEMS), st.integers(0, 5), st.sampled_from([1, 30, 1 << 20]))
def test_it_is_what_counting_says(seen: Any, relevant: Any, top: int, levels: int, cells: int) -> None:
    # Few levels: many ties.
    scores = np.random.default_rng(levels).integers(0, levels + 1, (CUSTOMERS, ITEMS)).astype(np.float32)
    popular = np.zeros((CUSTOMERS, ITEMS))
    for _, item in seen:
        popular[:, item] += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_CELLS", cells)
        found = precision_and_recall(
            lambda some: scores[some].copy(), pairs(seen), pairs(relevant), items=ITEMS, top=top
        )
    assert found["model"] == pytest.approx(counted(scores, seen, relevant, top))
    assert found["popularity"] == pytest.approx(counted(popular, seen, relevant, top))


def test_without_anything_relevant_there_is_nothing_to_find() -> None:
    none: Any = set()
    found = precision_and_recall(
        lambda some: np.zeros((len(some), ITEMS)), pairs(none), pairs(none), items=ITEMS, top=3
    )
    assert found == {"model": (0.0, 0.0), "popularity": (0.0, 0.0)}
