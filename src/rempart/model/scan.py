"""What is found out about one file."""

from dataclasses import dataclass
from enum import StrEnum

from rempart.model.fingerprint import Fingerprint
from rempart.model.match import Conflict, Match
from rempart.model.urls import UrlSummary
from rempart.model.video import VideoSummary


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
    ENCRYPTED = "encrypted"
    NESTED_TOO_DEEP = "nested-too-deep"
    TOO_MANY_MEMBERS = "too-many-members"
    EXPANDS_TOO_MUCH = "expands-too-much"
    MEMBERS_REFUSED = "members-refused"
    TOO_LONG = "too-long"
    NO_FRAMES = "no-frames"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file's outcome is not `ok`, and what to do next."""

    kind: ProblemKind
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Where an object lies that is no file of its own: inside an archive, a document or a message.

    Attributes:
        container: the path of the file or member that holds it.
        member: its name in there, as the container's bytes have it; only a label, never a path to open.
        number: its place in there, counted from 1: names may occur twice.
    """

    container: bytes
    member: bytes
    number: int

    @property
    def path(self) -> bytes:
        """What the member is called in records: container, `!/`, member."""
        return self.container + b"!/" + self.member


@dataclass(frozen=True, slots=True)
class FileFingerprints:
    """Fingerprints of one file or member, without any judgement.

    Attributes:
        path: the bytes of the path as given; of a member what `Membership.path` says.
        size: bytes; absent when the file could not be opened.
        media_type: IANA media type by content; absent when unknown.
        fingerprints: everything that the whole content yielded.
        partial_fingerprints: PDQ of what could be decoded of a torn picture; kept apart, because it is
            not the fingerprint of the picture and must never be published.
        membership: where it lies, if it is no file of its own.
        video: of a video or an animated picture, what was looked at.
        urls: how many URLs stand in it, where they were looked for.
    """

    path: bytes
    size: int | None
    media_type: str | None
    outcome: Outcome
    problem: Problem | None
    fingerprints: tuple[Fingerprint, ...]
    partial_fingerprints: tuple[Fingerprint, ...] = ()
    membership: Membership | None = None
    video: VideoSummary | None = None
    urls: UrlSummary | None = None


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One scanned file with its matches; it carries no decision."""

    file: FileFingerprints
    matches: tuple[Match, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
