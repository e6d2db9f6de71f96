"""Learning a factorization machine: mini-batches and Adam, of which only the features that occur are touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import TrainingError
from pipeline.factorization.hyperparameters import Group, Hyperparameters
from pipeline.factorization.metrics import Sums
from pipeline.factorization.model import FactorizationMachine, activated, chunks, compact
from pipeline.recordio import Rows
from pipeline.recordio.ragged import places
from pipeline.training.watching import Condition, never

_SEED = 0
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8

# An epoch's number, and the metrics of each channel.
Progress = Callable[[int, dict[str, dict[str, float]]], None]


@dataclass(frozen=True)
class Fitted:
    """The model, the epochs done, and the metrics of each by channel and name."""

    model: FactorizationMachine
    epochs: int
    evals: dict[str, dict[str, list[float]]]


def fit(
    hyperparameters: Hyperparameters,
    train: Rows,
    test: Rows | None = None,
    *,
    progress: Progress | None = None,
    should_stop: Condition = never,
) -> Fitted:
    """Learns from rows with labels; the same rows make the same model. Raises TrainingError where it diverges.

    Metrics of the train channel are those of its batches as they were learned. With `should_stop` it ends after the
    current batch, and the model is what has been learned until then.
    """
    assert hyperparameters.feature_dim is not None  # noqa: S101 - checked with the channels
    learner = _Learner(hyperparameters)
    order = np.random.default_rng(_SEED + 1)
    evals: dict[str, dict[str, list[float]]] = {}
    done = 0
    for epoch in range(hyperparameters.epochs):
        sums = Sums(hyperparameters.predictor_type)
        # Each epoch in another order, so that no feature is always the last.
        for batch in chunks(_shuffled(train, order.permutation(len(train))), hyperparameters.mini_batch_size):
            if should_stop():
                return Fitted(learner.model, done, evals)
            sums.add(learner.learn(batch), batch.labels)
        _check_finite(sums, epoch)
        metrics = {"train": sums.metrics()}
        if test is not None:
            metrics["test"] = evaluate(learner.model, test)
        for channel, values in metrics.items():
            for name, value in values.items():
                evals.setdefault(channel, {}).setdefault(name, []).append(value)
        done += 1
        if progress is not None:
            progress(epoch, metrics)
    return Fitted(learner.model, done, evals)


def evaluate(model: FactorizationMachine, rows: Rows) -> dict[str, float]:
    """The model's metrics on rows with labels."""
    sums = Sums(model.predictor_type)
    for batch in chunks(rows):
        sums.add(model.scores(batch), batch.labels)
    return sums.metrics()


class _Learner:
    """The parameters and what Adam remembers of them."""

    def __init__(self, hyperparameters: Hyperparameters) -> None:
        self._given = hyperparameters
        chance = np.random.default_rng(_SEED)
        size = hyperparameters.feature_dim or 0
        self._bias = _Adam(hyperparameters, hyperparameters.bias, (1,), chance)
        self._linear = _Adam(hyperparameters, hyperparameters.linear, (size,), chance)
        self._factors = _Adam(hyperparameters, hyperparameters.factors, (size, hyperparameters.num_factors), chance)
        self.model = FactorizationMachine(
            hyperparameters.predictor_type, self._bias.values, self._linear.values, self._factors.values
        )

    def learn(self, batch: Rows) -> Any:
        """One step; returns the scores of the batch as they were before it."""
        found, matrix = compact(batch, np.float32)
        factors = self._factors.values[found]
        squared = matrix.power(2)
        sums = matrix @ factors
        raw = self._bias.values[0] + matrix @ self._linear.values[found]
        raw = raw + ((sums**2 - squared @ (factors**2)) / 2).sum(axis=1)
        scores = activated(raw, self._given.predictor_type)
        # The derivative of half the squared error, and of the cross entropy alike.
        error = (scores - batch.labels).astype(np.float32)
        error *= np.float32(self._given.rescale_grad or 1 / len(batch))
        turned = matrix.T
        self._factors.step(found, turned @ (error[:, None] * sums) - factors * (squared.T @ error)[:, None])
        self._linear.step(found, turned @ error)
        self._bias.step(slice(None), error.sum(keepdims=True))
        return scores


class _Adam:
    """One group of parameters with the moments of its gradients.

    Source: D. Kingma, J. Ba, Adam, ICLR 2015, in its lazy form: what does not occur in a batch stays as it is.
    """

    def __init__(self, given: Hyperparameters, group: Group, shape: tuple[int, ...], chance: Any) -> None:
        self.values = _started(group, shape, chance)
        self._mean, self._square = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._rate, self._decay = group.rate, np.float32(group.decay)
        self._clip, self._epsilon = given.clip_gradient, np.float32(given.eps or _EPSILON)
        self._steps = 0

    def step(self, places: Any, gradient: Any) -> None:
        """Moves the parameters at some places, each of which stands there once."""
        self._steps += 1
        values = self.values[places]
        gradient = gradient + self._decay * values
        if self._clip is not None:
            gradient = np.clip(gradient, -self._clip, self._clip)
        mean = np.float32(_MEAN_DECAY) * self._mean[places] + np.float32(1 - _MEAN_DECAY) * gradient
        square = np.float32(_SQUARE_DECAY) * self._square[places] + np.float32(1 - _SQUARE_DECAY) * gradient**2
        self._mean[places], self._square[places] = mean, square
        rate = self._rate * (1 - _SQUARE_DECAY**self._steps) ** 0.5 / (1 - _MEAN_DECAY**self._steps)
        self.values[places] = values - np.float32(rate) * mean / (np.sqrt(square) + self._epsilon)


def _started(group: Group, shape: tuple[int, ...], chance: Any) -> Any:
    start = group.start
    if start.method == "constant":
        return np.full(shape, start.scale, np.float32)
    if start.method == "uniform":
        return chance.uniform(-start.scale, start.scale, shape).astype(np.float32)
    return chance.normal(0, start.scale, shape).astype(np.float32)


def _shuffled(rows: Rows, order: Any) -> Rows:
    counts = np.diff(rows.starts)
    chosen = places(rows.starts[:-1][order], counts[order])
    return Rows(
        np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[order])]),
        rows.keys[chosen],
        rows.values[chosen],
        rows.sizes[order],
        None if rows.labels is None else rows.labels[order],
    )


def _check_finite(sums: Sums, epoch: int) -> None:
    if not np.isfinite(sums.squares):
        raise TrainingError(
            f"the loss of epoch {epoch} is no finite number: training diverges",
            hint="lower factors_lr, linear_lr and bias_lr, or set clip_gradient",
        )
