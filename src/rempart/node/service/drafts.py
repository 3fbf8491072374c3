"""Entries as a caller states them, understood by the same rules as the records of an imported list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from rempart.lists import draft_digest, entry_key
from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.limits import MAX_FINGERPRINTS, MAX_ID_CHARS, MAX_LABEL_CHARS, MAX_LABELS
from rempart.lists.url_values import with_url_hashes
from rempart.lists.values import fingerprint, kind_of, parse_id, parse_name
from rempart.model.fingerprint import EXACT, Fingerprint
from rempart.model.handling import Subject
from rempart.model.labels import Label
from rempart.model.lists import BadRecord, EntryDraft, ListPurpose
from rempart.node.service.errors import DraftRefusedError
from rempart.node.service.lists import check_subject
from rempart.node.service.queries import GivenFingerprint
from rempart.store import MergeItem


class GivenLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label in a scheme; no value means anything by itself."""

    scheme: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LABEL_CHARS)]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LABEL_CHARS)]
    scheme_version: Annotated[str, msgspec.Meta(max_length=MAX_LABEL_CHARS)] | None = None
    region: Annotated[str, msgspec.Meta(max_length=MAX_LABEL_CHARS)] | None = None


class GivenEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source says of one item."""

    fingerprints: Annotated[
        list[GivenFingerprint], msgspec.Meta(min_length=1, max_length=MAX_FINGERPRINTS)
    ]
    source_id: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARS)] | None,
        msgspec.Meta(
            description="The source's own identifier, by which the entry is known from then on; "
            "without it, the entry is known by its strongest fingerprint."
        ),
    ] = None
    labels: Annotated[list[GivenLabel], msgspec.Meta(max_length=MAX_LABELS)] = []
    subject: Annotated[
        Literal["child", "adult", "harmless"] | None,
        msgspec.Meta(description="Absent means the list's subject."),
    ] = None


@dataclass(frozen=True, slots=True)
class Understood:
    """Records of one request: those that can be kept, and what is wrong with the others."""

    items: Sequence[MergeItem]
    bad: Sequence[BadRecord]


def understand(given: Sequence[GivenEntry], purpose: ListPurpose) -> Understood:
    """Read each record by itself: one that is refused does not keep the others out.

    Args:
        given: the records; they are numbered from 1.
        purpose: of the list that they are meant for.
    """
    items: list[MergeItem] = []
    bad: list[BadRecord] = []
    for number, each in enumerate(given, 1):
        try:
            draft = _draft(number, each, purpose)
        except BadRecordError as error:
            bad.append(BadRecord(number, error.code.value, error.message))
        except DraftRefusedError as error:
            bad.append(BadRecord(number, error.code, error.message))
        else:
            items.append(MergeItem(number, entry_key(draft), draft_digest(draft), draft))
    return Understood(items, bad)


def _draft(number: int, given: GivenEntry, purpose: ListPurpose) -> EntryDraft:
    subject = None if given.subject is None else Subject(given.subject)
    if subject is not None:
        check_subject(purpose, subject)
    return EntryDraft(
        number=number,
        fingerprints=with_url_hashes(
            tuple(dict.fromkeys(_fingerprint(each) for each in given.fingerprints))
        ),
        source_id=None if given.source_id is None else parse_id(given.source_id),
        labels=tuple(dict.fromkeys(_label(each) for each in given.labels)),
        subject=subject,
    )


def _fingerprint(given: GivenFingerprint) -> Fingerprint:
    software = given.software
    return fingerprint(
        kind_of(given.kind),
        given.value,
        dialect=given.dialect or EXACT,
        quality=given.quality,
        software=None if software is None else parse_name(software, BadCode.BAD_SOFTWARE),
    )


def _label(given: GivenLabel) -> Label:
    def checked(text: str | None) -> str | None:
        return None if text is None else parse_name(text, BadCode.BAD_LABELS)

    return Label(
        scheme=parse_name(given.scheme, BadCode.BAD_LABELS),
        scheme_version=checked(given.scheme_version),
        region=checked(given.region),
        value=parse_name(given.value, BadCode.BAD_LABELS),
    )
