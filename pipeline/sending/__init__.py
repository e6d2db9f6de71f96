"""A plan carried out: its files uploaded, its requests sent with boto3, its jobs followed to their end, and undone."""
