"""The section `glue`: the Spark job as a job of AWS Glue, in the place of SageMaker's processing job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from pipeline.config.section import Scalar, Section

_OLDEST = 5


def _refuse_older(version: str) -> str:
    if int(version.partition(".")[0]) < _OLDEST:
        raise ValueError("Glue 5.0 is the first whose Spark is new enough; Glue 4.0 has Spark 3.3")
    return version


Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$"), AfterValidator(_refuse_older)]


class Glue(Section):
    """A job that runs when the pipeline does, and then costs nothing until the next time."""

    role: str | None = Field(None, description="the ARN of Glue's own role; SageMaker's by default")
    version: Version = Field("5.0", description="of Glue: 5.0 has Spark 3.5 and Python 3.11")
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X"] = "G.1X"
    workers: int = Field(2, ge=2, description="one of them is the driver's")
    execution_class: Literal["STANDARD", "FLEX"] = Field(
        "STANDARD", description="FLEX: on spare capacity, cheaper, started when there is some"
    )
    timeout_minutes: int = Field(480, ge=1, le=7 * 24 * 60)
    retries: int = Field(0, ge=0, le=10, description="of a failed run, by Glue itself: each is a run of its own")
    spark: dict[str, Scalar] = Field({}, description="Spark's own settings, such as spark.sql.shuffle.partitions: 64")
    arguments: dict[Annotated[str, StringConstraints(pattern=r"^--\S+$")], Scalar] = Field(
        {}, description="Glue's special parameters, such as --enable-metrics: true"
    )
    connections: tuple[str, ...] = Field((), strict=False, description="Glue's connections, which lead into a network")
    security_configuration: str | None = Field(None, description="of Glue, which encrypts results and logs")
