"""Which code the fuzzer watches: that under test. To watch everything would cost it a minute at every start."""

import gc
from types import FunctionType

import atheris


def watch(*packages: str) -> None:
    """Let the fuzzer see which way the functions of these packages take, as far as they are imported."""
    prefixes = tuple(f"{each}." for each in packages)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and f"{each.__module__}.".startswith(prefixes):
            atheris.instrument_func(each)
