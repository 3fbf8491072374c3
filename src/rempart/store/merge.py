"""Merge what one source says into a list, in batches, within one write transaction."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, Select, bindparam, delete, func, insert, null, select, update

from rempart.model.handling import Standing, Subject
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows, rows_among, run_rows
from rempart.store._claims import (
    Content,
    ListContext,
    Outcome,
    Refresh,
    change,
    encoded,
    said_by,
)
from rempart.store._codec import AnyRow
from rempart.store._interning import Interning
from rempart.store._reading import next_number
from rempart.store._seen import Seen
from rempart.store._session import WriteSession
from rempart.store._texts import refuse_nul
from rempart.store.values import AbsentCounts, MergeCounts, MergeItem

_CHUNK: Final = 5_000
_PART: Final = 65_536
_MANY: Final = 10_000
"""From so many records on, a merge is a write of very many rows; the engine hears of it again at each doubling."""

_CLAIM_AGAIN: Final = (
    update(t.entry_source)
    .where(t.entry_source.c.source_no == bindparam("b_source"))
    .where(t.entry_source.c.entry_no == bindparam("b_entry"))
    .values(
        source_id=bindparam("b_source_id"),
        digest=bindparam("b_digest"),
        content=bindparam("b_content"),
        recorded_at=bindparam("b_at"),
        withdrawn_at=null(),
    )
)
_CLAIM_PARAMETERS: Final = (
    "b_source",
    "b_entry",
    "b_source_id",
    "b_digest",
    "b_content",
    "b_at",
)
_END_CLAIM: Final = (
    update(t.entry_source)
    .where(t.entry_source.c.source_no == bindparam("b_source"))
    .where(t.entry_source.c.entry_no == bindparam("b_entry"))
    .where(t.entry_source.c.withdrawn_at.is_(None))
    .values(withdrawn_at=bindparam("b_at"))
)


def _by_key(keys: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of entries by their keys, each with the source's own claim, if there is one."""
    e, s = t.entry.c, t.entry_source.c
    own = (s.source_no == bindparam("b_source")) & (s.entry_no == e.entry_no)
    return (
        select(e.key, e.entry_no, s.digest, s.withdrawn_at)
        .select_from(t.entry.outerjoin(t.entry_source, own))
        .where(e.list_no == bindparam("b_list"))
        .where(e.key.in_(keys))
    )


class _Touched(NamedTuple):
    entry_no: int
    item: MergeItem
    is_new_claim: bool


class Merge:
    """One source's records on their way into one list. Made by `StoreWriter.begin_merge`.

    Peak memory does not depend on the length of the import, but for one bit an entry of the store. Whoever gives
    `outcomes` learns by its key what became of each record, and may not ask what is absent.
    """

    def __init__(
        self,
        session: WriteSession,
        interning: Interning,
        *,
        row: AnyRow,
        source: str,
        outcomes: dict[bytes, str] | None = None,
    ) -> None:
        self._session = session
        self._interning = interning
        self._list_id = UUID(bytes=row.id)
        self._source_no = self._known_source(row.list_no, source)
        self._context = ListContext(
            list_no=row.list_no,
            is_matched=bool(row.is_matched),
            subject=Subject(row.subject),
        )
        self._refresh = Refresh(session, interning)
        self._record_count = 0
        self._next_many = _MANY
        self._seen = Seen()
        self._outcomes = outcomes
        # Counting walks all claims of the source: too long for one record, and only a whole import asks for it.
        self._active_before = self._count_claims() if outcomes is None else 0
        self._known_absent: NDArray[np.int64] | None = None
        self._counts = MergeCounts()
        self._changes = hashlib.sha256()
        session.report(self._report)

    @property
    def counts(self) -> MergeCounts:
        """What the merge has done so far."""
        return self._counts

    def put(self, batch: Sequence[MergeItem]) -> list[int]:
        """Merge a batch, best of about 5,000 records.

        Returns:
            Numbers of the records that were left out because an earlier one of this merge has the same key.
        """
        refuse_nul(item.draft.source_id for item in batch)
        refuse_nul(item.draft.raw for item in batch)
        self._known_absent = None
        self._record_count += len(batch)
        if self._record_count > self._next_many:
            self._next_many = 2 * self._record_count
            self._session.expect_many()
        duplicates: list[int] = []
        for start in range(0, len(batch), _CHUNK):
            duplicates += self._put(batch[start : start + _CHUNK])
        self._count(duplicates=len(duplicates))
        return duplicates

    def absent(self) -> AbsentCounts:
        """Tell how many of this source's claims the merge has not seen; nothing is changed."""
        return AbsentCounts(active_before=self._active_before, absent=len(self._absent()))

    def withdraw_absent(self) -> None:
        """Withdraw every claim of this source that the merge has not seen."""
        numbers = self._absent()
        for start in range(0, len(numbers), _CHUNK):
            self._withdraw(numbers[start : start + _CHUNK].tolist())
        self._known_absent = None
        self._count(claims_withdrawn=len(numbers))

    def _put(self, batch: Sequence[MergeItem]) -> list[int]:
        first: dict[bytes, MergeItem] = {}
        duplicates = [item.number for item in batch if first.setdefault(item.key, item) is not item]
        known = self._look_up(list(first))
        new: list[MergeItem] = []
        touched: list[_Touched] = []
        unchanged = 0
        for key, item in first.items():
            row = known.get(key)
            if row is None:
                new.append(item)
                continue
            entry_no, digest, withdrawn_at = row
            if not self._seen.add(entry_no):
                duplicates.append(item.number)
            elif digest == item.digest and withdrawn_at is None:
                unchanged += 1
                self._note("unchanged", key)
            else:
                touched.append(_Touched(entry_no, item, digest is None))
        self._add(new)
        self._count(added=len(new), unchanged=unchanged)
        self._touch(touched)
        return duplicates

    def _look_up(self, keys: list[bytes]) -> dict[bytes, tuple[int, bytes | None, int | None]]:
        rows = rows_among(
            self._session.connection,
            _by_key,
            keys,
            b_source=self._source_no,
            b_list=self._context.list_no,
        )
        return {key: (entry_no, digest, at) for key, entry_no, digest, at in rows}

    def _add(self, items: list[MergeItem]) -> None:
        if not items:
            return
        context, at = self._context, self._session.at_micros
        published = Standing.PUBLISHED.value
        self._session.touch(context.list_no)
        change_number = self._session.change() if context.is_matched else None
        number = self._session.take_entry_numbers(len(items))
        self._seen.add_range(number, len(items))
        contents = [said_by(item.draft, self._interning) for item in items]
        entries, claims, raws, fingerprints = [], [], [], []
        changes = []
        ids = self._session.identifiers.new_bytes(len(items))
        for item, entry_id, content in zip(items, ids, contents, strict=True):
            said, labels, subject = content.fingerprints, content.label_set_no, content.subject
            holds = (1, at, labels, subject, published, None, item.digest)
            entries.append((number, entry_id, context.list_no, item.key, *holds))
            claims.append(self._claim(number, item, content))
            fingerprints += [(number, each) for each in said]
            changes.append(change("added", item.key, item.digest))
            self._note("added", item.key)
            if item.draft.raw is not None:
                raws.append((self._source_no, number, item.draft.raw))
            number += 1
        self._changes.update(b"".join(changes))
        first = self._session.take_fingerprint_numbers(len(fingerprints))
        rows = [
            (place, entry_no, 1, None, *said, change_number, None)
            for place, (entry_no, said) in enumerate(fingerprints, first)
        ]
        connection = self._session.connection
        insert_rows(connection, t.entry, entries)
        insert_rows(connection, t.entry_source, claims)
        insert_rows(connection, t.source_record, raws)
        insert_rows(connection, t.fingerprint, rows)

    def _touch(self, touched: list[_Touched]) -> None:
        if not touched:
            return
        begun: list[tuple[object, ...]] = []
        again: list[tuple[object, ...]] = []
        for entry_no, item, is_new_claim in touched:
            claim = self._claim(entry_no, item, said_by(item.draft, self._interning))
            (begun if is_new_claim else again).append(claim)
        connection = self._session.connection
        insert_rows(connection, t.entry_source, begun)
        run_rows(connection, _CLAIM_AGAIN, _CLAIM_PARAMETERS, [claim[:6] for claim in again])
        self._keep_raw(touched)
        outcomes = self._refresh.run(self._context, [each.entry_no for each in touched])
        counted = self._took(outcomes)
        for outcome, key, _ in outcomes:
            self._note(outcome, key)
        for each in touched:
            self._note("unchanged", each.item.key)
        self._count(
            changed=counted["changed"],
            returned=counted["returned"],
            unchanged=len(touched) - len(outcomes),
        )

    def _keep_raw(self, touched: list[_Touched]) -> None:
        c = t.source_record.c
        old = [each.entry_no for each in touched if not each.is_new_claim]
        connection = self._session.connection
        if old:
            connection.execute(
                delete(t.source_record)
                .where(c.source_no == self._source_no)
                .where(c.entry_no.in_(old))
            )
        rows = [
            (self._source_no, entry_no, item.draft.raw)
            for entry_no, item, _ in touched
            if item.draft.raw is not None
        ]
        insert_rows(connection, t.source_record, rows)

    def _withdraw(self, numbers: list[int]) -> None:
        at = self._session.at_micros
        rows = [(at, self._source_no, number) for number in numbers]
        run_rows(self._session.connection, _END_CLAIM, ("b_at", "b_source", "b_entry"), rows)
        counted = self._took(self._refresh.run(self._context, numbers))
        self._count(withdrawn=counted["withdrawn"], changed=counted["changed"])

    def _took(self, outcomes: Sequence[Outcome]) -> Counter[str]:
        """Take what a refresh changed into the digest of the changes, and count it."""
        self._changes.update(b"".join(change(*outcome) for outcome in outcomes))
        return Counter(outcome[0] for outcome in outcomes)

    def _note(self, outcome: str, key: bytes) -> None:
        if self._outcomes is not None:
            self._outcomes.setdefault(key, outcome)

    def _claim(self, entry_no: int, item: MergeItem, content: Content) -> tuple[object, ...]:
        return (
            self._source_no,
            entry_no,
            item.draft.source_id,
            item.digest,
            encoded(content),
            self._session.at_micros,
            None,
        )

    def _absent(self) -> NDArray[np.int64]:
        if self._known_absent is None:
            self._known_absent = self._find_absent()
        return self._known_absent

    def _find_absent(self) -> NDArray[np.int64]:
        c = t.entry_source.c
        wanted = (
            select(c.entry_no)
            .where(c.source_no == self._source_no)
            .where(c.entry_no > bindparam("b_last"))
            .where(c.withdrawn_at.is_(None))
            .order_by(c.entry_no)
            .limit(_PART)
        )
        parts: list[NDArray[np.int64]] = []
        last = 0
        while rows := self._session.connection.execute(wanted, {"b_last": last}).all():
            last = rows[-1][0]
            numbers = np.fromiter((row[0] for row in rows), np.int64, len(rows))
            parts.append(self._seen.missing(numbers))
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _count_claims(self) -> int:
        c = t.entry_source.c
        count: int = self._session.connection.execute(
            select(func.count())
            .select_from(t.entry_source)
            .where(c.source_no == self._source_no)
            .where(c.withdrawn_at.is_(None))
        ).scalar_one()
        return count

    def _known_source(self, list_no: int, name: str) -> int:
        c = t.source.c
        connection = self._session.connection
        number: int | None = connection.execute(
            select(c.source_no).where(c.list_no == list_no).where(c.name == name)
        ).scalar_one_or_none()
        if number is None:
            number = next_number(connection, c.source_no)
            connection.execute(
                insert(t.source).values(source_no=number, list_no=list_no, name=name)
            )
        return number

    def _count(self, **more: int) -> None:
        old = self._counts
        self._counts = replace(old, **{name: getattr(old, name) + more[name] for name in more})

    def _report(self) -> dict[str, object]:
        return {
            "list_id": str(self._list_id),
            **asdict(self._counts),
            "changes_sha256": self._changes.hexdigest(),
        }
