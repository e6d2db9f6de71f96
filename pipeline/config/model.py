"""What a pipeline file may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints, model_validator
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Allowed:
    """What a union allows, in one sentence: pydantic itself would complain once for each member."""

    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        if schema["type"] != "union":
            raise TypeError(f"{source} is no union")
        return core_schema.union_schema(schema["choices"], custom_error_type="union", custom_error_message=self.words)


# A SageMaker name, short enough that a job's name can be made of it.
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=40)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Scalar = Annotated[str | int | float | bool, Allowed("input should be a text, a number, true or false")]
OutputKey = Literal[
    "predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores", "predicted_score"
]


class Section(BaseModel):
    """A part of the file: unknown keys are refused, values never change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())


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
        None, description="module:function(rows, seed) that makes synthetic rows where there is no file"
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
    """The training job: SageMaker's built-in XGBoost."""

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
    training: Training
    inference: Inference = Inference()
    batch: Batch = Batch()
    verification: Verification = Verification()
