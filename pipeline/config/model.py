"""What a pipeline file may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.config.airflow import Airflow
from pipeline.config.gate import Gate
from pipeline.config.glue import Glue
from pipeline.config.ratings import Ratings
from pipeline.config.sagemaker import SageMaker
from pipeline.config.section import Allowed, Name, Reference, Scalar, Section, Sha256

OutputKey = Literal[
    "predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores", "predicted_score"
]


class Csv(Section):
    """How CSV files are written; quotes are RFC 4180's, the encoding is UTF-8."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    header: bool = False
    quoted_rows: Literal["refuse", "unwrap"] = Field(
        "refuse", description="unwrap: a row that stands in quotes as a whole is read without them"
    )


class Split(Section):
    """Weights of the three splits, by a hash of each row and the seed: the same row always falls alike."""

    train: float = Field(0.8, gt=0, le=1)
    validation: float = Field(0.1, ge=0, lt=1)
    test: float = Field(0.1, ge=0, lt=1)
    seed: int = Field(42, ge=0, lt=1 << 31)

    @model_validator(mode="after")
    def _sums_to_one(self) -> Split:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train, validation and test add up to {total:g}, not 1")
        return self


class Download(Section):
    """A public copy of the data, used where no file is given; kept in a cache, checked by its hash."""

    url: Annotated[str, StringConstraints(pattern=r"^https://")]
    sha256: Sha256


class Data(Section):
    """What data there is: its contract, its place, how it is split."""

    schema_file: str = Field(alias="schema", description="the data contract, relative to this file")
    location: str | None = Field(None, description="file, folder or URI of the rows, relative to this file")
    download: Download | None = None
    sample: Reference | None = Field(
        None,
        description="module:function(rows, seed) that gives rows where there is no file: synthetic ones, unless its "
        "attribute `source` names where they are from",
    )
    format: Literal["csv", "json", "parquet"] = "csv"
    csv: Csv = Csv()
    label: str | None = Field(None, description="the label's column, where the contract names none or another")
    split: Split = Split()


class Features(Section):
    """How features are made: `auto`, or a function of your own."""

    pipeline: Annotated[
        Reference | Literal["auto"], Allowed("input should be 'auto', or module:function of a file beside this one")
    ] = Field("auto", description="auto, or module:function(schema) that returns a Spark ML Pipeline; beside this file")
    column: str = Field("features", description="the vector that the pipeline makes for XGBoost")
    serializer: Literal["native", "mleap"] = "native"


class Training(Section):
    """The training job: one of SageMaker's built-in algorithms."""

    algorithm: Literal["xgboost", "factorization-machines"] = "xgboost"
    hyperparameters: dict[str, Scalar] = Field(description="under SageMaker's own names")
    content_type: Literal["text/csv", "text/libsvm", "application/x-parquet"] = "text/csv"
    shards: int = Field(1, ge=1, le=1000, description="files a channel, one at least for each training instance")


class Inference(Section):
    """What a prediction says: SageMaker's selectable inference content; none is the bare score."""

    output: tuple[OutputKey, ...] = Field((), strict=False)


class Batch(Section):
    """The batch transform of the test split."""

    format: Literal["csv", "jsonl", "parquet"] = "csv"
    output_columns: tuple[str, ...] = Field((), strict=False)


class Verification(Section):
    """How much is compared between Spark, the scorer and MLeap's runtime."""

    rows: int = Field(100_000, ge=1, description="at most so many rows of the test split")
    mleap: Literal["auto", "require", "skip"] = "auto"


class PipelineConfig(Section):
    """A pipeline, from raw rows to predictions."""

    name: Name
    description: str = ""
    data: Data
    features: Features = Features()
    ratings: Ratings | None = Field(None, description="a recommender's rows, in place of features")
    training: Training
    inference: Inference = Inference()
    batch: Batch = Batch()
    verification: Verification = Verification()
    gate: Gate | None = Field(None, description="what a model must reach to be deployed; nothing by default")
    sagemaker: SageMaker = SageMaker()
    glue: Glue | None = Field(None, description="the Spark job as a job of AWS Glue; SageMaker's by default")
    airflow: Airflow = Airflow()

    @model_validator(mode="after")
    def _is_a_recommender_or_not(self) -> PipelineConfig:
        is_recommender = self.training.algorithm == "factorization-machines"
        if is_recommender != (self.ratings is not None):
            raise ValueError("ratings and training.algorithm: factorization-machines belong together")
        if is_recommender:
            meaningless = {"features", "inference", "verification", "glue"} & self.model_fields_set
            meaningless |= {"training.content_type"} if "content_type" in self.training.model_fields_set else set()
            if meaningless:
                raise ValueError(f"a recommender has no {', '.join(sorted(meaningless))}")
        return self

    @model_validator(mode="after")
    def _can_be_judged(self) -> PipelineConfig:
        if self.gate is not None and not self.data.split.test:
            raise ValueError("gate needs test rows: data.split.test is 0")
        if self.ratings is not None and self.gate is not None and self.gate.not_worse_than_serving:
            raise ValueError("gate.not_worse_than_serving: each run numbers customers and items anew")
        return self
