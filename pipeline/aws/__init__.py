"""AWS's APIs as botocore describes them: the shapes of requests and replies, and what their constraints refuse."""
