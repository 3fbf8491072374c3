"""Whatever sources say in whatever order, the list is what a simple model says it is."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.material import EXERCISE_A, EXERCISE_B, Laboratory, item, pdq, sha256

from rempart.model.fingerprint import PDQ, SHA256, Fingerprint
from rempart.model.handling import Standing
from rempart.model.labels import Label
from rempart.store import MergeCounts, MergeItem, Store

SOURCES = ("one", "two", "three")
LABELS = ((), (EXERCISE_A,), (EXERCISE_B, EXERCISE_A), (EXERCISE_B,))


class Said(NamedTuple):
    """One record of an import: which entry, and which of a few things it may say about it."""

    key: int
    variant: int


class Import(NamedTuple):
    source: str
    said: list[Said]
    is_full: bool


class Withdrawal(NamedTuple):
    """Withdraw the list, and add it again at once."""


class Standings(NamedTuple):
    standing: Standing


saids = st.builds(Said, st.integers(0, 5), st.integers(0, 3))
steps = st.one_of(
    st.builds(Import, st.sampled_from(SOURCES), st.lists(saids, max_size=7), st.booleans()),
    st.builds(Import, st.sampled_from(SOURCES), st.lists(saids, max_size=7), st.booleans()),
    st.just(Withdrawal()),
    st.builds(Standings, st.sampled_from([Standing.SUSPENDED, Standing.PUBLISHED])),
)


def record(said: Said) -> MergeItem:
    fingerprints: tuple[Fingerprint, ...] = (
        sha256(said.key),
        pdq(10 * said.key + said.variant // 2),
    )
    if said.variant == 3:
        fingerprints = (*fingerprints, pdq(1_000 + said.key, quality=10))
    return item(said.key, *fingerprints, labels=LABELS[said.variant], key=b"key-%d" % said.key)


@dataclass
class ModelEntry:
    claims: dict[str, MergeItem] = field(default_factory=dict)
    version: int = 1

    @property
    def said(self) -> frozenset[bytes]:
        return frozenset(each.digest for each in self.claims.values())


class Model:
    """What the list should be: for each entry, what each source says of it now."""

    def __init__(self) -> None:
        self.entries: dict[bytes, ModelEntry] = {}
        self.generation = 0
        self.order: list[str] = []

    def merge(self, step: Import) -> dict[str, int]:
        if step.source not in self.order:
            self.order.append(step.source)
        counts = dict.fromkeys(MergeCounts.__dataclass_fields__, 0)
        seen: set[bytes] = set()
        for said in step.said:
            each = record(said)
            if each.key in seen:
                counts["duplicates"] += 1
                continue
            seen.add(each.key)
            counts[self._put(step.source, each)] += 1
        if step.is_full:
            for key, entry in self.entries.items():
                if key not in seen and step.source in entry.claims:
                    counts["claims_withdrawn"] += 1
                    self._end(entry, step.source, counts)
        if any(counts[name] for name in ("added", "changed", "returned", "withdrawn")):
            self.generation += 1
        return counts

    def withdraw(self) -> int:
        live = [entry for entry in self.entries.values() if entry.claims]
        for entry in live:
            entry.claims.clear()
            entry.version += 1
        self.generation += bool(live)
        return len(live)

    def _put(self, source: str, each: MergeItem) -> str:
        entry = self.entries.get(each.key)
        if entry is None:
            self.entries[each.key] = ModelEntry({source: each})
            return "added"
        before = entry.said
        entry.claims[source] = each
        if entry.said == before:
            return "unchanged"
        entry.version += 1
        return "changed" if before else "returned"

    def _end(self, entry: ModelEntry, source: str, counts: dict[str, int]) -> None:
        before = entry.said
        del entry.claims[source]
        if entry.said != before:
            entry.version += 1
            counts["changed" if entry.said else "withdrawn"] += 1

    def live(self) -> Iterator[tuple[bytes, ModelEntry]]:
        return ((key, entry) for key, entry in self.entries.items() if entry.claims)

    def holds(self, entry: ModelEntry) -> tuple[set[Fingerprint], set[Label]]:
        drafts = [each.draft for each in entry.claims.values()]
        return (
            {print_ for draft in drafts for print_ in draft.fingerprints},
            {label for draft in drafts for label in draft.labels},
        )


class Index:
    """An index that only ever learns of changes, and never meets a number a second time."""

    def __init__(self) -> None:
        self.change = 0
        self.held: dict[str, dict[int, bytes]] = {PDQ: {}, SHA256: {}}
        self.ever: set[int] = set()

    def follow(self, store: Store) -> None:
        changes = store.changes_since(self.change, limit=1_000)
        assert changes is not None
        for kind, numbers in changes.removed.items():
            for number in numbers.tolist():
                del self.held[kind][number]
        for kind, (numbers, values) in changes.added.items():
            for number, row in zip(numbers.tolist(), values, strict=True):
                assert number not in self.ever
                self.ever.add(number)
                self.held[kind][number] = bytes(row)
        self.change = changes.up_to


def check_steps(template: Path, given_steps: list[object]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        shutil.copy2(template, path)
        with Store.open(path) as store:
            run(Laboratory(store, path), given_steps)
            assert store.check(deep=True) == []


def run(laboratory: Laboratory, given_steps: list[object]) -> None:
    made = laboratory.add_list()
    model, index = Model(), Index()
    standing = Standing.PUBLISHED
    for step in given_steps:
        events = len(laboratory.store.events())
        if isinstance(step, Import):
            counts = laboratory.merge(
                made.id,
                [record(said) for said in step.said],
                source=step.source,
                is_full=step.is_full,
            )
            assert counts == MergeCounts(**model.merge(step))
            events += 1
        elif isinstance(step, Standings):
            standing = step.standing
            laboratory.set_standing(made.id, standing)
            events += 1
        else:
            assert laboratory.withdraw(made.id) == model.withdraw()
            assert laboratory.add_list().id == made.id
            standing = Standing.PUBLISHED
            events += 2
        assert len(laboratory.store.events()) == events
        index.follow(laboratory.store)
        compare(laboratory, model, index, is_matched=standing is Standing.PUBLISHED)


def compare(laboratory: Laboratory, model: Model, index: Index, *, is_matched: bool) -> None:
    (made,) = laboratory.store.lists()
    assert made.generation == model.generation
    found = laboratory.entries(made.id)
    expected = list(model.live())
    assert len(found) == len(expected)
    for entry in found:
        key = next(
            b"key-%d" % number for number in range(6) if sha256(number) in entry.fingerprints
        )
        claimed = model.entries[key]
        fingerprints, labels = model.holds(claimed)
        assert entry.version == claimed.version
        assert len(entry.fingerprints) == len(fingerprints)
        assert set(entry.fingerprints) == fingerprints
        assert set(entry.labels) == labels
    for kind, held in index.held.items():
        assert laboratory.matchable(kind) == held
        matched = [
            each.value
            for _, entry in expected
            for each in model.holds(entry)[0]
            if each.kind == kind and each.is_matchable and is_matched
        ]
        assert sorted(held.values()) == sorted(matched)


@given(given_steps=st.lists(steps, max_size=8))
@settings(max_examples=25, deadline=None)
def test_store_agrees_with_the_model(sqlite_template: Path, given_steps: list[object]) -> None:
    check_steps(sqlite_template, given_steps)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@given(given_steps=st.lists(steps, max_size=25))
@settings(max_examples=600, deadline=None)
def test_store_agrees_with_the_model_at_length(
    sqlite_template: Path, given_steps: list[object]
) -> None:
    check_steps(sqlite_template, given_steps)
