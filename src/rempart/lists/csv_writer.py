"""Write Rempart's own CSV: one row for each fingerprint."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from rempart.lists.csv_plan import FURTHER_COLUMNS, OWN_COLUMNS
from rempart.lists.csv_sink import write_rows
from rempart.lists.export_entry import ExportEntry, kept_fields, one_line
from rempart.lists.labelling import written_labels
from rempart.lists.spreadsheet import with_quote
from rempart.model.fingerprint import Fingerprint
from rempart.model.labels import UNMAPPED, Label

_HEADER: Final = (*OWN_COLUMNS, *FURTHER_COLUMNS)


def write_csv(
    entries: Iterable[ExportEntry],
    sink: BinaryIO,
    *,
    source: str | None,
    list_version: str | None,
) -> int:
    """Write a list as UTF-8 CSV with header and CRLF, and return the number of entries written.

    Args:
        entries: what to write, in this order.
        sink: open for writing bytes; not closed.
        source: whose list it is, for entries that keep no source of their own.
        list_version: version of the list; absent where it has none.
    """
    rows = (_rows(entry, source=source or "", list_version=list_version or "") for entry in entries)
    return write_rows(_HEADER, rows, sink)


def _rows(entry: ExportEntry, *, source: str, list_version: str) -> Iterator[list[str]]:
    kept = kept_fields(entry.raw)
    category, region, labels = _categories(entry.labels, kept)
    comment = one_line(kept.get("comment", kept.get("Comments")))
    shared = [
        with_quote(category),
        with_quote(one_line(kept.get("source")) or source),
        with_quote(list_version),
        with_quote(one_line(kept.get("first_seen"))),
        with_quote(comment),
        with_quote(entry.source_id or ""),
        str(entry.entry_id),
    ]
    for fingerprint in entry.fingerprints:
        yield [
            fingerprint.kind,
            with_quote(fingerprint.text),
            *shared,
            *_pdq_cells(fingerprint),
            with_quote(region),
            labels,
        ]


def _pdq_cells(fingerprint: Fingerprint) -> tuple[str, str, str]:
    return (
        fingerprint.dialect or "",
        "" if fingerprint.quality is None else str(fingerprint.quality),
        with_quote(fingerprint.software or ""),
    )


def _categories(labels: tuple[Label, ...], kept: dict[str, Any]) -> tuple[str, str, str]:
    """Return the cells category, region and labels: one raw category says itself, else all are written out."""
    if not labels:
        return "", "", ""
    only = labels[0]
    is_raw = len(labels) == 1 and only.scheme == UNMAPPED and only.scheme_version is None
    if is_raw and _survives_trimming(only.value) and _survives_trimming(only.region or ""):
        return only.value, only.region or "", ""
    received = one_line(kept.get("category"))
    raw = next((each.value for each in labels if each.scheme == UNMAPPED), received)
    return raw, "", _written(labels)


def _survives_trimming(text: str) -> bool:
    return text == text.strip(" \t")


def _written(labels: tuple[Label, ...]) -> str:
    return msgspec.json.encode(written_labels(labels)).decode()
