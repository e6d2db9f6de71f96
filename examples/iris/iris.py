"""Which iris it is, by the width of its petals: softmax regression, learned by scikit-learn and kept as numbers."""

from __future__ import annotations

import numpy as np
from model_store import Model

SEED, TEST = 7, 0.3


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Widths in cm and classes, to train on and to test on, and the names of the classes."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    data = load_iris()
    widths, classes = data["data"][:, 3:], data["target"]
    train, test, train_classes, test_classes = train_test_split(
        widths, classes, test_size=TEST, random_state=SEED, stratify=classes
    )
    return train, train_classes, test, test_classes, [str(name) for name in data["target_names"]]


def fit(widths: np.ndarray, classes: np.ndarray, names: list[str]) -> Model:
    """The model of these rows."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=100.0, max_iter=1000).fit(widths, classes)
    return {
        "classes": names,
        "coefficients": fitted.coef_[:, 0].tolist(),
        "intercepts": fitted.intercept_.tolist(),
    }


def probabilities(model: Model, widths: np.ndarray) -> np.ndarray:
    """One row for each width, one column for each class."""
    scores = widths * np.array(model["coefficients"]) + np.array(model["intercepts"])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
