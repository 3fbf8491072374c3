"""The progress of a scan."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rempart.cli.messages import size_text
from rempart.cli.progress import ProgressDisplay
from rempart.node import Census, ScanRun


@contextmanager
def scan_display(run: ScanRun, title: str) -> Iterator["ScanDisplay"]:
    """Show how a run goes on, with the time left once everything is counted."""
    census = Census(run.named_paths) if run.named_paths else None
    try:
        with ProgressDisplay(title, unit="files") as bar:
            yield ScanDisplay(run, bar, census)
    finally:
        if census is not None:
            census.close()


class ScanDisplay:
    """Shows files, bytes, rates, matches and, once everything is counted, the time left."""

    def __init__(self, run: ScanRun, bar: ProgressDisplay, census: Census | None) -> None:
        self._run = run
        self._bar = bar
        self._census = census
        self._begun = time.monotonic()
        self._before = (run.counts.files, run.counts.size_bytes)

    def show(self) -> None:
        """Show the run's present state."""
        counts = self._run.counts
        seconds = max(time.monotonic() - self._begun, 1e-9)
        files = (counts.files - self._before[0]) / seconds
        rate = size_text((counts.size_bytes - self._before[1]) / seconds)
        detail = f"{files:,.0f} files/s, {rate}/s, {counts.matched:,} with a match"
        total = self._census.files if self._census is not None else None
        self._bar.update(counts.files - counts.members, total=total, detail=detail)
