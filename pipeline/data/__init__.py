"""Rows of CSV, JSON lines and Parquet as Arrow tables that keep their contract."""
