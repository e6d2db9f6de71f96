"""A Spark job: pyspark's FMRegressor on rows of libsvm. Used by ratings.py.

    spark-submit benchmarks/spark_factorization.py TRAIN TEST FEATURES FACTORS ITERATIONS

Its last line is the RMSE on the test rows.
"""

from __future__ import annotations

import sys

from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.regression import FMRegressor
from pyspark.sql import SparkSession

train, test = sys.argv[1:3]
features, factors, iterations = map(int, sys.argv[3:])
spark = SparkSession.builder.getOrCreate()
read = spark.read.format("libsvm").option("numFeatures", str(features))
machine = FMRegressor(factorSize=factors, maxIter=iterations, stepSize=0.1, regParam=0.1, initStd=0.05, seed=1)
model = machine.fit(read.load(train).cache())
print(RegressionEvaluator(metricName="rmse").evaluate(model.transform(read.load(test))))
