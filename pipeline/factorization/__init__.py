"""SageMaker's built-in factorization machines, as functions and as a program (`python -m pipeline.factorization`)."""

# The file in a training job's archive, by AWS's name. Nothing else is here: an endpoint asks for this name alone.
FILE = "model_algo-1"
