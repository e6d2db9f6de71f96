"""The loop over boosting rounds, in stretches between checkpoints.

A stretch begins as a resumed job does. Where nothing is drawn at random, XGBoost goes on from a saved booster to the
very same trees, so a job is one stretch. Where rows, columns or trees are drawn, the state of its generators is not
saved with the booster: then every checkpoint begins a new stretch with a new booster and a seed of its own, and an
interrupted job ends with the same model as one that was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.training.checkpoints import Checkpoint, Checkpoints
from pipeline.training.hosts.group import Group

_SHARES = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode")
_SEEDS = 2**31 - 1


def boost(
    params: Mapping[str, Any],
    num_round: int,
    matrices: Sequence[Any],
    names: Sequence[str],
    *,
    callbacks: Any,
    group: Group,
    checkpoints: Checkpoints | None,
) -> Any:
    """Trains on the first matrix and evaluates on all by their names; returns the `xgboost.Booster`.

    `callbacks` is an `xgboost.callback.CallbackContainer`, whose history gets the metrics. Resumes from the
    checkpoint where there is one.
    """
    import xgboost

    evals = list(zip(matrices, names, strict=True))
    checkpoint = _resume(checkpoints, group, matrices[0].num_col())
    start = checkpoint.rounds if checkpoint else 0

    def begin(model: bytes | None, at: int) -> Any:
        model_file = bytearray(model) if model else None
        return xgboost.Booster(_seeded(params, at), list(matrices), model_file=model_file)

    booster = callbacks.before_training(begin(checkpoint.model if checkpoint else None, start))
    ended = checkpoint is not None and _replay(checkpoint, callbacks, booster)
    drawn = is_drawn(params)
    for at in range(start, num_round):
        if ended:
            break
        booster.update(matrices[0], at)
        ended = callbacks.after_iteration(booster, at, matrices[0], evals)
        if checkpoints is None:
            continue
        due = (at + 1) % checkpoints.every == 0
        # A stretch that began where the job was stopped would draw what an uninterrupted job does not.
        if (due or (ended and not drawn)) and group.rank == 0:
            checkpoints.save(booster, callbacks.history)
        if due and drawn and not ended:
            booster = begin(bytes(booster.save_raw("ubj")), at + 1)
    return callbacks.after_training(booster).reset()


def is_drawn(params: Mapping[str, Any]) -> bool:
    """True where training draws rows, columns or trees at random."""
    if params.get("booster") == "dart" and (params.get("rate_drop") or params.get("one_drop")):
        return True
    return any(params.get(name, 1) != 1 for name in _SHARES)


def _seeded(params: Mapping[str, Any], at: int) -> dict[str, Any]:
    """The parameters of a stretch that begins after `at` rounds: it must not draw what the first one drew."""
    return {**params, "seed": (params.get("seed", 0) + at * 0x9E3779B1) % _SEEDS} if at else dict(params)


def _resume(checkpoints: Checkpoints | None, group: Group, num_feature: int) -> Checkpoint | None:
    """The first host's checkpoint, on every host."""
    if checkpoints is None:
        return None
    content = group.from_first(checkpoints.read() if group.rank == 0 else b"")
    return checkpoints.open(content, num_feature) if content else None


def _replay(checkpoint: Checkpoint, callbacks: Any, booster: Any) -> bool:
    """Brings history and early stopping to where they were; true where the job had come to its end."""
    from xgboost.callback import EarlyStopping

    for channel, log in checkpoint.evals.items():
        callbacks.history[channel] = {name: list(scores) for name, scores in log.items()}
    ended = False
    for callback in callbacks.callbacks:
        if isinstance(callback, EarlyStopping):
            callback.starting_round = 0
            for epoch in range(checkpoint.rounds):
                so_far = {
                    channel: {name: scores[: epoch + 1] for name, scores in log.items()}
                    for channel, log in checkpoint.evals.items()
                }
                ended = callback.after_iteration(booster, epoch, so_far)
    return ended
