"""The parts of a transform job: records, filters, requests, results. `pipeline.local.jobs.transform` runs one."""
