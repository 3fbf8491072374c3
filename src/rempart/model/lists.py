"""Lists of known fingerprints and their entries."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import EntryId, ListId
from rempart.model.labels import Label

DEFAULT_THRESHOLD_BITS: Final = 31
"""Confident limit for PDQ (threatexchange, pdq/pdq_utils)."""

LARGEST_THRESHOLD_BITS: Final = 64
"""Largest radius that the index offers."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def is_list_name(text: str) -> bool:
    """Tell whether a text is a list's name: `[a-z0-9][a-z0-9-]{0,62}`."""
    return _NAME.fullmatch(text) is not None


class ListPurpose(StrEnum):
    """What an operator says a list is for; never guessed from a format."""

    KNOWN = "known"
    KNOWN_HARMLESS = "known-harmless"


@dataclass(frozen=True, slots=True)
class HashList:
    """A vetted list of fingerprints that one organisation owns; (owner, name) is unique in a node.

    Attributes:
        generation: grows by one with every change of the list's entries.
        threshold_bits: largest PDQ distance, 0 to 64, that counts as a match with this list.
    """

    id: ListId
    name: str
    owner: str
    purpose: ListPurpose
    subject: Subject
    threshold_bits: int
    handling: Handling
    standing: Standing
    generation: int


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One record as a reader of a list format understood it; not yet an entry of any list.

    Attributes:
        number: position of the record in its source, counted from 1.
        source_id: the source's own global identifier; absent where the format has none (a VICS MediaID
            is unique inside its file only and is never one).
        fingerprints: at least one.
        raw: the record as received, as JSON text, so that unknown fields can be passed on; absent where
            the parsed fields say all.
        subject: where the record itself states it; else the list's subject holds.
    """

    number: int
    fingerprints: tuple[Fingerprint, ...]
    source_id: str | None = None
    labels: tuple[Label, ...] = ()
    raw: str | None = None
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that a reader refused; the rest of the list goes on.

    Attributes:
        number: position of the record in its source, counted from 1.
        code: stable name of the reason.
        message: what is wrong, without the record's content.
    """

    number: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list in one version."""

    id: EntryId
    list_id: ListId
    version: int
    fingerprints: tuple[Fingerprint, ...]
    labels: tuple[Label, ...]
    subject: Subject
    standing: Standing
    handling: Handling
    source_ids: tuple[str, ...] = field(default=())
