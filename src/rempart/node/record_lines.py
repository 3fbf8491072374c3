"""What stands in a line of `rempart.scan/1`, read back and checked: the other side of `model.records`."""

from typing import Annotated, Final

from msgspec import Meta, Struct, field

from rempart.model.handling import Subject
from rempart.model.records import SCAN_SCHEMA
from rempart.model.scan import Outcome

_LONGEST_NAME: Final = 1_000
_LARGEST_SIZE: Final = 2**63 - 1

Name = Annotated[str, Meta(max_length=_LONGEST_NAME)]
"""A code, or the name of a list or an organisation."""
Count = Annotated[int, Meta(ge=0, le=_LARGEST_SIZE)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]


class ProblemLine(Struct, frozen=True, gc=False):
    """Why an outcome is not `ok`."""

    kind: Name
    message: str
    hint: str


class FingerprintLine(Struct, frozen=True, gc=False):
    """One fingerprint, its value as text."""

    kind: Name
    value: str
    dialect: Name | None = None
    quality: Count | None = None
    software: Name | None = None


class VideoLine(Struct, frozen=True, gc=False):
    """What was looked at of a video or an animated picture."""

    seconds: Seconds | None
    width: Count
    height: Count
    screened: bool
    frames: Count


class EvidenceLine(Struct, frozen=True, gc=False):
    """How far the frames of a query and those of an entry are the same."""

    query_percent: Percent
    list_percent: Percent
    query_frames: Count
    list_frames: Count
    seconds: Seconds | None = None
    list_seconds: Seconds | None = None


class UrlLine(Struct, frozen=True, gc=False):
    """Which URL met the entry, as `rempart.model.urls.UrlEvidence` explains it."""

    url: str
    times: Count = 1
    urls: Count = 1
    host: Name | None = None
    path: Name | None = None


class UrlsLine(Struct, frozen=True, gc=False):
    """How far URLs were looked for in a file or member."""

    distinct: Count
    complete: bool


class LabelLine(Struct, frozen=True, gc=False):
    """One classification of an entry."""

    scheme: Name
    value: str
    scheme_version: Name | None = None
    region: Name | None = None


class MatchLine(Struct, frozen=True, gc=False):
    """One match, as `rempart.model.match.Match` explains it."""

    id: Name
    list: Name
    list_id: Name
    list_generation: Count
    owner: Name
    entry: Name
    entry_version: Count
    subject: Subject
    kind: Name
    distance: Count
    threshold: Count
    dialect: Name | None
    transform: Name | None
    quality: Count | None
    labels: tuple[LabelLine, ...]
    suppressed_by: Name | None = None
    from_partial: bool = False
    video: EvidenceLine | None = None
    url: UrlLine | None = None


class ConflictLine(Struct, frozen=True, gc=False):
    """One disagreement between lists that a person has to look at."""

    code: Name
    known_list: Name
    harmless_list: Name


class TextLine(Struct, frozen=True, gc=False):
    """A text about law, in the language of the scan."""

    code: Name
    text: str


class MaterialLine(Struct, frozen=True, gc=False):
    """Which class of material the labels of a match name; the class is absent where they name none."""

    answer: Name
    class_: Name | None = field(name="class", default=None)


class PeriodLine(Struct, frozen=True, gc=False):
    """How much time a duty leaves; what is not known is absent."""

    value: Count | None = None
    unit: Name | None = None
    text: str | None = None


class DutyLine(Struct, frozen=True, gc=False):
    """One duty, or what is allowed."""

    what: Name
    state: Name
    answer: Name
    article: str | None = None
    to: str | None = None
    within: PeriodLine | None = None
    condition: Name | None = None


class ContextLine(Struct, frozen=True, gc=False):
    """The case as the operator described it."""

    kind: Name
    established: Name
    conduct: Name
    date: Name
    roles: dict[Name, tuple[Name, ...]] = {}


class DecisionLine(Struct, frozen=True, gc=False):
    """What law asks after one match: of `rempart.decision/1` what a summary speaks of.

    Attributes:
        answer: whether there is a duty to report.
        data_hash: SHA-256 of every fact of law that was seen.
    """

    id: Name
    match: Name
    answer: Name
    why: TextLine
    context: ContextLine
    data_version: Name
    data_hash: Name
    overlay: bool
    material: MaterialLine | None = None
    duties: tuple[DutyLine, ...] = ()


class ScanLine(Struct, frozen=True, gc=False, tag_field="schema", tag=SCAN_SCHEMA):
    """One scanned file or member with its matches: a record `rempart.scan/1`. Unknown fields are passed over.

    Attributes:
        path: for display; `path_bytes` is what it is.
        container: of a member, the path of what holds it, for display.
        decisions: absent where the scan had no context.
    """

    path: str
    outcome: Outcome
    size: Count | None
    media_type: Name | None
    error: ProblemLine | None
    fingerprints: tuple[FingerprintLine, ...]
    matches: tuple[MatchLine, ...]
    conflicts: tuple[ConflictLine, ...]
    path_b64: bytes | None = None
    container: str | None = None
    container_b64: bytes | None = None
    member: str | None = None
    member_b64: bytes | None = None
    member_number: Count | None = None
    video: VideoLine | None = None
    urls: UrlsLine | None = None
    partial_fingerprints: tuple[FingerprintLine, ...] = ()
    decisions: tuple[DecisionLine, ...] | None = None

    @property
    def path_bytes(self) -> bytes:
        """The bytes of the path."""
        return _bytes_of(self.path, self.path_b64)

    @property
    def container_bytes(self) -> bytes | None:
        """The bytes of the container's path; absent where the object is a file of its own."""
        return None if self.container is None else _bytes_of(self.container, self.container_b64)

    @property
    def member_bytes(self) -> bytes | None:
        """The bytes of the member's name; absent where the object is a file of its own."""
        return None if self.member is None else _bytes_of(self.member, self.member_b64)


def _bytes_of(shown: str, exact: bytes | None) -> bytes:
    return shown.encode("utf-8", "surrogatepass") if exact is None else exact
