"""What can go wrong with the store.

RempartError
├── UsageError
│   ├── StoreMissingError        there is no store at this path
│   ├── StoreExistsError         something stands where a new store was to be made
│   ├── StoreVersionError        the store's schema is newer or older than this program's
│   ├── AmbiguousListError       several owners have a list of this name
│   ├── UnknownRecordError       no list, scan or principal has this identifier
│   └── WriteMisuseError         a write without its one event, or after its end
├── RefusedError
│   ├── ListExistsError          this owner already has a list of this name
│   └── StoreConstraintError     the change names a record that does not exist, or repeats a unique one
└── DamagedError
    ├── StoreDamagedError        the file is not what was written
    ├── StoreLockedError         another process is writing
    └── StoreUnavailableError    the system refused: disk full, read-only, not allowed
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class StoreMissingError(UsageError):
    """There is no store at this path."""

    code: ClassVar[str] = "store-missing"


class StoreExistsError(UsageError):
    """Something stands already where a new store was to be made."""

    code: ClassVar[str] = "store-exists"


class StoreVersionError(UsageError):
    """The store's schema belongs to another version of Rempart."""

    code: ClassVar[str] = "store-version"


class AmbiguousListError(UsageError):
    """Several owners have a list of this name."""

    code: ClassVar[str] = "list-ambiguous"


class UnknownRecordError(UsageError):
    """No record of the store has this identifier."""

    code: ClassVar[str] = "record-unknown"


class WriteMisuseError(UsageError):
    """A write would leave no event or two, or goes on after its end."""

    code: ClassVar[str] = "write-misuse"


class ListExistsError(RefusedError):
    """This owner already has a list of this name."""

    code: ClassVar[str] = "list-exists"


class StoreConstraintError(RefusedError):
    """The change names a record that does not exist, or repeats one that must be unique."""

    code: ClassVar[str] = "store-constraint"


class StoreDamagedError(DamagedError):
    """The store's file is not what was written."""

    code: ClassVar[str] = "store-damaged"


class StoreLockedError(DamagedError):
    """Another process is writing to the store and did not finish in time."""

    code: ClassVar[str] = "store-locked"


class StoreUnavailableError(DamagedError):
    """The system refused to read or write the store's file."""

    code: ClassVar[str] = "store-unavailable"
