"""Errors of the list readers and writers.

RempartError
├── UsageError
│   └── ListUsageError            the call or a map is wrong; the operator can put it right
│       ├── ColumnMapError        the file of `--columns` says something that cannot be used
│       ├── LabelMapError         the file of `--labels` says something that cannot be used
│       ├── RegionMismatchError   the label map is for another region than the list states
│       ├── KnownGoodOnlyError    the list holds known-good files and was to be read as something else
│       └── NeedsFileError        a database comes through a pipe, where it cannot be read
└── RefusedError
    └── ListRefusedError          the list as a whole cannot be read; the partner can put it right
        ├── ListTornError         it ends too early
        ├── ListFormatError       it has not the form that was asked for
        ├── FormatUndecidedError  its form could not be told from its content
        ├── ListEncodingError     its bytes are not text in the stated encoding
        └── ListLimitError        a line or record is larger than any that is read
"""

from typing import ClassVar

from rempart.model.errors import RefusedError, UsageError


class ListUsageError(UsageError):
    """The call or a map file is wrong; nothing was read."""

    code: ClassVar[str] = "list-usage"


class ColumnMapError(ListUsageError):
    """A column map names an unknown setting, a wrong value or an absent column."""

    code: ClassVar[str] = "column-map"


class LabelMapError(ListUsageError):
    """A label map names an unknown setting or a wrong value."""

    code: ClassVar[str] = "label-map"


class RegionMismatchError(ListUsageError):
    """The chosen label map belongs to another region than the one the list states."""

    code: ClassVar[str] = "label-map-region"


class KnownGoodOnlyError(ListUsageError):
    """A list of known-good files was to be read as a list of known material."""

    code: ClassVar[str] = "list-known-good"


class NeedsFileError(ListUsageError):
    """A list that is a database was not given as an ordinary file."""

    code: ClassVar[str] = "list-needs-file"


class ListRefusedError(RefusedError):
    """A list was refused as a whole; nothing of it may be kept."""

    code: ClassVar[str] = "list-refused"


class ListTornError(ListRefusedError):
    """A list ends before its form allows it: the file is incomplete."""

    code: ClassVar[str] = "list-torn"


class ListFormatError(ListRefusedError):
    """A list is not in the form that was asked for."""

    code: ClassVar[str] = "list-format"


class FormatUndecidedError(ListRefusedError):
    """The form of a list could not be told from its content."""

    code: ClassVar[str] = "list-format-undecided"


class ListEncodingError(ListRefusedError):
    """The bytes of a list are not text in the stated encoding."""

    code: ClassVar[str] = "list-encoding"


class ListLimitError(ListRefusedError):
    """A line or record of a list is larger than any that is read."""

    code: ClassVar[str] = "list-limit"
