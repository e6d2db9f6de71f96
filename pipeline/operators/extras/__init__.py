"""MLeap's own operators, which no Spark stage stands behind."""
