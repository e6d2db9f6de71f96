"""Calls an endpoint of this pipeline with a few sampled customers, each without its label.

    python examples/churn/call.py ENDPOINT [--rows customers.csv] [--count 5]

boto3 finds AWS, or what AWS_ENDPOINT_URL names, such as the local service. Without --rows the customers are made up.
"""

import argparse
import random
from pathlib import Path

import boto3
from sample import generate

MADE_UP = 1000


def sampled(file, count, seed):
    """Yields label and features of `count` rows of a file, which may stand in quotes, or of made-up ones."""
    if file is None:
        lines = [",".join(map(str, row)) for row in generate(MADE_UP, seed)]
    else:
        lines = [line.strip('"') for line in file.read_text(encoding="utf-8").splitlines() if line]
    for line in random.Random(seed).sample(lines, min(count, len(lines))):
        label, _, features = line.partition(",")
        yield label, features


def main():
    """Prints what the endpoint says of each customer, beside what the customer did."""
    parser = argparse.ArgumentParser(description="Call an endpoint with sampled customers.")
    parser.add_argument("endpoint")
    parser.add_argument("--rows", type=Path, help="CSV with the label first, without a header")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    runtime = boto3.client("sagemaker-runtime")
    print("chance of leaving  left")
    for label, features in sampled(options.rows, options.count, options.seed):
        # A row a request: AWS's SparkML container, where the model has one, answers the first row alone.
        reply = runtime.invoke_endpoint(
            EndpointName=options.endpoint, ContentType="text/csv", Accept="text/csv", Body=features
        )
        print(f"{float(reply['Body'].read()):17.4f}  {label:>4}")


if __name__ == "__main__":
    main()
