"""Errors of the service.

RempartError
├── UsageError
│   ├── QueryRefusedError       a query has not its form: the message names the place
│   ├── DraftRefusedError       what is said of a list or an entry is not possible: correct it
│   └── RecordAbsentError       there is no such record, or the caller may not see it
├── RefusedError
│   ├── NameAmbiguousError      several owners have a list of that name: name it by its id
│   └── IdentityChangedError    the change would make another entry of it: withdraw it and add the other
└── DamagedError
    ├── BusyError               too much is under way: come again a little later
    └── HistoryUnwritableError  neither the store nor the disk takes what was matched: nothing of it is told

The gate's own stand in `gate_errors`.
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class QueryRefusedError(UsageError):
    """A query has not its form."""

    code: ClassVar[str] = "query-refused"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}.", hint="Correct it and send the request again.")


class DraftRefusedError(UsageError):
    """What is said of a list or an entry is not possible."""

    code: ClassVar[str] = "draft-refused"


class RecordAbsentError(UsageError):
    """There is no such record, or the caller may not see it; nobody can tell which."""

    code: ClassVar[str] = "record-unknown"

    def __init__(self, noun: str) -> None:
        super().__init__(
            f"There is no such {noun}, or the key may not see it.",
            hint="Ask by an identifier that this key was shown.",
        )


class NameAmbiguousError(RefusedError):
    """Several owners have a list of that name."""

    code: ClassVar[str] = "list-ambiguous"

    def __init__(self) -> None:
        super().__init__(
            "Several owners have a list of that name.", hint="Name the list by its id."
        )


class IdentityChangedError(RefusedError):
    """The change would make another entry of it."""

    code: ClassVar[str] = "entry-identity"

    def __init__(self) -> None:
        super().__init__(
            "An entry is known by its source_id, else by its strongest fingerprint; this names another.",
            hint="Keep that, or withdraw the entry and add the other one.",
        )


class BusyError(DamagedError):
    """Too much is under way."""

    code: ClassVar[str] = "busy"
    retry_after_seconds: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__(
            "The service has as much under way as it can bear.", hint="Come again in a moment."
        )


class HistoryUnwritableError(DamagedError):
    """Neither the store nor the disk takes what was matched; what is not on record is not told."""

    code: ClassVar[str] = "history-unwritable"

    def __init__(self) -> None:
        super().__init__(
            "What was matched cannot be put on record now.",
            hint="Look at free space and permissions of the node's folder, and at the store.",
        )
