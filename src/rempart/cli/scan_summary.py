"""How a whole run is told to people."""

from rich.table import Table

from rempart.cli.messages import say, size_text
from rempart.cli.progress import message_console
from rempart.node import ScanReport, Tally


def tell_summary(report: ScanReport, tally: Tally) -> None:
    """Write what a run came to, to standard error."""
    counts = report.counts
    seconds = max(report.seconds, 1e-9)
    console = message_console()
    overview = Table(title="What the scan came to", show_header=False, title_justify="left")
    files = counts.files - counts.members
    overview.add_row("files", f"{files:,} ({size_text(counts.size_bytes)})")
    if counts.members:
        overview.add_row("what lies in them", f"{counts.members:,}")
    if counts.videos:
        overview.add_row("videos and animations decoded", f"{counts.videos:,}")
    if counts.videos_screened:
        overview.add_row(
            "videos screened only",
            f"{counts.videos_screened:,} (no keyframe came near anything known)",
        )
    for outcome, count in sorted(counts.outcomes.items()):
        overview.add_row(f"  outcome {outcome}", f"{count:,}")
    overview.add_row("files with a match", f"{counts.matched:,}")
    overview.add_row("files suppressed", f"{counts.suppressed:,}")
    overview.add_row("files in conflict", f"{counts.conflicts:,}")
    overview.add_row(
        "rate",
        f"{report.files_here / seconds:,.0f} files/s, {size_text(report.bytes_here / seconds)}/s "
        f"in {report.seconds:.1f} s",
    )
    overview.add_row("depth, sandbox", f"{report.depth}, {report.sandbox}")
    console.print(overview)
    is_resumed = report.files_here != counts.files
    _tell_matches(tally, part="this part of the run" if is_resumed else "the run")
    if counts.problems:
        problems = Table("not read whole, and why", "files", title_justify="left")
        for kind, count in sorted(counts.problems.items()):
            problems.add_row(kind, f"{count:,}")
        console.print(problems)
    if report.was_stopped:
        say(f"Stopped. Go on with: rempart scan --resume {report.scan_id}")


def _tell_matches(tally: Tally, *, part: str) -> None:
    if not tally.by_reason:
        return
    matches = Table(
        "matched list",
        "because of",
        "matches",
        "suppressed",
        title=f"What matched in {part}, and why",
        title_justify="left",
    )
    for (list_name, reason), (count, suppressed) in sorted(tally.by_reason.items()):
        matches.add_row(list_name, reason, f"{count:,}", f"{suppressed:,}" if suppressed else "")
    message_console().print(matches)
