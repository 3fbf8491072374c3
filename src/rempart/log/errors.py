"""Errors of the log.

RempartError
├── UsageError
│   ├── LeafUnknownError      the log has no such leaf: name an index below its size
│   └── VerifierKeyError      a public key is not written as a verifier key: copy the whole line
├── RefusedError
│   ├── NoteFormatError       bytes that are no signed note or no checkpoint; whoever sent them can put it right
│   ├── NoteSignatureError    no known key signed the note, or its signature does not hold
│   ├── ProofError            a proof does not lead to the root that was signed
│   └── LeafErasedError       the leaf's content is gone by law: only its hash can be shown
└── DamagedError
    ├── LogDamagedError       a hash that the log must have is absent or has another length
    └── LogForkedError        the log is not what was signed before: tampering, or a restored backup
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError


class LeafUnknownError(UsageError):
    """The log has no leaf of this index."""

    code: ClassVar[str] = "leaf-unknown"


class VerifierKeyError(UsageError):
    """A public key of a log is not written as a verifier key."""

    code: ClassVar[str] = "log-key"


class NoteFormatError(RefusedError):
    """Bytes are no signed note, no checkpoint or no proof in the written form."""

    code: ClassVar[str] = "note-format"


class NoteSignatureError(RefusedError):
    """No known key signed the note, or a known key's signature does not hold."""

    code: ClassVar[str] = "note-signature"


class ProofError(RefusedError):
    """A proof does not lead to the root that was signed."""

    code: ClassVar[str] = "proof-wrong"


class LeafErasedError(RefusedError):
    """The leaf's content was erased by law; only its hash is left."""

    code: ClassVar[str] = "leaf-erased"


class LogDamagedError(DamagedError):
    """A hash that the log must have is absent or malformed."""

    code: ClassVar[str] = "log-damaged"


class LogForkedError(DamagedError):
    """The log is not a continuation of what was signed before; no checkpoint is signed."""

    code: ClassVar[str] = "log-forked"
