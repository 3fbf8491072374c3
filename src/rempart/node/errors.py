"""Errors of the node.

RempartError
├── UsageError
│   ├── NodeMissingError        no node was named, or there is none in the folder: name it or make it
│   ├── NodeOwnerError          root was asked to work on another user's node: run it as that user
│   ├── SettingsError           a setting is unknown or impossible: correct node.toml
│   ├── AddressUnavailableError the service cannot listen there: free the address or name another
│   ├── ListUnknownError        no such list: see `rempart lists show`
│   ├── KeyRequestError         an API key cannot be made like that: correct the request
│   ├── AuditRequestError       the law or reason of an entry in the audit log has not its form
│   ├── RunUnknownError         no such scan to resume: see the message of the interrupted scan
│   ├── RunWithoutOutputError   the scan kept no records: scan again with --output
│   ├── ContextFileError        the description of a case cannot be read: name another file
│   ├── LawArgumentError        a value of a question of law has not its form: write it as the hint says
│   ├── LawOverlayError         the overlay of law data is no folder of facts: name another one
│   └── LawFactUnknownError     no fact has that identifier: take one from an answer
├── RefusedError
│   ├── NodeExistsError         the folder holds a node already: take another folder
│   ├── NodePlaceError          the folder cannot be made or written: take another one
│   ├── ListShrinkError         too much would be withdrawn: check the file or allow it
│   ├── ListMismatchError       the list exists with another purpose: take another name
│   ├── NothingImportedError    every record was refused: check the format
│   ├── SourceUnreadableError   the list's file cannot be read
│   ├── RecordsRefusedError     the file holds no records of a scan, or less than the run wrote
│   ├── KeyEndedError           the API key holds no longer: make a new one
│   ├── EventNotErasableError   the event is itself the record of an erasure: it stays
│   ├── BackupRefusedError      the backup holds something that is none of a node's: use another one
│   ├── KeysUnreadableError     the keys cannot go into the backup: run it as their owner
│   ├── OutputExistsError       the output file is there already: take another name or resume
│   └── ResumeMismatchError     what is resumed is not what was begun
└── DamagedError
    ├── IndexNotReadyError      the search index is not open yet: ask again in a moment
    ├── LawUnreadableError      the service cannot read the operator's own facts of law: mend the overlay
    ├── ServiceStartError       no worker of the service could start: see its last error
    ├── ServiceRunningError     the service of this node runs already: stop it or reload it
    ├── OutputFailedError       the output could not be written: free space and resume
    └── OutputLockedError       another process is writing the output: the run is still under way
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class NodeMissingError(UsageError):
    """No node was named, or the folder holds none."""

    code: ClassVar[str] = "node-missing"


class NodeOwnerError(UsageError):
    """Root was asked to work on a node that belongs to another user."""

    code: ClassVar[str] = "node-owner"


class SettingsError(UsageError):
    """A setting is unknown or impossible."""

    code: ClassVar[str] = "settings"


class AddressUnavailableError(UsageError):
    """The service cannot listen on an address."""

    code: ClassVar[str] = "address-unavailable"


class ListUnknownError(UsageError):
    """There is no list of that name."""

    code: ClassVar[str] = "list-unknown"


class KeyRequestError(UsageError):
    """An API key cannot be made as it was asked for."""

    code: ClassVar[str] = "key-request"


class AuditRequestError(UsageError):
    """The law or the reason that is to stand in the audit log has not its form."""

    code: ClassVar[str] = "audit-request"


class RunUnknownError(UsageError):
    """There is no scan of that identifier that could be resumed."""

    code: ClassVar[str] = "run-unknown"


class RunWithoutOutputError(UsageError):
    """The scan wrote its records to no file, so there is nothing to read."""

    code: ClassVar[str] = "run-without-output"


class ContextFileError(UsageError):
    """The description of a case cannot be read."""

    code: ClassVar[str] = "context-unreadable"


class LawArgumentError(UsageError):
    """A value of a question of law has not its written form."""

    code: ClassVar[str] = "law-argument"


class LawOverlayError(UsageError):
    """The overlay of law data is no folder of facts."""

    code: ClassVar[str] = "law-overlay"


class LawFactUnknownError(UsageError):
    """No fact of the law data has that identifier."""

    code: ClassVar[str] = "law-fact-unknown"


class NodeExistsError(RefusedError):
    """The folder holds a node already."""

    code: ClassVar[str] = "node-exists"


class NodePlaceError(RefusedError):
    """The folder for a new node cannot be made or written."""

    code: ClassVar[str] = "node-place"


class ListShrinkError(RefusedError):
    """A full import would withdraw more of the list than is allowed without asking."""

    code: ClassVar[str] = "list-shrink"


class ListMismatchError(RefusedError):
    """The list exists and was stated to be something else."""

    code: ClassVar[str] = "list-mismatch"


class NothingImportedError(RefusedError):
    """No record of the file could be imported."""

    code: ClassVar[str] = "nothing-imported"


class SourceUnreadableError(RefusedError):
    """A file that the caller named cannot be read."""

    code: ClassVar[str] = "source-unreadable"


class RecordsRefusedError(RefusedError):
    """The file holds no records of a scan, or fewer than the run wrote."""

    code: ClassVar[str] = "records-refused"


class KeyEndedError(RefusedError):
    """The API key holds no longer, or another one took its place."""

    code: ClassVar[str] = "key-ended"


class EventNotErasableError(RefusedError):
    """The event is itself the record of an erasure."""

    code: ClassVar[str] = "event-not-erasable"


class BackupRefusedError(RefusedError):
    """The backup holds something that is none of a node's."""

    code: ClassVar[str] = "backup-strange"


class KeysUnreadableError(RefusedError):
    """The node's keys cannot be read, and so not be backed up."""

    code: ClassVar[str] = "keys-unreadable"


class OutputExistsError(RefusedError):
    """The output file is there already."""

    code: ClassVar[str] = "output-exists"


class ResumeMismatchError(RefusedError):
    """What is to be resumed is not what was begun."""

    code: ClassVar[str] = "resume-mismatch"


class IndexNotReadyError(DamagedError):
    """The search index is not open yet, or cannot be built."""

    code: ClassVar[str] = "index-not-ready"


class LawUnreadableError(DamagedError):
    """The service cannot read the operator's own facts of law, so it cannot decide in a case."""

    code: ClassVar[str] = "law-unreadable"


class ServiceStartError(DamagedError):
    """No worker of the service could start."""

    code: ClassVar[str] = "service-start"


class ServiceRunningError(DamagedError):
    """The service of this node runs already."""

    code: ClassVar[str] = "service-running"


class OutputFailedError(DamagedError):
    """The output could not be written; what was confirmed before is safe."""

    code: ClassVar[str] = "output-failed"


class OutputLockedError(DamagedError):
    """Another process is writing the output: the run is still under way."""

    code: ClassVar[str] = "output-locked"
