"""What the Glue jobs of the tests run: by its arguments it reads and writes S3, fails, or waits for a file."""

import json
import os
import sys
import time
from pathlib import Path

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *  # noqa: F403 - as Glue's console begins every script
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "way"])
print(f"the script says: {args['way']} {os.getpid()}", flush=True)
print("on its stderr", file=sys.stderr, flush=True)
if args["way"] == "fail":
    raise ValueError("the rows are not to this script's taste")
if args["way"] == "wait":
    (gate,) = getResolvedOptions(sys.argv, ["gate"])["gate"].split()
    while not Path(gate).exists():
        time.sleep(0.1)
    sys.exit(0)
args = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target", "met"])
context = GlueContext(SparkContext.getOrCreate())
job = Job(context)
job.init(args["JOB_NAME"], args)
spark = context.spark_session
import extra_module  # noqa: E402 - comes by --extra-py-files

frame = spark.read.csv(args["source"], header=True, inferSchema=True)
frame.selectExpr("id", "value * 2 AS doubled").write.mode("overwrite").csv(args["target"], header=True)


def worker(rows):
    """Each executor's Python workers are children of a daemon of its own."""
    time.sleep(0.3)
    return [os.getppid()]


executors = set(spark.sparkContext.parallelize(range(6), 6).mapPartitions(worker).collect())
met = {
    "executors": len(executors),
    "rows": frame.count(),
    "zone": spark.conf.get("spark.sql.session.timeZone"),
    "extra": extra_module.ANSWER,
    "master": spark.sparkContext.master,
}
spark.createDataFrame([(json.dumps(met),)], "value string").coalesce(1).write.mode("overwrite").text(args["met"])
job.commit()
