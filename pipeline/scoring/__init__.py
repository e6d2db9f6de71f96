"""The native scorer: `Scorer.load(path)`, then `predict`, `predict_one` or `transform`."""

from pipeline.scoring.scorer import Scorer

__all__ = ["Scorer"]
