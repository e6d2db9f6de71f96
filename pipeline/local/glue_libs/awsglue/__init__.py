"""Glue's own library for scripts, without its JVM side: contexts, arguments and jobs, no DynamicFrames."""
