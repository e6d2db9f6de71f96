"""MLeap itself: its JVM runtime as reference, its Spark serialiser as the alternative writer of bundles."""
