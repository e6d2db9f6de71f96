"""The steps of a recommender's run that are not those of any run."""

from pipeline.run.recommender.batch import batch_step
from pipeline.run.recommender.endpoint import endpoint_step
from pipeline.run.recommender.evaluation import evaluation_step
from pipeline.run.recommender.packaging import packaging_step

__all__ = ["batch_step", "endpoint_step", "evaluation_step", "packaging_step"]
