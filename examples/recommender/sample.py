"""Ratings to try the recommender with: those that Spark ships, or any number of made-up ones.

    python examples/recommender/sample.py ratings.csv --ratings 2000000 --items 160000

The made-up ones have a long tail: few items and customers have most of the ratings. What a customer gives an item
comes from hidden factors of both, so that there is something to learn.
"""

import argparse
import importlib.util
from pathlib import Path

import numpy as np

HIDDEN = 8
OFFERED = 5
CHUNK = 100_000
PYSPARK = importlib.util.find_spec("pyspark")
FILE = PYSPARK and Path(PYSPARK.origin).parent / "data" / "mllib" / "als" / "sample_movielens_ratings.txt"


def movielens(rows, seed):
    """Yields the ratings of pyspark's own sample_movielens_ratings.txt, all of them: they are real, and few.

    Without pyspark as many made-up ones of as many customers and items.
    """
    if FILE is None:
        yield from generate(1501, seed, customers=30, items=100)
        return
    for line in FILE.read_text(encoding="utf-8").splitlines():
        yield line.split("::")


# What a run says of where the rows are from; without it they are made-up ones.
movielens.source = None if FILE is None else "Spark's sample_movielens_ratings.txt"


def generate(rows, seed, customers=None, items=None):
    """Yields `rows` lists of customer, item, stars (1 to 5) and time, no pair of customer and item twice."""
    customers = customers or max(20, rows // 18)
    items = items or max(20, rows * 2 // 25)
    chance = np.random.default_rng(seed)
    tastes = _hidden(chance, customers)
    traits = _hidden(chance, items)
    moods, appeals = chance.normal(0, 0.4, customers), chance.normal(0, 0.4, items)
    for who, what in _pairs(chance, rows, tastes, traits):
        affinity = np.einsum("ij,ij->i", tastes[who], traits[what])
        stars = 3.3 + moods[who] + appeals[what] + affinity + chance.normal(0, 0.5, len(who))
        times = 1_400_000_000 + chance.integers(0, 50_000_000, len(who))
        for row in zip(who, what, np.clip(np.rint(stars), 1, 5).astype(int), times, strict=True):
            yield [f"C{row[0]:07}", f"V{row[1]:07}", int(row[2]), int(row[3])]


def _hidden(chance, count):
    return chance.normal(0, 0.7 / HIDDEN**0.25, (count, HIDDEN))


def _pairs(chance, rows, tastes, traits):
    """Different pairs in chunks: of some items that come along, most likely popular ones, the one most to the taste."""
    customers, items = len(tastes), len(traits)
    seen = np.empty(0, np.int64)
    who_shares, what_shares = _shares(customers, 0.6), _shares(items, 0.8)
    names, titles = chance.permutation(customers), chance.permutation(items)
    while len(seen) < rows:
        wanted = min(CHUNK, rows - len(seen))
        who = names[np.searchsorted(who_shares, chance.random(2 * wanted))]
        offered = titles[np.searchsorted(what_shares, chance.random((2 * wanted, OFFERED)))]
        best = np.einsum("ij,ikj->ik", tastes[who], traits[offered]).argmax(axis=1)
        what = offered[np.arange(len(who)), best]
        _, first = np.unique(who * items + what, return_index=True)
        pairs = (who * items + what)[np.sort(first)]
        pairs = pairs[~np.isin(pairs, seen)][:wanted]
        seen = np.concatenate([seen, pairs])
        yield pairs // items, pairs % items


def _shares(count, steepness):
    weights = 1 / np.arange(1, count + 1) ** steepness
    shares = np.cumsum(weights)
    return shares / shares[-1]


def main():
    """Writes a file of made-up ratings."""
    parser = argparse.ArgumentParser(description="Write made-up ratings as CSV: customer, item, stars, time.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with options.file.open("w", encoding="utf-8") as stream:
        for row in generate(options.ratings, options.seed, options.customers, options.items):
            stream.write(",".join(map(str, row)) + "\n")


if __name__ == "__main__":
    main()
