"""Predictors other than trees: linear, factorized, layered, Bayesian, of ratings."""
