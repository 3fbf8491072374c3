"""How commands speak: records to standard output, messages and progress to standard error."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rempart.model.errors import DamagedError
from rempart.model.records import to_line

_PLAIN_SECONDS = 5.0


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


def message_console() -> Console:
    """Return a console on standard error."""
    return Console(stderr=True, highlight=False)


def size_text(size_bytes: float) -> str:
    """Write a number of bytes for people."""
    units = ("B", "kB", "MB", "GB", "TB")
    for unit in units[:-1]:
        if size_bytes < 1000:  # noqa: PLR2004 - the step between decimal units
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} {units[-1]}"


class _FieldColumn(ProgressColumn):
    """Shows a text that the caller keeps in the task."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("detail", "")))


class ProgressDisplay:
    """A progress bar on a terminal; elsewhere a plain line every few seconds."""

    def __init__(self, title: str, *, unit: str) -> None:
        """Name the work and what is counted."""
        self._title = title
        self._unit = unit
        self._done = 0
        self._total: int | None = None
        self._detail = ""
        self._told_at = time.monotonic()
        self._bar: Progress | None = None
        console = message_console()
        if console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:,.0f} {task.fields[unit]}"),
                _FieldColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task(title, total=None, unit=unit, detail="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, *, total: int | None = None, detail: str = "") -> None:
        """Show how much is done."""
        self._done, self._detail = done, detail
        if total is not None:
            self._total = total
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=self._total, detail=detail)
            return
        if time.monotonic() - self._told_at >= _PLAIN_SECONDS:
            self._told_at = time.monotonic()
            of_total = f" of {self._total:,}" if self._total else ""
            say(f"{self._title}: {done:,}{of_total} {self._unit} {detail}".rstrip())


def counter(display: ProgressDisplay) -> Callable[[int], None]:
    """Return a callable that shows a plain count."""

    def show(done: int) -> None:
        display.update(done)

    return show
