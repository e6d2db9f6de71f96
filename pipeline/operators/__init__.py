"""The operators of Bundle.ML, one file each: read from Spark, in a bundle, scored."""
