"""What is asked and answered about lists and their entries, as frozen values."""

import msgspec

from rempart.client.match_shapes import Fingerprint, Label


class HashList(msgspec.Struct, frozen=True):
    """A list of known fingerprints that one organisation owns.

    Attributes:
        generation: grows by one with every change of the list's entries.
        etag: state in which it was answered, for `if_match`; absent in pages.
    """

    id: str
    name: str
    owner: str
    purpose: str
    subject: str
    threshold_bits: int
    standing: str
    marking: str
    generation: int
    etag: str | None = None


class ListCounts(msgspec.Struct, frozen=True):
    """How much a list holds: entries by standing; fingerprints of active entries by kind and dialect."""

    entries: dict[str, int]
    fingerprints: dict[str, int]


class ListPage(msgspec.Struct, frozen=True):
    """Some of the lists."""

    lists: list[HashList]
    next_cursor: str | None


class NewEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a source says of one item.

    Attributes:
        source_id: the source's own identifier, by which the entry is known from then on; without it, it is known
            by its strongest fingerprint.
        subject: `child`, `adult` or `harmless`; absent means the list's subject.
    """

    fingerprints: list[Fingerprint]
    source_id: str | None = None
    labels: list[Label] = []
    subject: str | None = None


class Claim(msgspec.Struct, frozen=True):
    """That a source says of an entry that it belongs to the list."""

    source: str
    source_id: str | None
    recorded_at: str


class Suspension(msgspec.Struct, frozen=True):
    """That an entry is not matched for a time."""

    at: str
    until: str | None


class Entry(msgspec.Struct, frozen=True):
    """One entry in the version in force.

    Attributes:
        etag: state in which it was answered, for `if_match`; absent in pages.
    """

    id: str
    list_id: str
    version: int
    standing: str
    subject: str
    fingerprints: list[Fingerprint]
    labels: list[Label]
    claims: list[Claim]
    suspension: Suspension | None
    recorded_at: str
    etag: str | None = None


class EntryPage(msgspec.Struct, frozen=True):
    """Some of a list's entries."""

    entries: list[Entry]
    next_cursor: str | None


class RecordKept(msgspec.Struct, frozen=True, tag_field="result", tag="kept"):
    """What became of a record that was kept.

    Attributes:
        number: position in the request, counted from 1.
        outcome: `added`, `changed`, `unchanged`, `returned` or `duplicate`.
        standing: `published`, or `suspended`: it is not matched until it is resumed.
    """

    number: int
    entry: str
    version: int
    outcome: str
    standing: str


class RecordRefused(msgspec.Struct, frozen=True, tag_field="result", tag="refused"):
    """Why a record was not kept.

    Attributes:
        number: position in the request, counted from 1.
    """

    number: int
    code: str
    message: str


class EntriesTaken(msgspec.Struct, frozen=True):
    """What became of each record, in the order of the request."""

    records: list[RecordKept | RecordRefused]
