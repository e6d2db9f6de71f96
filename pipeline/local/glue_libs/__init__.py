"""This folder is on the Python path of Glue's scripts: `awsglue` as far as plain Spark can stand in for it."""
