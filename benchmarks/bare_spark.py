"""The floor of the ETL: a Spark job that reads the same file and writes it again, in a train and a test part."""

import sys

from pyspark.sql import SparkSession


def main(source: str, output: str) -> None:
    spark = SparkSession.builder.appName("bare").getOrCreate()
    rows = spark.read.csv(source, inferSchema=False)
    rows.write.csv(f"{output}/rows")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:3])
