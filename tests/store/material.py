"""What the store's tests share: a clock that stands still, identifiers in order, invented records, a store at work."""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from rempart.model.fingerprint import EXACT, PDQ, SHA256, Fingerprint
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import (
    ListId,
    NodeId,
    OrganisationId,
    PrincipalId,
    uuid7,
)
from rempart.model.labels import Label
from rempart.model.lists import Entry, EntryDraft, HashList, ListPurpose
from rempart.model.principals import Node, Organisation, OrganisationKind, Principal, PrincipalKind
from rempart.store import MergeCounts, MergeItem, Store, StoreWriter

Location = Path | str
"""Where a store is: a file, or the URL of a database."""

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EXERCISE_A = Label("exercise", "1", "FR", "exercise-A")
EXERCISE_B = Label("exercise", "1", "FR", "exercise-B")
MATCHED_KINDS = ("pdq", "sha512", "sha256", "sha1", "md5")


class StillClock:
    """Tells a moment that moves only when told to."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def pass_days(self, days: int) -> None:
        self.moment += timedelta(days=days)


class OrderedIdentifiers:
    """Makes identifiers that count upwards."""

    def __init__(self, first: int = 0) -> None:
        self._count = first

    def new(self) -> UUID:
        return UUID(bytes=self.new_bytes(1)[0])

    def new_bytes(self, count: int) -> list[bytes]:
        first, self._count = self._count, self._count + count
        return [
            uuid7(START, number.to_bytes(10, "big")).bytes for number in range(first, first + count)
        ]


def exercise_node(identifiers: OrderedIdentifiers) -> Node:
    organisation = Organisation(
        OrganisationId(identifiers.new()), "Exercise hotline", OrganisationKind.HOTLINE, "FR"
    )
    return Node(NodeId(identifiers.new()), organisation, is_exercise=True, created_at=START)


def local_principal(node: Node, identifiers: OrderedIdentifiers) -> Principal:
    return Principal(
        PrincipalId(identifiers.new()),
        "exercise-machine",
        "exercise-analyst",
        node.organisation.id,
        PrincipalKind.LOCAL,
    )


def value(number: int, length: int) -> bytes:
    return hashlib.sha512(number.to_bytes(8, "big")).digest()[:length]


def pdq(number: int, *, dialect: str = EXACT, quality: int | None = 100) -> Fingerprint:
    return Fingerprint(PDQ, value(number, 32), dialect, quality, "exercise/1")


def sha256(number: int) -> Fingerprint:
    return Fingerprint(SHA256, value(number, 32))


def item(
    number: int,
    *fingerprints: Fingerprint,
    key: bytes | None = None,
    labels: tuple[Label, ...] = (),
    source_id: str | None = None,
    raw: str | None = None,
    subject: Subject | None = None,
) -> MergeItem:
    """Make a record; its key is its number, its digest covers all that it says."""
    draft = EntryDraft(
        number,
        fingerprints or (pdq(number),),
        source_id=source_id,
        labels=labels,
        raw=raw,
        subject=subject,
    )
    said = repr((draft.fingerprints, labels, source_id, raw, subject))
    digest = hashlib.sha256(said.encode()).digest()
    return MergeItem(number, key if key is not None else b"%d" % number, digest, draft)


class Laboratory:
    """A store with what every write to it needs."""

    def __init__(self, store: Store, place: Location, *, first_identifier: int = 1_000) -> None:
        self.store = store
        self.place = place
        self.clock = StillClock()
        self.identifiers = OrderedIdentifiers(first_identifier)
        self.principal = store.local_principal()

    def write(self) -> AbstractContextManager[StoreWriter]:
        return self.store.write(
            principal=self.principal, clock=self.clock, identifiers=self.identifiers
        )

    def add_list(
        self,
        name: str = "exercise",
        owner: str = "partner",
        *,
        purpose: ListPurpose = ListPurpose.KNOWN,
        subject: Subject = Subject.CHILD,
        handling: Handling | None = None,
        standing: Standing = Standing.PUBLISHED,
    ) -> HashList:
        with self.write() as writer:
            made = writer.add_list(
                name,
                owner,
                purpose=purpose,
                subject=subject,
                threshold_bits=31,
                handling=handling or Handling(),
                standing=standing,
            )
            writer.record("list.added", {})
        return made

    def merge(
        self,
        list_id: ListId,
        items: Sequence[MergeItem],
        *,
        source: str = "partner",
        is_full: bool = False,
        batch: int = 3,
    ) -> MergeCounts:
        with self.write() as writer:
            merge = writer.begin_merge(list_id, source)
            for start in range(0, len(items), batch):
                merge.put(items[start : start + batch])
            if is_full:
                merge.withdraw_absent()
            writer.record("list.imported", {})
        return merge.counts

    def withdraw(self, list_id: ListId) -> int:
        with self.write() as writer:
            count = writer.withdraw_list(list_id)
            writer.record("list.withdrawn", {})
        return count

    def set_standing(self, list_id: ListId, standing: Standing) -> None:
        with self.write() as writer:
            writer.change_list(list_id, standing=standing)
            writer.record("list.changed", {})

    def entries(self, list_id: ListId, *, include_withdrawn: bool = False) -> list[Entry]:
        found = self.store.entries(list_id, include_withdrawn=include_withdrawn)
        return [entry for entry, _ in found]

    def read_list(self, list_id: ListId) -> HashList:
        return next(each for each in self.store.lists(include_withdrawn=True) if each.id == list_id)

    def matchable(self, kind: str = PDQ) -> dict[int, bytes]:
        return {
            int(number): bytes(row)
            for numbers, values in self.store.matchable(kind, chunk=7)
            for number, row in zip(numbers, values, strict=True)
        }

    def state(self) -> dict[str, object]:
        """Return everything that can be read, to compare before with after."""
        lists = self.store.lists(include_withdrawn=True)
        return {
            "lists": lists,
            "entries": [
                list(self.store.entries(each.id, include_withdrawn=True)) for each in lists
            ],
            "counts": [self.store.list_counts(each.id) for each in lists],
            "matchable": {kind: self.matchable(kind) for kind in MATCHED_KINDS},
            "change": self.store.change_number(),
            "events": self.store.events(),
            "principals": self.store.principals(),
            "scans": [
                (each, list(self.store.scan_matches(each.id))) for each in self.store.scans()
            ],
        }
