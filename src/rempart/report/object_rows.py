"""Rows of the tables that show single objects, each with the line of the records that it stands in."""

from dataclasses import dataclass
from typing import Generic, TypeVar

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Rows(Generic[_Row]):
    """Rows of a table that shows single objects.

    Attributes:
        shown: those that the page holds, in the order of the scan.
        left_out: how many more there are in the records.
    """

    shown: tuple[_Row, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCells:
    """How far the frames of a file and those of an entry are the same.

    Attributes:
        query_percent: share of the file's frames that are near the entry's.
        list_percent: share of the entry's frames that are near the file's.
        query_frames: frames that were used of the file.
        list_frames: frames that were used of the entry.
        seconds: where in the file the nearest frame lies; absent for a still picture.
        list_seconds: where in the entry's video it lies; absent for a still picture.
    """

    query_percent: float
    list_percent: float
    query_frames: int
    list_frames: int
    seconds: float | None
    list_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """One match.

    Attributes:
        line: of the records, from 1.
        labels: as one text.
        subject: code of whom the entry's media shows.
        transform: code of the variant of the picture or video that hit; absent for a digest.
        distance_bits: absent for a digest.
        video: how far the frames are the same; absent where neither is a video.
        url: that met the entry; absent where the match is none of a URL.
        suppressed_by: name of the known-harmless list that outweighs it; absent if none.
        duty: code of whether there is a duty to report; absent without a decision.
    """

    line: int
    path: str
    list: str
    owner: str
    labels: str
    subject: str
    kind: str
    distance_bits: int | None
    threshold_bits: int | None
    transform: str | None
    is_from_partial: bool
    video: EvidenceCells | None
    url: str | None
    suppressed_by: str | None
    entry: str
    entry_version: int
    duty: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """One object that was not read whole. `outcome` and `kind` are codes; message and hint are English."""

    line: int
    path: str
    outcome: str
    kind: str
    message: str
    hint: str
    media_type: str | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """One disagreement between lists about an object. `code` is a code."""

    line: int
    path: str
    code: str
    known_list: str
    harmless_list: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRow:
    """One video or animated picture."""

    line: int
    path: str
    seconds: float | None
    width: int
    height: int
    frames: int
    is_screened: bool
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRow:
    """One archive, document or message with members.

    Attributes:
        members: that have a record.
        matched: members with a match that nothing suppresses.
        not_whole: members whose outcome is not `ok`.
    """

    path: str
    members: int
    matched: int
    not_whole: int
