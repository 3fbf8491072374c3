"""What is asked and answered about matching, as frozen values."""

from typing import Any, Self

import msgspec

from rempart.model import fingerprint as model


class Fingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fingerprint, with the fields of `rempart hash --json`.

    Attributes:
        value: hexadecimal digits; of a kind that is not matched any text.
        dialect: of a PDQ: `exact`, `cpp512` or `screen`; without it, `exact`.
        quality: of a PDQ: 0 to 100; below 50 it is not searched.
        software: what computed it.
    """

    kind: str
    value: str
    dialect: str | None = None
    quality: int | None = None
    software: str | None = None

    @classmethod
    def of(cls, fingerprint: model.Fingerprint) -> Self:
        """Return a fingerprint of the model as it is sent."""
        return cls(
            kind=fingerprint.kind,
            value=fingerprint.text,
            dialect=fingerprint.dialect,
            quality=fingerprint.quality,
            software=fingerprint.software,
        )


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that is known of one file: each kind once, and each dialect of a PDQ once.

    Attributes:
        reference: your own word for the file, given back with the result and kept with a match; take none that is
            personal data.
    """

    fingerprints: list[Fingerprint]
    reference: str | None = None


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """A label that a source gave, in the scheme that it named."""

    scheme: str
    value: str
    scheme_version: str | None = None
    region: str | None = None


Labels = list[Label]


class VideoEvidence(msgspec.Struct, frozen=True):
    """How far the frames of a query and those of an entry are the same; a still picture counts as one frame.

    Attributes:
        query_percent: share of the query's frames that lie near one of the entry's.
        list_percent: share of the entry's frames that lie near one of the query's.
        query_frames: different frames of the query that were good enough.
        list_frames: different frames of the entry that were good enough.
        seconds: where in the query the nearest frame stands; absent for a still picture.
        list_seconds: where in the entry's video the frame stands that it is near to; absent where it is a picture.
    """

    query_percent: float
    list_percent: float
    query_frames: int
    list_frames: int
    seconds: float | None
    list_seconds: float | None


class UrlEvidence(msgspec.Struct, frozen=True):
    """Which expression of which URL is listed.

    Attributes:
        url: in canonical form.
        host: `exact`, or `suffix` where the list names a domain above the URL's host.
        path: `exact`, `without-query`, `prefix` (a folder above the URL) or `root` (its whole host).
        times: how often it stands in the file.
        urls: how many different URLs of the file met this entry.
    """

    url: str
    host: str
    path: str
    times: int
    urls: int


class Match(msgspec.Struct, frozen=True):
    """One explained match; a lead, not a verdict.

    Attributes:
        id: under which the history knows it.
        distance: differing bits; 0 for a digest.
        suppressed_by: the known-harmless list that is nearer; absent where there is none.
        from_partial: whether it was found with what could be decoded of a torn picture or video.
        video: present where the query or the entry is a video.
        url: present where the query is a URL and no hash of one.
    """

    id: str
    list: str
    list_id: str
    list_generation: int
    owner: str
    entry: str
    entry_version: int
    subject: str
    kind: str
    distance: int
    threshold: int
    dialect: str | None
    transform: str | None
    quality: int | None
    labels: Labels
    suppressed_by: str | None
    from_partial: bool
    video: VideoEvidence | None = None
    url: UrlEvidence | None = None


class Conflict(msgspec.Struct, frozen=True):
    """Two lists disagree about one file; a person has to look."""

    code: str
    known_list: str
    harmless_list: str


class Unsearched(msgspec.Struct, frozen=True):
    """A fingerprint that was understood and not searched, and why."""

    kind: str
    why: str
    dialect: str | None = None


class QueryResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one query found. Without matches: no known entry, not that the file is harmless.

    Attributes:
        decisions: `rempart.decision/1` records, one for every match that nothing suppresses; absent where no
            context was given.
        not_searched: fingerprints that were understood and not searched.
    """

    reference: str | None
    matches: list[Match]
    conflicts: list[Conflict]
    decisions: list[dict[str, Any]] | None = None  # Any: JSON values
    not_searched: list[Unsearched] = []


class MatchAnswer(msgspec.Struct, frozen=True):
    """What the queries found, in their order."""

    schema: str
    results: list[QueryResult]


class FileProblem(msgspec.Struct, frozen=True):
    """Why a file was not read as a whole."""

    kind: str
    message: str
    hint: str


class LookedAtVideo(msgspec.Struct, frozen=True):
    """What was looked at of a video or an animated picture.

    Attributes:
        seconds: playing time; absent where it is not known.
        width: of a frame in pixels, as stored.
        height: of a frame in pixels, as stored.
        screened: whether only keyframes were looked at: none came near anything known.
        frames: how many frames were hashed.
    """

    seconds: float | None
    width: int
    height: int
    screened: bool
    frames: int


class ScanResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found out about one file: a `rempart.scan/1` record without a path.

    Attributes:
        media_type: by content, never by name; absent where it is not known.
        outcome: `ok`, `partial`, `unreadable` or `refused`.
        partial_fingerprints: PDQ of what could be decoded of a torn picture.
        video: of a video or an animated picture only.
        decisions: as in `QueryResult`.
    """

    reference: str | None
    size: int | None
    media_type: str | None
    outcome: str
    error: FileProblem | None
    fingerprints: list[Fingerprint]
    matches: list[Match]
    conflicts: list[Conflict]
    partial_fingerprints: list[Fingerprint] = []
    video: LookedAtVideo | None = None
    decisions: list[dict[str, Any]] | None = None  # Any: JSON values


class ScanAnswer(msgspec.Struct, frozen=True):
    """What was found out about the files, in their order."""

    schema: str
    results: list[ScanResult]
