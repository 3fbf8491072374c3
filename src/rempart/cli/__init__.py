"""The command `rempart`: data on standard output, messages on standard error."""

from rempart.cli.application import main

__all__ = ["main"]
