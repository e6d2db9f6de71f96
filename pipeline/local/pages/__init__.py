"""Pages for people: jobs, models and endpoints of the local service in a browser."""
