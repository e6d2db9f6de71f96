"""Services: a server in front of somebody's functions, started and stopped by name.

`python -m pipeline.services FILE SERVICE` is the server's process; `up` and `down` start and stop it.
"""
