"""Which of XGBoost's updaters go together."""

from __future__ import annotations

from pipeline.errors import TrainingError

_GROWING = ("grow_colmaker", "grow_histmaker", "grow_quantile_histmaker")
# They come after one that grows a tree.
_FINISHING = ("prune", "refresh", "sync")
_LINEAR = ("shotgun", "coord_descent")


def check_updaters(names: tuple[str, ...], booster: str) -> None:
    """Accepts one linear updater for gblinear; for trees one that grows, then any that finish; else TrainingError."""
    found = ",".join(names)
    if booster == "gblinear":
        if len(names) != 1 or names[0] not in _LINEAR:
            raise TrainingError(f"updater: found {found!r}; expected one of {', '.join(_LINEAR)} with gblinear")
    elif names[0] not in _GROWING or not all(name in _FINISHING for name in names[1:]):
        raise TrainingError(
            f"updater: found {found!r}; expected one of {', '.join(_GROWING)}, "
            f"and after it any of {', '.join(_FINISHING)}",
            hint="tree_method chooses the updater by itself",
        )
