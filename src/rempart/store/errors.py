"""What can go wrong with the store.

RempartError
├── UsageError
│   ├── StoreLocationError       the URL is none that a store can be kept at
│   ├── StoreMissingError        there is no store at this place
│   ├── StoreExistsError         something stands where a new store was to be made
│   ├── StoreVersionError        the store's schema is newer or older than this program's
│   ├── AmbiguousListError       several owners have a list of this name
│   ├── UnknownRecordError       no list, entry, scan, match, key or principal has this identifier
│   └── WriteMisuseError         a write without its one event, or after its end, or of an impossible value
├── RefusedError
│   ├── ListExistsError          this owner already has a list of this name
│   ├── BankExistsError          there is a bank of this name, or the list is one
│   ├── ExchangeExistsError      there is an exchange of this name
│   ├── IdempotencyConflictError the token of a write was used for another request
│   ├── DumpRefusedError         the backup is torn, altered or of another form
│   └── StoreConstraintError     the change names a record that does not exist, or repeats a unique one
└── DamagedError
    ├── StoreDamagedError        the store is not what was written
    ├── StoreLockedError         another process is writing
    └── StoreUnavailableError    the system refused: disk full, read-only, not allowed; the server is away
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class StoreLocationError(UsageError):
    """The URL is none that a store can be kept at."""

    code: ClassVar[str] = "store-location"


class StoreMissingError(UsageError):
    """There is no store at this place."""

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


class DumpRefusedError(RefusedError):
    """The backup is torn, altered, or none of this program's; nothing was restored."""

    code: ClassVar[str] = "backup-refused"


class StoreConstraintError(RefusedError):
    """The change names a record that does not exist, or repeats one that must be unique."""

    code: ClassVar[str] = "store-constraint"


class BankExistsError(RefusedError):
    """There is a bank of this name already, or the list has one."""

    code: ClassVar[str] = "bank-exists"


class ExchangeExistsError(RefusedError):
    """There is an exchange of this name already."""

    code: ClassVar[str] = "exchange-exists"


class IdempotencyConflictError(RefusedError):
    """The token of a write was used for another request."""

    code: ClassVar[str] = "idempotency-conflict"


class StoreDamagedError(DamagedError):
    """The store is not what was written."""

    code: ClassVar[str] = "store-damaged"


class StoreLockedError(DamagedError):
    """Another process is writing to the store and did not finish in time."""

    code: ClassVar[str] = "store-locked"


class StoreUnavailableError(DamagedError):
    """The system refused to read or write the store, or its server is away."""

    code: ClassVar[str] = "store-unavailable"
