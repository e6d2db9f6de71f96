"""Inference pipelines: Spark features and XGBoost, from fitted pipeline to prediction service."""

__version__ = "0.1.0"
