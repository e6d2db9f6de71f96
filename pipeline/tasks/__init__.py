"""Tasks of a pipeline run in order, as processes of this machine."""
