"""GlueContext: the way to the Spark session."""

from __future__ import annotations

from typing import Any


class GlueContext:
    """Has the session as `spark_session` and `sparkSession`; what only Glue's JVM side can do is refused by name."""

    def __init__(self, sparkContext: Any, **options: Any) -> None:
        from pyspark.sql import SparkSession

        self.spark_session = self.sparkSession = SparkSession(sparkContext)

    def get_logger(self) -> Any:
        """Spark's logger."""
        return self.spark_session._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotImplementedError(f"GlueContext.{name} needs Glue's own JVM library: read and write by spark_session")
