"""What the sources of a list say about its entries, and what holds because of it.

Each source's claim keeps what it said. An entry's fingerprints and labels are the union of its live claims, so
that the withdrawal of one takes away what only this source had said, and nothing else. An entry without a live
claim gets a version with standing `withdrawn`, and its fingerprints are matched no more.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Select,
    bindparam,
    case,
    null,
    select,
    update,
)

from rempart.model.fingerprint import MATCHING_QUALITY_FLOOR
from rempart.model.handling import Standing, Subject
from rempart.model.lists import EntryDraft
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows, rows_among, run_rows
from rempart.store._codec import AnyRow, labels_of
from rempart.store._interning import Interning
from rempart.store._session import WriteSession

STRICTEST_FIRST: Final = (Subject.CHILD, Subject.ADULT, Subject.HARMLESS)
"""Where sources disagree about whom the media shows, the stricter statement holds."""

Said = tuple[int, bytes, int | None, int | None]
"""One fingerprint in interned form: kind, value, quality, software."""


Outcome = tuple[str, bytes, bytes]
"""What became of one entry: how it changed, its key, its digest."""


class Content(msgspec.Struct, array_like=True, frozen=True):
    """What one claim says, in interned form, as the store keeps it."""

    fingerprints: tuple[Said, ...]
    label_set_no: int
    subject: str | None


class ListContext(NamedTuple):
    """What a change of entries needs to know about their list."""

    list_no: int
    is_matched: bool
    subject: Subject


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Content).decode

_REPLACED: Final = (
    "b_version",
    "b_at",
    "b_labels",
    "b_subject",
    "b_standing",
    "b_digest",
    "b_entry",
)
_REPLACE: Final = (
    update(t.entry)
    .where(t.entry.c.entry_no == bindparam("b_entry"))
    .values(
        version=bindparam("b_version"),
        recorded_at=bindparam("b_at"),
        label_set_no=bindparam("b_labels"),
        subject=bindparam("b_subject"),
        standing=bindparam("b_standing"),
        digest=bindparam("b_digest"),
    )
)
_END: Final = (
    update(t.fingerprint)
    .where(t.fingerprint.c.fingerprint_no == bindparam("b_number"))
    .values(
        until_version=bindparam("b_version"),
        removed_change=case(
            (t.fingerprint.c.added_change.is_(None), null()),
            (t.fingerprint.c.removed_change.is_not(None), t.fingerprint.c.removed_change),
            else_=bindparam("b_change", type_=BigInteger()),
        ),
    )
)


def said_by(draft: EntryDraft, interning: Interning) -> Content:
    """Return what a draft says in interned form; a fingerprint that it repeats is kept once."""
    kind, software = interning.kind, interning.software
    said: tuple[Said, ...] = tuple(
        [
            (kind(each.kind, each.dialect), each.value, each.quality, software(each.software))
            for each in draft.fingerprints
        ]
    )
    if len(said) > 1:
        said = _union([said])
    subject = None if draft.subject is None else draft.subject.value
    return Content(said, interning.labels(draft.labels), subject)


def encoded(content: Content) -> bytes:
    """Return the stored form of what a claim says."""
    return _encode(content)


def _union(claims: Sequence[tuple[Said, ...]]) -> tuple[Said, ...]:
    """Return each value once, in order; of several qualities the one that says most and allows matching."""
    best: dict[tuple[int, bytes], Said] = {}
    for said in claims:
        for each in said:
            present = best.get(each[:2])
            if present is None or _worth(each) > _worth(present):
                best[each[:2]] = each
    return tuple(best.values())


def _worth(said: Said) -> tuple[bool, bool, int]:
    quality = said[2]
    is_matchable = quality is None or quality >= MATCHING_QUALITY_FLOOR
    return is_matchable, quality is not None, quality or 0


class Refresh:
    """Bring entries into line with their live claims: new versions, new and ended fingerprints."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning
        self._label_sets: dict[int, str] = {}
        self._versions: list[tuple[object, ...]] = []
        self._superseded: list[tuple[object, ...]] = []
        self._begun: list[tuple[int, int, Said]] = []
        self._ended: list[tuple[int, int]] = []
        self._suspended: set[int] = set()
        self._ended_entries: set[int] = set()

    def run(self, context: ListContext, entry_numbers: Sequence[int]) -> list[Outcome]:
        """Refresh so many entries as fit in one statement.

        Returns:
            For each entry that changed, in the order of their numbers: `changed`, `returned` or `withdrawn`, the
            entry's key and the digest of what holds now (of a withdrawn entry: of what held last).
        """
        if not entry_numbers:
            return []
        connection, numbers = self._session.connection, sorted(entry_numbers)
        claims = _by_entry(rows_among(connection, _claims_of, numbers, b_list=context.list_no))
        fingerprints = _by_entry(rows_among(connection, _fingerprints_of, numbers))
        suspended = rows_among(connection, _suspended_of, numbers) if context.is_matched else ()
        self._suspended = {row.entry_no for row in suspended}
        outcomes: list[Outcome] = []
        for row in rows_among(connection, _versions_of, numbers):
            outcome = self._one(
                context, row, claims.get(row.entry_no, []), fingerprints.get(row.entry_no, [])
            )
            if outcome is not None:
                outcomes.append(outcome)
        if outcomes:
            self._session.touch(context.list_no)
        self._write(context)
        return outcomes

    def _one(
        self, context: ListContext, row: AnyRow, claims: list[AnyRow], present: list[AnyRow]
    ) -> Outcome | None:
        if not claims:
            return self._withdraw(row, present)
        was_withdrawn = row.standing == Standing.WITHDRAWN.value
        digest = _joint_digest([claim.digest for claim in claims])
        if digest == row.digest and not was_withdrawn:
            return None
        contents = [_decode(claim.content) for claim in claims]
        labels = self._joint_labels([content.label_set_no for content in contents])
        subject = _joint_subject([content.subject for content in contents], context.subject)
        version = row.version + 1
        self._replace(
            row, labels=labels, subject=subject, standing=Standing.PUBLISHED, digest=digest
        )
        wanted = dict.fromkeys(_union([content.fingerprints for content in contents]))
        for each in present:
            said = (each.kind_no, each.value, each.quality, each.software_no)
            if said in wanted:
                del wanted[said]
            else:
                self._end(each, version)
        self._begun.extend((row.entry_no, version, said) for said in wanted)
        return "returned" if was_withdrawn else "changed", row.key, digest

    def _withdraw(self, row: AnyRow, present: list[AnyRow]) -> Outcome | None:
        if row.standing == Standing.WITHDRAWN.value:
            return None
        version = row.version + 1
        self._replace(
            row,
            labels=row.label_set_no,
            subject=row.subject,
            standing=Standing.WITHDRAWN,
            digest=row.digest,
        )
        for each in present:
            self._end(each, version)
        return "withdrawn", row.key, row.digest

    def _end(self, fingerprint: AnyRow, version: int) -> None:
        self._ended.append((fingerprint.fingerprint_no, version))
        self._ended_entries.add(fingerprint.entry_no)

    def _replace(
        self,
        row: AnyRow,
        *,
        labels: int,
        subject: str | None,
        standing: Standing,
        digest: bytes,
    ) -> None:
        at = self._session.at_micros
        self._superseded.append((*row[:8], at))
        said = (row.version + 1, at, labels, subject, standing.value, digest)
        self._versions.append((*said, row.entry_no))

    def _joint_labels(self, numbers: list[int]) -> int:
        if len(set(numbers)) == 1:
            return numbers[0]
        labels = [label for number in numbers for label in labels_of(self._label_text(number))]
        return self._interning.labels(tuple(dict.fromkeys(labels)))

    def _label_text(self, number: int) -> str:
        if number not in self._label_sets:
            wanted = select(t.label_set.c.labels).where(t.label_set.c.label_set_no == number)
            self._label_sets[number] = self._session.connection.execute(wanted).scalar_one()
        return self._label_sets[number]

    def _write(self, context: ListContext) -> None:
        connection = self._session.connection
        touched = {number for number, *_ in self._begun} | self._ended_entries
        is_change = context.is_matched and not touched <= self._suspended
        change = self._session.change() if is_change else None
        insert_rows(connection, t.entry_version, self._superseded)
        run_rows(connection, _REPLACE, _REPLACED, self._versions)
        ended = [(number, version, change) for number, version in self._ended]
        run_rows(connection, _END, ("b_number", "b_version", "b_change"), ended)
        first = self._session.take_fingerprint_numbers(len(self._begun)) if self._begun else 0
        begun = [
            (first + place, entry_no, version, None, *said, self._added_by(entry_no, change), None)
            for place, (entry_no, version, said) in enumerate(self._begun)
        ]
        insert_rows(connection, t.fingerprint, begun)
        self._versions, self._superseded, self._begun, self._ended = [], [], [], []
        self._ended_entries = set()

    def _added_by(self, entry_no: int, change: int | None) -> int | None:
        return None if entry_no in self._suspended else change


def _claims_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of the live claims on entries of one list."""
    c = t.entry_source.c
    sources = select(t.source.c.source_no).where(t.source.c.list_no == bindparam("b_list"))
    return (
        select(c.entry_no, c.digest, c.content)
        .where(c.source_no.in_(sources))
        .where(c.entry_no.in_(numbers))
        .where(c.withdrawn_at.is_(None))
        .order_by(c.entry_no, c.source_no)
    )


def _versions_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of versions in force, in the order of the columns of `entry_version`, with the keys."""
    e = t.entry.c
    said = [e[column.name] for column in t.entry_version.columns if column.name in e]
    return select(*said, e.key).where(e.entry_no.in_(numbers)).order_by(e.entry_no)


def _suspended_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of the suspended ones among entries."""
    c = s.suspension.c
    return select(c.entry_no).where(c.entry_no.in_(numbers))


def _fingerprints_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of the fingerprints in force."""
    c = t.fingerprint.c
    return (
        select(c.entry_no, c.fingerprint_no, c.kind_no, c.value, c.quality, c.software_no)
        .where(c.entry_no.in_(numbers))
        .where(c.until_version.is_(None))
        .order_by(c.entry_no, c.fingerprint_no)
    )


def change(outcome: str, key: bytes, digest: bytes) -> bytes:
    """Return the bytes that stand for one change in the digest of a merge's changes."""
    return b"%s\0%d:%s%d:%s" % (outcome.encode(), len(key), key, len(digest), digest)


def sources_of(connection: Connection, list_no: int) -> tuple[int, ...]:
    """Return the numbers of the sources that ever said something about a list."""
    wanted = select(t.source.c.source_no).where(t.source.c.list_no == list_no)
    return tuple(connection.execute(wanted.order_by(t.source.c.source_no)).scalars())


def _by_entry(rows: Iterable[AnyRow]) -> dict[int, list[AnyRow]]:
    return {number: list(group) for number, group in groupby(rows, key=attrgetter("entry_no"))}


def _joint_digest(digests: list[bytes]) -> bytes:
    distinct = sorted(set(digests))
    if len(distinct) == 1:
        return distinct[0]
    joint = hashlib.sha256()
    for digest in distinct:
        joint.update(len(digest).to_bytes(4, "big") + digest)
    return joint.digest()


def _joint_subject(stated: list[str | None], of_list: Subject) -> str | None:
    """Return the strictest statement; a source that states none speaks as its list does."""
    if all(each is None for each in stated):
        return None
    spoken = {of_list.value if each is None else each for each in stated}
    return next(each.value for each in STRICTEST_FIRST if each.value in spoken)
