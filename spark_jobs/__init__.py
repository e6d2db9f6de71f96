"""What runs on Spark: standard library, NumPy and pyspark only, Python 3.9 and later."""
