"""Abalone's features: the sex one-hot, the seven measures as they are."""

from pyspark.ml import Pipeline
from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler


def build(schema):
    """The unfitted pipeline; its last column is `features`."""
    measures = [column.name for column in schema.features if column.is_number]
    return Pipeline(
        stages=[
            StringIndexer(inputCol="sex", outputCol="sex_index"),
            OneHotEncoder(inputCol="sex_index", outputCol="sex_vector"),
            VectorAssembler(inputCols=["sex_vector", *measures], outputCol="features"),
        ]
    )
