"""How commands speak: records to standard output, messages to standard error."""

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import click

from rempart.model.errors import DamagedError


def say(text: str) -> None:
    """Write one message to standard error."""
    click.echo(text, err=True)


class OutputClosedError(Exception):
    """The reader of standard output went away, as `head` does: leave quietly."""


class OutputRefusedError(DamagedError):
    """Standard output could not be written."""

    code: ClassVar[str] = "output-failed"


def tell(text: str) -> None:
    """Write one line for people to standard output."""
    with output_errors():
        click.echo(text)


def tell_as_is(text: str) -> None:
    """Write text to standard output as UTF-8, with the line ends that it has."""
    with output_errors():
        sys.stdout.buffer.write(text.encode())


def write_record(record: Mapping[str, object]) -> None:
    """Write one JSON record to standard output."""
    # With it comes most of the model: a fifth of the time in which `--help` is there.
    from rempart.model.records import to_line  # noqa: PLC0415

    with output_errors():
        sys.stdout.buffer.write(to_line(dict(record)))


def flush_output() -> None:
    """Bring everything out that was written to standard output.

    Raises:
        OutputClosedError: the reader went away.
        OutputRefusedError: the system refused.
    """
    with output_errors():
        sys.stdout.flush()


@contextmanager
def output_errors() -> Iterator[None]:
    """Turn a failed write to standard output into what the command leaves with."""
    try:
        yield
    except OSError as error:
        # What is still waiting cannot be written either: keep Python from trying once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            raise OutputClosedError from error
        message = f"The standard output could not be written: {error.strerror}."
        raise OutputRefusedError(
            message, hint="Free space, or use --output where there is one."
        ) from error


def size_text(size_bytes: float) -> str:
    """Write a number of bytes for people."""
    units = ("B", "kB", "MB", "GB", "TB")
    for unit in units[:-1]:
        if size_bytes < 1000:  # noqa: PLR2004 - the step between decimal units
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} {units[-1]}"
