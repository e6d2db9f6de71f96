"""Numbers, categories and vectors made into features."""
