"""Readers and writers of the field's list formats; categories keep no meaning that nobody gave them."""

from typing import TYPE_CHECKING, Final

from rempart.model.late_names import late_names

if TYPE_CHECKING:
    from rempart.lists.bad_records import BAD_RECORD_CODES, BadCode
    from rempart.lists.column_map import ColumnMap
    from rempart.lists.detection import CAID
    from rempart.lists.entry_keys import draft_digest, entry_key
    from rempart.lists.errors import (
        ColumnMapError,
        FormatUndecidedError,
        KnownGoodOnlyError,
        LabelMapError,
        ListEncodingError,
        ListFormatError,
        ListLimitError,
        ListRefusedError,
        ListTornError,
        ListUsageError,
        NeedsFileError,
        RegionMismatchError,
    )
    from rempart.lists.export_entry import ExportEntry
    from rempart.lists.kdb_writer import KdbRow, write_kdb_rows
    from rempart.lists.label_map import LabelMap
    from rempart.lists.reading import READ_FORMATS, read_list
    from rempart.lists.scratch import scratch_database, scratch_file
    from rempart.lists.vics_case import CaseFacts, CaseFile, CaseMedia, write_vics_case
    from rempart.lists.writing import WRITE_FORMATS, write_list

__all__ = [
    "BAD_RECORD_CODES",
    "CAID",
    "READ_FORMATS",
    "WRITE_FORMATS",
    "BadCode",
    "CaseFacts",
    "CaseFile",
    "CaseMedia",
    "ColumnMap",
    "ColumnMapError",
    "ExportEntry",
    "FormatUndecidedError",
    "KdbRow",
    "KnownGoodOnlyError",
    "LabelMap",
    "LabelMapError",
    "ListEncodingError",
    "ListFormatError",
    "ListLimitError",
    "ListRefusedError",
    "ListTornError",
    "ListUsageError",
    "NeedsFileError",
    "RegionMismatchError",
    "draft_digest",
    "entry_key",
    "read_list",
    "scratch_database",
    "scratch_file",
    "write_kdb_rows",
    "write_list",
    "write_vics_case",
]

_PLACES: Final = {
    "rempart.lists.bad_records": "BAD_RECORD_CODES BadCode",
    "rempart.lists.column_map": "ColumnMap",
    "rempart.lists.detection": "CAID",
    "rempart.lists.entry_keys": "draft_digest entry_key",
    "rempart.lists.errors": (
        "ColumnMapError FormatUndecidedError KnownGoodOnlyError LabelMapError "
        "ListEncodingError ListFormatError ListLimitError ListRefusedError ListTornError "
        "ListUsageError NeedsFileError RegionMismatchError"
    ),
    "rempart.lists.export_entry": "ExportEntry",
    "rempart.lists.kdb_writer": "KdbRow write_kdb_rows",
    "rempart.lists.label_map": "LabelMap",
    "rempart.lists.reading": "READ_FORMATS read_list",
    "rempart.lists.scratch": "scratch_database scratch_file",
    "rempart.lists.vics_case": "CaseFacts CaseFile CaseMedia write_vics_case",
    "rempart.lists.writing": "WRITE_FORMATS write_list",
}
"""The module of each name, for the time of running; the imports above say the same to checkers."""


if not TYPE_CHECKING:  # or a checker would take any name for one of ours
    __getattr__ = late_names(__name__, _PLACES)
