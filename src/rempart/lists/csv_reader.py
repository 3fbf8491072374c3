"""Read a CSV list: Rempart's own form, or any other through a column map."""

from collections.abc import Callable, Iterator

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.column_map import ColumnMap
from rempart.lists.csv_plan import CsvPlan
from rempart.lists.csv_rows import Row, RowParser
from rempart.lists.csv_table import CsvTable
from rempart.lists.label_map import LabelMap
from rempart.lists.labelling import Labelling
from rempart.lists.limits import MAX_FINGERPRINTS
from rempart.lists.source_text import UTF8, SourceBytes, decoded
from rempart.lists.trusted import checked_draft
from rempart.model.lists import BadRecord, EntryDraft


def read_csv(
    source: SourceBytes,
    *,
    columns: ColumnMap | None,
    labels: LabelMap | None,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    """Yield the entries of a CSV list in their order.

    Args:
        source: the bytes of the list.
        columns: what another CSV's columns hold; absent for Rempart's own.
        labels: what the categories mean, by the operator's choice.
        on_bad: receives each row that was refused.

    Raises:
        ListRefusedError: the list as a whole cannot be read.
        ColumnMapError: the map names a column that the list does not have.
    """
    encoding = UTF8 if columns is None else columns.encoding
    delimiter = "," if columns is None else columns.delimiter
    table = CsvTable(decoded(source, encoding), delimiter=delimiter, on_bad=on_bad)
    if columns is None:
        header = table.header()
        plan = CsvPlan.of_own(header)
        rows = table.rows(len(header))
    elif columns.header:
        header = table.header()
        plan = CsvPlan.of_map(columns, header, width=len(header))
        rows = table.rows(len(header))
    else:
        plan, rows = _without_header(table, columns)
    parser = RowParser(plan, Labelling(labels))
    is_long = plan.type is not None and plan.value is not None
    if is_long and (plan.id is not None or plan.entry is not None):
        yield from _grouped(table, rows, parser)
    else:
        yield from _single(table, rows, parser)


def _without_header(table: CsvTable, columns: ColumnMap) -> tuple[CsvPlan, Iterator[list[str]]]:
    rows = table.rows(None)
    first = next(rows, None)
    if first is None:
        return CsvPlan.of_map(columns, None, width=None), rows

    def all_rows() -> Iterator[list[str]]:
        yield first
        yield from rows

    return CsvPlan.of_map(columns, None, width=len(first)), all_rows()


def _single(table: CsvTable, rows: Iterator[list[str]], parser: RowParser) -> Iterator[EntryDraft]:
    parse = parser.parse
    for cells in rows:
        try:
            fingerprints, source_id, labels, raw = parse(cells)
        except BadRecordError as bad:
            table.report(bad.code, bad.message)
            continue
        yield checked_draft(table.number, fingerprints, source_id, labels, raw)


def _grouped(table: CsvTable, rows: Iterator[list[str]], parser: RowParser) -> Iterator[EntryDraft]:
    """Join neighbouring rows of one entry; a bad row is left out and the others go on."""
    open_group: tuple[str, str] | None = None
    draft: EntryDraft | None = None
    for cells in rows:
        try:
            row = parser.parse(cells)
        except BadRecordError as bad:
            table.report(bad.code, bad.message)
            continue
        group = parser.group_of(cells)
        if draft is not None and (group is None or group != open_group):
            yield draft
            draft = None
        open_group = group
        if draft is None:
            draft = checked_draft(table.number, *row)
        elif len(draft.fingerprints) >= MAX_FINGERPRINTS:
            table.report(BadCode.TOO_MANY_FINGERPRINTS, "the entry has 64 fingerprints already")
        else:
            draft = _joined(draft, row)
    if draft is not None:
        yield draft


def _joined(draft: EntryDraft, row: Row) -> EntryDraft:
    fingerprints, _, labels, raw = row
    return checked_draft(
        draft.number,
        draft.fingerprints + tuple(each for each in fingerprints if each not in draft.fingerprints),
        draft.source_id,
        draft.labels + tuple(each for each in labels if each not in draft.labels),
        draft.raw if draft.raw is not None else raw,
    )
