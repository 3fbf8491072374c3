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
    NotWritableError,
    RegionMismatchError,
)
from rempart.lists.label_map import LabelMap
from rempart.lists.reading import READ_FORMATS, read_list

__all__ = [
    "BAD_RECORD_CODES",
    "READ_FORMATS",
    "BadCode",
    "ColumnMap",
    "ColumnMapError",
    "FormatUndecidedError",
    "LabelMap",
    "LabelMapError",
    "ListEncodingError",
    "ListFormatError",
    "ListLimitError",
    "ListRefusedError",
    "ListTornError",
    "ListUsageError",
    "NotWritableError",
    "RegionMismatchError",
    "draft_digest",
    "entry_key",
    "read_list",
]
