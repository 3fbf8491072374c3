"""What is found out about one file."""

from dataclasses import dataclass
from enum import StrEnum

from rempart.model.fingerprint import Fingerprint
from rempart.model.match import Conflict, Match


class Outcome(StrEnum):
    """How far the fingerprinting of one file came."""

    OK = "ok"
    PARTIAL = "partial"
    UNREADABLE = "unreadable"
    REFUSED = "refused"


class ProblemKind(StrEnum):
    """The closed list of reasons why a file's outcome is not `ok`."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    NOT_FOUND = "not-found"
    PERMISSION_DENIED = "permission-denied"
    NOT_A_FILE = "not-a-file"
    LINK_NOT_FOLLOWED = "link-not-followed"
    CHANGED_WHILE_READ = "changed-while-read"
    READ_ERROR = "read-error"
    FILE_TOO_LARGE = "file-too-large"
    TOO_MANY_PIXELS = "too-many-pixels"
    TIME_LIMIT = "time-limit"
    MEMORY_LIMIT = "memory-limit"
    WORKER_DIED = "worker-died"
    UNSUPPORTED_FORMAT = "unsupported-format"
    UNSUPPORTED_PIXELS = "unsupported-pixels"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file's outcome is not `ok`, and what to do next."""

    kind: ProblemKind
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class FileFingerprints:
    """Fingerprints of one file, without any judgement.

    Attributes:
        path: the bytes of the path as given.
        size: bytes; absent when the file could not be opened.
        media_type: IANA media type by content; absent when unknown.
        fingerprints: everything that the whole content yielded.
        partial_fingerprints: PDQ of what could be decoded of a torn picture; kept apart, because it is
            not the fingerprint of the picture and must never be published.
    """

    path: bytes
    size: int | None
    media_type: str | None
    outcome: Outcome
    problem: Problem | None
    fingerprints: tuple[Fingerprint, ...]
    partial_fingerprints: tuple[Fingerprint, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One scanned file with its matches; it carries no decision."""

    file: FileFingerprints
    matches: tuple[Match, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
