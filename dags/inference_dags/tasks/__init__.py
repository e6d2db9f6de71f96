"""The tasks, one small file a kind."""
