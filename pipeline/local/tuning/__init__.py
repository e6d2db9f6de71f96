"""What a tuning job is made of: ranges, strategies, the rule to stop early, and the requests of its training jobs."""
