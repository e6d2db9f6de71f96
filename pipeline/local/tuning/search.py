"""Which hyperparameters to try next: SageMaker's strategies by Optuna's samplers."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pipeline.local.tuning.hyperband import Resources
from pipeline.local.tuning.objective import Objective
from pipeline.local.tuning.ranges import Categorical, Range

_STARTUP = (3, 10)  # how many jobs Bayesian search draws at random before it has something to go by


class Trial:
    """One choice of hyperparameters; `texts` is what the training job gets, by name."""

    def __init__(self, study: Any, trial: Any, texts: dict[str, str]) -> None:
        self._study, self._trial, self.texts = study, trial, texts
        self._reported = 0

    def report(self, values: Sequence[float]) -> bool:
        """Tells all values so far, round by round; true where the job does too badly to go on."""
        prune = False
        for step, value in enumerate(values[self._reported :], start=self._reported + 1):
            self._trial.report(value, step)
            prune = prune or self._trial.should_prune()
        self._reported = max(self._reported, len(values))
        return bool(prune)

    def finish(self, value: float | None, *, stopped: bool = False) -> None:
        """Tells how it ended: with a value, or with none where the job failed."""
        from optuna.trial import TrialState

        if value is None:
            self._study.tell(self._trial, state=TrialState.FAIL)
        elif stopped and self._reported:
            self._study.tell(self._trial, state=TrialState.PRUNED)
        else:
            self._study.tell(self._trial, value)


class Search:
    """The choices of one tuning job.

    `resources` are Hyperband's. The same seed chooses alike where training jobs end in the same order.
    """

    def __init__(
        self,
        name: str,
        strategy: str,
        ranges: Sequence[Range],
        objective: Objective,
        *,
        jobs: int,
        seed: int | None = None,
        resources: Resources | None = None,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._ranges = {each.name: each for each in ranges}
        self._distributions = {each.name: each.distribution() for each in ranges}
        self._study = optuna.create_study(
            # Hyperband deals out its brackets by the study's name.
            study_name=name,
            direction="maximize" if objective.maximize else "minimize",
            sampler=_sampler(strategy, jobs, seed),
            pruner=resources.pruner() if resources else optuna.pruners.NopPruner(),
        )
        # Choices that come before those of the sampler.
        self._first = deque(grid(ranges) if strategy == "Grid" else ())

    def next(self) -> Trial:
        """The next choice."""
        if self._first:
            self._study.enqueue_trial(self._params(self._first.popleft()))
        trial = self._study.ask(self._distributions)
        texts = {name: each.text(trial.params[name]) for name, each in self._ranges.items()}
        return Trial(self._study, trial, texts)

    def try_first(self, texts: Mapping[str, str]) -> bool:
        """Puts a choice before those that come of themselves; false where it does not fit the ranges."""
        fits = self._params(texts) is not None
        if fits:
            self._first.append(dict(texts))
        return fits

    def learn(self, texts: Mapping[str, str], value: float) -> bool:
        """Takes in what another job has found; false where its choice does not fit the ranges."""
        from optuna.trial import create_trial

        params = self._params(texts)
        if params is not None:
            self._study.add_trial(create_trial(params=params, distributions=self._distributions, value=value))
        return params is not None

    def take_up(self, texts: Mapping[str, str]) -> Trial | None:
        """A choice that was made before, and is not to be made again; None where it does not fit the ranges."""
        if self._params(texts) is None:
            return None
        with suppress(ValueError):
            self._first.remove(dict(texts))
        self._first.appendleft(dict(texts))
        return self.next()

    def _params(self, texts: Mapping[str, str]) -> dict[str, Any] | None:
        try:
            return {name: each.value(texts[name]) for name, each in self._ranges.items()}
        except (KeyError, ValueError):
            return None


def grid(ranges: Iterable[Range]) -> list[dict[str, str]]:
    """All combinations of categorical ranges, the last range fastest."""
    categorical = [each for each in ranges if isinstance(each, Categorical)]
    names = [each.name for each in categorical]
    return [
        dict(zip(names, values, strict=True)) for values in itertools.product(*(each.values for each in categorical))
    ]


def _sampler(strategy: str, jobs: int, seed: int | None) -> Any:
    from optuna.samplers import RandomSampler, TPESampler

    if strategy in {"Random", "Grid"}:
        return RandomSampler(seed)
    least, most = _STARTUP
    startup = min(most, max(least, math.ceil(jobs / 4)))
    # It takes trials that still run for bad ones, so that parallel jobs do not all try the same.
    return TPESampler(seed=seed, n_startup_trials=startup, multivariate=True, constant_liar=True)
