"""Readers and writers of the field's list formats; categories keep no meaning that nobody gave them."""

from rempart.lists.bad_records import BAD_RECORD_CODES, BadCode
from rempart.lists.column_map import ColumnMap
from rempart.lists.entry_keys import draft_digest, entry_key
from rempart.lists.errors import (
    ColumnMapError,
    FormatUndecidedError,
    LabelMapError,
    ListEncodingError,
    ListFormatError,
    ListLimitError,
    ListRefusedError,
    ListTornError,
    ListUsageError,
    RegionMismatchError,
)
from rempart.lists.export_entry import ExportEntry
from rempart.lists.label_map import LabelMap
from rempart.lists.reading import READ_FORMATS, read_list
from rempart.lists.writing import WRITE_FORMATS, write_list

__all__ = [
    "BAD_RECORD_CODES",
    "READ_FORMATS",
    "WRITE_FORMATS",
    "BadCode",
    "ColumnMap",
    "ColumnMapError",
    "ExportEntry",
    "FormatUndecidedError",
    "LabelMap",
    "LabelMapError",
    "ListEncodingError",
    "ListFormatError",
    "ListLimitError",
    "ListRefusedError",
    "ListTornError",
    "ListUsageError",
    "RegionMismatchError",
    "draft_digest",
    "entry_key",
    "read_list",
    "write_list",
]
