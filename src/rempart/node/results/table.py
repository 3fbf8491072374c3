"""Results as a table: one row for each object, safe to open in a spreadsheet."""

import base64
from collections.abc import Iterable
from typing import BinaryIO, Final

from rempart.lists.csv_sink import write_rows
from rempart.lists.spreadsheet import with_quote
from rempart.model.fingerprint import MD5, PDQ, SHA1, SHA256
from rempart.node.record_lines import EvidenceLine, MatchLine, ScanLine
from rempart.node.results.values import fingerprint_of, label_text, plain

COLUMNS: Final = (
    *("path", "path_b64", "container", "member", "size", "media_type", "outcome", "problem"),
    *("md5", "sha1", "sha256", "pdq"),
    *("matches", "suppressed", "conflicts"),
    *("list", "owner", "entry", "kind", "distance", "threshold", "transform", "suppressed_by"),
    *("labels", "url", "seconds", "list_seconds", "query_percent", "list_percent"),
)
"""The header; what follows `conflicts` is about the best match."""


def write_table(lines: Iterable[ScanLine], sink: BinaryIO) -> int:
    """Write one row for each object as UTF-8 CSV with header and CRLF, and return their number.

    Args:
        lines: the objects.
        sink: open for writing bytes; not closed.
    """
    rows = ([[with_quote(plain(cell)) for cell in _cells(line)]] for line in lines)
    return write_rows(COLUMNS, rows, sink)


def _cells(line: ScanLine) -> list[str]:
    found = [fingerprint_of(line, kind) for kind in (MD5, SHA1, SHA256, PDQ)]
    suppressed = sum(match.suppressed_by is not None for match in line.matches)
    return [
        line.path,
        "" if _says_all(line.path) else base64.b64encode(line.path_bytes).decode(),
        line.container or "",
        line.member or "",
        _number(line.size),
        line.media_type or "",
        line.outcome.value,
        "" if line.error is None else line.error.kind,
        *("" if each is None else each.text for each in found),
        str(len(line.matches)),
        str(suppressed),
        str(len(line.conflicts)),
        *_match_cells(_best(line)),
    ]


def _says_all(path: str) -> bool:
    """Tell whether the text of a path is the path: nothing in it stands for something else."""
    return "\ufffd" not in path and path.isprintable()


def _best(line: ScanLine) -> MatchLine | None:
    """Return the first match that nothing suppresses, else the first one: records have the best one first."""
    standing = (match for match in line.matches if match.suppressed_by is None)
    return next(standing, line.matches[0] if line.matches else None)


def _match_cells(match: MatchLine | None) -> list[str]:
    if match is None:
        return [""] * (len(COLUMNS) - COLUMNS.index("list"))
    video = match.video
    return [
        match.list,
        match.owner,
        match.entry,
        match.kind,
        str(match.distance),
        str(match.threshold),
        match.transform or "",
        match.suppressed_by or "",
        "; ".join(map(label_text, match.labels)),
        "" if match.url is None else match.url.url,
        *([""] * 4 if video is None else map(_number, _video_numbers(video))),
    ]


def _video_numbers(video: EvidenceLine) -> tuple[float | None, ...]:
    return video.seconds, video.list_seconds, video.query_percent, video.list_percent


def _number(value: float | None) -> str:
    return "" if value is None else str(value)
