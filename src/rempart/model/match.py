"""Match: an entry within the threshold of a query; a lead, not a verdict, and no decision."""

from dataclasses import dataclass
from typing import Final

from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId, MatchId
from rempart.model.labels import Label
from rempart.model.lists import ListPurpose
from rempart.model.urls import UrlEvidence
from rempart.model.video import VideoEvidence

TRANSFORMS: Final = (
    "original",
    "rotate-90",
    "rotate-180",
    "rotate-270",
    "flip-x",
    "flip-y",
    "flip-plus-1",
    "flip-minus-1",
)
"""The eight dihedral variants, in the order of the reference implementation of PDQ."""


@dataclass(frozen=True, slots=True)
class KnownFingerprint:
    """One stored fingerprint with what explains a match on it.

    Attributes:
        number: the node's alias of this stored fingerprint; identifies it in an index.
        list_generation: the list's generation that was seen.
    """

    number: FingerprintNumber
    list_id: ListId
    list_name: str
    owner: str
    purpose: ListPurpose
    subject: Subject
    threshold_bits: int
    list_generation: int
    entry_id: EntryId
    entry_version: int
    kind: str
    dialect: str | None
    quality: int | None
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One explained match.

    Attributes:
        kind: kind of fingerprint that matched.
        distance: differing bits; 0 for a digest.
        threshold: largest distance that the list allows; 0 for a digest.
        dialect: dialect of the list's PDQ; absent for a digest.
        transform: which dihedral variant of the query hit; absent for a digest.
        quality: PDQ quality of the query; absent for a digest.
        suppressed_by: name of the known-harmless list that is nearer; absent when nothing suppresses.
        from_partial: whether the query was computed from what could be decoded of a torn file.
        video: how far the frames are the same, where the query or the entry is a video.
        url: which URL met the entry, where it is one; absent where only its hash was asked for.
    """

    id: MatchId
    list_name: str
    list_id: ListId
    list_generation: int
    owner: str
    entry_id: EntryId
    entry_version: int
    subject: Subject
    kind: str
    distance: int
    threshold: int
    dialect: str | None
    transform: str | None
    quality: int | None
    labels: tuple[Label, ...]
    suppressed_by: str | None = None
    from_partial: bool = False
    video: VideoEvidence | None = None
    url: UrlEvidence | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two lists disagree about one file; a person has to look.

    Attributes:
        code: `digest-known-and-harmless` (the same bytes stand on both), `known-digest-near-harmless` (the
            bytes are known and the picture is near a harmless one) or `perceptual-tie` (a harmless entry is
            exactly as near as the known one). None of these suppresses anything.
    """

    code: str
    known_list: str
    harmless_list: str
