"""The data contract, and everything that follows from it."""

from pipeline.schema.contract import Column, Schema
from pipeline.schema.load import load_schema, parse_schema

__all__ = ["Column", "Schema", "load_schema", "parse_schema"]
