"""How good a recommender is on ratings that it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluation.metrics import BINARY, REGRESSION, evaluate
from pipeline.evaluation.ranking import Pairs, precision_and_recall
from pipeline.factorization.model import FactorizationMachine
from pipeline.factorization.table import REGRESSOR
from pipeline.recordio import Rows, read_rows


def read_split(folder: Path) -> Rows:
    """The rows of a split as the Spark job wrote it, in the order of its files; raises DataError."""
    parts = []
    for path in sorted(folder.glob("part-*")):
        with path.open("rb") as stream:
            parts += list(read_rows(stream, f"{folder.name}/{path.name}"))
    return Rows.together(parts)


def task_of(machine: FactorizationMachine) -> str:
    """What kind of problem it solves."""
    return REGRESSION if machine.predictor_type == REGRESSOR else BINARY


def measure(
    machine: FactorizationMachine,
    train: Rows,
    test: Rows,
    *,
    customers: int,
    items: int,
    top: int,
    positive: float,
    scores: Any = None,
) -> dict[str, Any]:
    """The metrics of its task, and precision and recall of the `top` items of each customer, with a `baseline`.

    The baseline predicts the mean rating of the training rows, and recommends what most customers have rated there.
    Rows are one-hot, customers first. A test row is relevant from the label `positive` on, or 1 of a classifier.
    `scores` are the machine's of the test rows, where they are known.
    """
    assert train.labels is not None and test.labels is not None  # noqa: S101, PT018 - the Spark job wrote them
    scores = machine.scores(test) if scores is None else scores
    task = task_of(machine)
    metrics, _ = evaluate(task, test.labels, scores, 2)
    baseline = metrics.pop("baseline")
    if task == REGRESSION:
        mean = float(train.labels.astype(np.float64).mean())
        baseline = {"rmse": float(np.sqrt(((test.labels.astype(np.float64) - mean) ** 2).mean()))}
    relevant = test.labels >= (positive if task == REGRESSION else 1)
    found = precision_and_recall(
        _scorer(machine, customers, items),
        _pairs(train, customers),
        _pairs(test, customers, relevant),
        items=items,
        top=top,
    )
    for place, name in enumerate(("precision", "recall")):
        metrics[f"{name}_at_{top}"] = found["model"][place]
        baseline[f"{name}_at_{top}"] = found["popularity"][place]
    return {**metrics, "baseline": baseline}


def _scorer(machine: FactorizationMachine, customers: int, items: int) -> Any:
    """All items' scores for some customers, up to what is the same for all items of one."""
    factors, weights = machine.factors[customers : customers + items], machine.linear[customers : customers + items]

    def score(chosen: Any) -> Any:
        return machine.factors[chosen] @ factors.T + weights

    return score


def _pairs(rows: Rows, customers: int, chosen: Any = slice(None)) -> Pairs:
    keys = rows.keys.reshape(-1, 2)[chosen]
    return Pairs(keys[:, 0], keys[:, 1] - customers)
