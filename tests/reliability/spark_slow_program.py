"""What the jobs run whose processes are killed: rows written by slow tasks, or a JVM that is too small."""

import sys
import time

from pyspark.sql import SparkSession

target, way = sys.argv[1:3]
spark = SparkSession.builder.getOrCreate()
if way == "oom":
    spark.sparkContext._jvm.java.nio.ByteBuffer.allocate(2**30)


def slowly(rows):
    time.sleep(1)
    return rows


print("the tasks begin", flush=True)
rows = spark.sparkContext.parallelize([(number,) for number in range(80)], 8).mapPartitions(slowly)
spark.createDataFrame(rows, "id int").write.csv(target)
