"""AWS Glue's operations: jobs, their runs, and tags."""
