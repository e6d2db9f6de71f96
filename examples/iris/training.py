"""`python training.py train|validate|deploy`: the three tasks of the pipeline."""

from __future__ import annotations

import sys

from iris import fit, probabilities, rows
from model_store import CANDIDATE, PRODUCTION, ModelStore

# A model below it does not go into production.
LEAST_ACCURACY = 0.9


def train() -> None:
    """Learns, and keeps the model as a candidate."""
    widths, classes, _, _, names = rows()
    version = ModelStore().save(CANDIDATE, fit(widths, classes, names))
    print(f"trained {version} on {len(widths)} rows")


def validate() -> None:
    """Measures the candidate on rows that it has not seen; ends with status 1 where it is not good enough."""
    store = ModelStore()
    version = store.latest(CANDIDATE)
    if version is None:
        sys.exit("there is no candidate: train first")
    model = store.load(CANDIDATE, version)
    _, _, widths, classes, _ = rows()
    accuracy = float((probabilities(model, widths).argmax(axis=1) == classes).mean())
    print(f"accuracy {accuracy:.4f} of {version} on {len(widths)} test rows")
    if accuracy < LEAST_ACCURACY:
        sys.exit(f"an accuracy of {LEAST_ACCURACY} is asked for")
    store.save(CANDIDATE, {**model, "accuracy": accuracy})


def deploy() -> None:
    """Hands the candidate on to whoever serves."""
    store = ModelStore()
    version = store.latest(CANDIDATE)
    model = store.load(CANDIDATE, version) if version is not None else {}
    if "accuracy" not in model:
        sys.exit("the candidate is not validated")
    print(f"deployed {store.save(PRODUCTION, model)}, accuracy {model['accuracy']:.4f}")


if __name__ == "__main__":
    {"train": train, "validate": validate, "deploy": deploy}[sys.argv[1]]()
