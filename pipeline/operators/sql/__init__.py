"""Columns that a SELECT computes."""
