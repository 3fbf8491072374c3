"""What lists and entries look like in requests and answers, as msgspec types."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from rempart.api.shapes import LabelView
from rempart.model.clock import to_text
from rempart.model.list_content import EntryView, PutEntry
from rempart.model.lists import DEFAULT_THRESHOLD_BITS, LARGEST_THRESHOLD_BITS, BadRecord, HashList
from rempart.model.records import fingerprint_fields, label_fields
from rempart.node.service import GivenEntry

Threshold: TypeAlias = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=LARGEST_THRESHOLD_BITS,
        description="Largest PDQ distance that counts as a match with this list.",
    ),
]
Subject: TypeAlias = Literal["child", "adult", "harmless"]
Standing: TypeAlias = Literal[
    "proposed", "confirmed", "published", "disputed", "suspended", "withdrawn", "expired"
]
Cursor: TypeAlias = Annotated[
    Annotated[str, msgspec.Meta(max_length=64)] | None,
    msgspec.Meta(description="`next_cursor` of the page before, with the same filters."),
]
Limit: TypeAlias = Annotated[
    int, msgspec.Meta(ge=1, le=1000, description="Most records of the page.")
]
Source: TypeAlias = Annotated[
    Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None,
    msgspec.Meta(description="Whose claims these are; absent means the list's owner."),
]


class NewList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list to be made."""

    name: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=63,
            extra_json_schema={"pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
            examples=["exercise-list"],
        ),
    ]
    owner: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None,
        msgspec.Meta(description="Who vetted it; absent means this node's organisation."),
    ] = None
    purpose: Literal["known", "known-harmless"] = "known"
    subject: Annotated[
        Subject | None,
        msgspec.Meta(description="Absent means child, and harmless for a known-harmless list."),
    ] = None
    threshold_bits: Threshold = DEFAULT_THRESHOLD_BITS


class ListPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a list; what is absent stays."""

    subject: Subject | msgspec.UnsetType = msgspec.UNSET
    threshold_bits: Threshold | msgspec.UnsetType = msgspec.UNSET
    standing: Annotated[
        Literal["proposed", "confirmed", "published", "disputed", "suspended"] | msgspec.UnsetType,
        msgspec.Meta(description="Entries match while the list is confirmed or published."),
    ] = msgspec.UNSET


class ListView(msgspec.Struct, frozen=True):
    """A list of known fingerprints that one organisation owns."""

    id: str
    name: str
    owner: str
    purpose: Literal["known", "known-harmless"]
    subject: Subject
    threshold_bits: int
    standing: Standing
    marking: str
    generation: Annotated[
        int, msgspec.Meta(description="Grows by one with every change of the list's entries.")
    ]


class ListCountsView(msgspec.Struct, frozen=True):
    """How much a list holds."""

    entries: Annotated[dict[str, int], msgspec.Meta(description="By standing.")]
    fingerprints: Annotated[
        dict[str, int], msgspec.Meta(description="Of active entries, by kind and dialect.")
    ]


class ListPage(msgspec.Struct, frozen=True):
    """Some of the lists."""

    lists: list[ListView]
    next_cursor: str | None


class ListQuery(msgspec.Struct, frozen=True):
    """What of the lists is wanted."""

    limit: Limit = 100
    cursor: Cursor = None
    withdrawn: Annotated[
        bool, msgspec.Meta(description="Whether withdrawn lists are wanted as well.")
    ] = False


class EntriesQuery(msgspec.Struct, frozen=True):
    """What of a list's entries is wanted."""

    limit: Limit = 100
    cursor: Cursor = None
    standing: Annotated[
        Standing | None, msgspec.Meta(description="Absent means all that are not withdrawn.")
    ] = None
    kind: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None,
        msgspec.Meta(description="Entries with a fingerprint of this kind."),
    ] = None
    value: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=131_072)] | None,
        msgspec.Meta(description="Entries with this fingerprint; needs `kind`."),
    ] = None
    source_id: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None,
        msgspec.Meta(description="Entries that a source knows by this identifier of its own."),
    ] = None


class SourceQuery(msgspec.Struct, frozen=True):
    """Whose claim is meant."""

    source: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None,
        msgspec.Meta(description="Whose claim is withdrawn; absent means every source's."),
    ] = None


class ExportQuery(msgspec.Struct, frozen=True):
    """In which format a list is wanted."""

    format: Literal["csv", "vics", "plain"] = "csv"


class NewEntries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records to be added to a list, or changed in it."""

    entries: Annotated[list[GivenEntry], msgspec.Meta(min_length=1, max_length=10_000)]
    source: Source = None


class EntryChange(GivenEntry, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a source says of an entry from now on."""

    source: Source = None


class SuspensionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an entry is not to be matched."""

    until: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="Absent means until somebody resumes it."),
    ] = None


class FingerprintView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fingerprint of an entry."""

    kind: str
    value: str
    dialect: str | None = None
    quality: int | None = None
    software: str | None = None


class ClaimView(msgspec.Struct, frozen=True):
    """That a source says of an entry that it belongs to the list."""

    source: str
    source_id: str | None
    recorded_at: str


class SuspensionView(msgspec.Struct, frozen=True):
    """That an entry is not matched for a time."""

    at: str
    until: str | None


class EntryShown(msgspec.Struct, frozen=True):
    """One entry in the version in force."""

    id: str
    list_id: str
    version: int
    standing: Standing
    subject: Subject
    fingerprints: list[FingerprintView]
    labels: list[LabelView]
    claims: list[ClaimView]
    suspension: SuspensionView | None
    recorded_at: str


class EntryPage(msgspec.Struct, frozen=True):
    """Some of a list's entries."""

    entries: list[EntryShown]
    next_cursor: str | None


class RecordKept(msgspec.Struct, frozen=True, tag_field="result", tag="kept"):
    """What became of a record that was kept."""

    number: Annotated[int, msgspec.Meta(description="Position in the request, counted from 1.")]
    entry: str
    version: int
    outcome: Literal["added", "changed", "unchanged", "returned", "duplicate"]
    standing: Annotated[
        Literal["published", "suspended"],
        msgspec.Meta(
            description="A suspended entry is not matched until it is resumed, whatever its sources say."
        ),
    ]


class RecordRefused(msgspec.Struct, frozen=True, tag_field="result", tag="refused"):
    """Why a record was not kept."""

    number: Annotated[int, msgspec.Meta(description="Position in the request, counted from 1.")]
    code: str
    message: str


class EntriesTaken(msgspec.Struct, frozen=True):
    """What became of each record, in the order of the request."""

    records: list[RecordKept | RecordRefused]


def list_view(shown: HashList) -> ListView:
    """Return a list as it is answered."""
    return ListView(
        id=str(shown.id),
        name=shown.name,
        owner=shown.owner,
        purpose=shown.purpose.value,
        subject=shown.subject.value,
        threshold_bits=shown.threshold_bits,
        standing=shown.standing.value,
        marking=shown.handling.marking.value,
        generation=shown.generation,
    )


def entry_view(
    shown: EntryView,
) -> dict[str, Any]:  # Any: JSON values, in the shape of `EntryShown`
    """Return an entry as it is answered."""
    entry, suspension = shown.entry, shown.suspension
    return {
        "id": str(entry.id),
        "list_id": str(entry.list_id),
        "version": entry.version,
        "standing": entry.standing.value,
        "subject": entry.subject.value,
        "fingerprints": [fingerprint_fields(each) for each in entry.fingerprints],
        "labels": [label_fields(each) for each in entry.labels],
        "claims": [
            ClaimView(each.source, each.source_id, to_text(each.recorded_at))
            for each in shown.claims
        ],
        "suspension": None
        if suspension is None
        else SuspensionView(
            to_text(suspension.at), None if suspension.until is None else to_text(suspension.until)
        ),
        "recorded_at": to_text(shown.recorded_at),
    }


def kept_view(number: int, kept: PutEntry) -> RecordKept:
    """Return what became of a record that was kept."""
    standing: Literal["published", "suspended"] = "suspended" if kept.is_suspended else "published"
    return RecordKept(number, str(kept.entry_id), kept.version, kept.outcome.value, standing)


def taken(kept: Sequence[tuple[int, PutEntry]], bad: Sequence[BadRecord]) -> EntriesTaken:
    """Return what became of each record."""
    records: list[RecordKept | RecordRefused] = [kept_view(number, each) for number, each in kept]
    records += [RecordRefused(each.number, each.code, each.message) for each in bad]
    return EntriesTaken(sorted(records, key=lambda each: each.number))
