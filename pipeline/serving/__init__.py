"""The endpoint: SageMaker's contract for inference containers, over one scorer. `server.serve` runs it."""
