"""The sample exchange: a static set of fingerprints that every client of HMA knows."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from rempart.model.fingerprint import Fingerprint
from rempart.node.hma.signals import SIGNAL_TYPES

_FILE: Final = "sample.toml"


@cache
def sample_signals() -> tuple[Fingerprint, ...]:
    """Return the fingerprints of the sample exchange, in the order of its data file."""
    stored = tomllib.loads(files(__package__).joinpath(_FILE).read_text("utf-8"))
    return tuple(
        SIGNAL_TYPES[name].parse(value)
        for name, values in stored["signals"].items()
        for value in values
    )
