"""What the processing jobs of the tests run: reads CSV, writes a doubled column and says what it met."""

import json
import os
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

source, target, output, way = sys.argv[1:5]
print("the job says: reading", flush=True)
(Path(output) / "begun").touch()
if way == "fail":
    raise ValueError("the rows are not to this program's taste")
if way == "wait":
    time.sleep(600)
spark = SparkSession.builder.getOrCreate()
frame = spark.read.csv(source, header=True, inferSchema=True)
frame.selectExpr("id", "value * 2 AS doubled").write.mode("overwrite").csv(target, header=True)


def worker(rows):
    """Each executor's Python workers are children of a daemon of its own."""
    time.sleep(0.3)
    return [os.getppid()]


executors = set(spark.sparkContext.parallelize(range(6), 6).mapPartitions(worker).collect())
with (Path(output) / "met.json").open("w") as file:
    met = {
        "rows": frame.count(),
        "executors": len(executors),
        "master": spark.sparkContext.master,
        "setting": spark.conf.get("spark.sql.session.timeZone"),
        "region": os.environ["AWS_REGION"],
        "given": os.environ.get("GIVEN"),
    }
    json.dump(met, file)
