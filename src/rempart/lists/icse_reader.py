"""Read the CSV that INTERPOL's ICSE database gives out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.csv_table import CsvTable
from rempart.lists.errors import ListFormatError
from rempart.lists.label_map import LabelMap
from rempart.lists.labelling import Labelling
from rempart.lists.source_text import SourceBytes, decoded
from rempart.lists.trusted import checked_draft
from rempart.lists.values import fingerprint
from rempart.model.fingerprint import MD5, PHOTODNA, SHA1, Fingerprint
from rempart.model.labels import Label
from rempart.model.lists import BadRecord, EntryDraft

SERIES: Final = "Series name"
"""Name of an investigation's series: it stays in the node and is never written to a list."""

_DELIMITER: Final = ";"
_KINDS: Final = {"MD5": MD5, "SHA1": SHA1, "PhotoDNA": PHOTODNA}
_BASELINE: Final = "Baseline"
_TOLD_BY: Final = frozenset({"MD5", "SHA1", "Image ID", SERIES, _BASELINE})
_BLANKS: Final = " \t"


def is_icse_header(line: bytes) -> bool:
    """Tell whether a line is the header of an ICSE CSV."""
    cells = line.decode("utf-8", "replace").split(_DELIMITER)
    return {cell.strip(' \t"') for cell in cells} >= _TOLD_BY


def read_icse(
    source: SourceBytes, *, labels: LabelMap | None, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each row.

    `Baseline` gives the raw category `Baseline: …`, which a label map may give a meaning; every other cell
    with something in it is kept as text. `Image ID` is kept too and is no identity: nobody has described
    whether several rows may share one, and of rows with one identity only the first would be matched.

    Args:
        source: the bytes of the list.
        labels: what the categories mean, by the operator's choice.
        on_bad: receives each row that was refused.

    Raises:
        ListRefusedError: the list as a whole cannot be read.
    """
    table = CsvTable(decoded(source), delimiter=_DELIMITER, on_bad=on_bad)
    header = table.header()
    if not set(header) >= _TOLD_BY or len(set(header)) != len(header):
        msg = "The first row of the list is no header of an ICSE CSV."
        raise ListFormatError(msg, hint="Check the file, or give a column map with --columns.")
    parser = _IcseRow(header, Labelling(labels))
    for cells in table.rows(len(header)):
        try:
            found, made, raw = parser.parse(cells)
        except BadRecordError as bad:
            table.report(bad.code, bad.message)
            continue
        yield checked_draft(table.number, found, None, made, raw)


class _IcseRow:
    """Understands the rows of one table by its header."""

    def __init__(self, header: Sequence[str], labelling: Labelling) -> None:
        self._kinds = [
            (kind, header.index(name)) for name, kind in _KINDS.items() if name in header
        ]
        self._kept = [(name, place) for place, name in enumerate(header) if name not in _KINDS]
        self._baseline = header.index(_BASELINE)
        self._labelling = labelling

    def parse(
        self, cells: Sequence[str]
    ) -> tuple[tuple[Fingerprint, ...], tuple[Label, ...], str | None]:
        found = tuple(
            fingerprint(kind, text)
            for kind, place in self._kinds
            if (text := cells[place].strip(_BLANKS))
        )
        if not found:
            raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")
        baseline = cells[self._baseline].strip(_BLANKS)
        category = f"{_BASELINE}: {baseline}" if baseline else ""
        kept = {
            name: text
            for name, place in self._kept
            if (text := cells[place].strip(_BLANKS)) and name
        }
        raw = msgspec.json.encode(kept).decode() if kept else None
        return found, self._labelling.of_category(category, None), raw
