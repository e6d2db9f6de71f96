"""A job's arguments, also where the service that runs it adds some of its own."""

from __future__ import annotations

import argparse
from typing import List, Optional

# Glue gives every job its run's name and more, which are nothing to the job.
_GLUE = "--JOB_RUN_ID"


def parse(parser: argparse.ArgumentParser, argv: Optional[List[str]]) -> argparse.Namespace:
    """The options; exits, as argparse does, for one that is not known."""
    options, unknown = parser.parse_known_args(argv)
    if unknown and _GLUE not in unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options
