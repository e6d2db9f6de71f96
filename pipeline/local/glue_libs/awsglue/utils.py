"""getResolvedOptions: a script's arguments by name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

# Glue gives these to every script, and lets none ask for them.
_RESERVED = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "job-bookmark-option", "encryption-type")
_OPTIONAL = (*_RESERVED, "TempDir")


class GlueArgumentError(Exception):
    """A wanted argument that is not there."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    """The wanted options of `sys.argv` by name, with those that Glue gives to all, None where they are not there.

    Raises GlueArgumentError for one that is missing, RuntimeError for one that is reserved.
    """
    taken = [name for name in options if name in _RESERVED]
    if taken:
        raise RuntimeError(f"Using reserved arguments {taken[0]}")
    parser = _Parser()
    for name in _OPTIONAL:
        parser.add_argument(f"--{name}")
    for name in options:
        if name not in _OPTIONAL:
            parser.add_argument(f"--{name}", required=True)
    return vars(parser.parse_known_args(list(args[1:]))[0])
