"""Progress of long commands on standard error; apart, because its library would cost every command its start."""

import time
from collections.abc import Callable
from typing import Self

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

from rempart.cli.messages import say

_PLAIN_SECONDS = 5.0


def message_console() -> Console:
    """Return a console on standard error."""
    return Console(stderr=True, highlight=False)


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
