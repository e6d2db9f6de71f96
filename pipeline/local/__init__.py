"""SageMaker on one machine: the same API, with real work behind it."""
