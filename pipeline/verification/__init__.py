"""Spark, the native scorer and MLeap's JVM runtime on the same rows, compared to the last bit."""
