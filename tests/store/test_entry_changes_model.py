"""However entries are put, withdrawn, suspended and resumed, what can be matched is what a simple model says."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.postgres_server import PostgresServer
from tests.store.material import Laboratory, item, pdq, sha256

from rempart.model.fingerprint import PDQ, SHA256, Fingerprint
from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId, ListId
from rempart.store import MergeItem, Store, StoreWriter

KEYS = range(4)
SOURCES = ("one", "two")
KINDS = (PDQ, SHA256)


class Put(NamedTuple):
    """One source says one of a few things of some entries, one by one or, where `is_import`, as a whole import."""

    source: str
    said: dict[int, int]
    is_import: bool


class Withdraw(NamedTuple):
    key: int
    source: str | None


class Suspend(NamedTuple):
    key: int


class Resume(NamedTuple):
    key: int


class Standings(NamedTuple):
    standing: Standing


class WithdrawList(NamedTuple):
    """Withdraw the list, and add it again in the same write."""


keys = st.sampled_from(KEYS)
steps = st.one_of(
    st.builds(
        Put,
        st.sampled_from(SOURCES),
        st.dictionaries(keys, st.integers(0, 2), min_size=1, max_size=4),
        st.booleans(),
    ),
    st.builds(Withdraw, keys, st.sampled_from([None, *SOURCES])),
    st.builds(Suspend, keys),
    st.builds(Resume, keys),
    st.builds(Standings, st.sampled_from([Standing.SUSPENDED, Standing.PUBLISHED])),
    st.just(WithdrawList()),
)
writes = st.lists(steps, min_size=1, max_size=3)
"""Several steps share one write: one event, one generation, one change number."""


def record(key: int, variant: int) -> MergeItem:
    fingerprints: tuple[Fingerprint, ...] = (sha256(key), pdq(10 * key + variant))
    if variant == 2:
        fingerprints = (pdq(10 * key), pdq(1_000 + key, quality=10))
    return item(key, *fingerprints, key=b"key-%d" % key)


@dataclass
class ModelEntry:
    claims: dict[str, MergeItem] = field(default_factory=dict)
    is_suspended: bool = False


@dataclass
class Model:
    """What the list should be: who claims what of each entry, and what is suspended."""

    entries: dict[int, ModelEntry] = field(default_factory=dict)
    is_matched: bool = True

    def take(self, step: object) -> None:
        match step:
            case Put(source, said, is_import):
                self._put(source, said)
                if is_import:
                    self._end(lambda key: key not in said, [source])
            case Withdraw(key, None) if key in self.entries:
                self._end(lambda each: each == key, SOURCES)
            case Withdraw(key, str(source)) if key in self.entries:
                self._end(lambda each: each == key, [source])
            case Suspend(key) | Resume(key) if key in self.entries:
                self.entries[key].is_suspended = isinstance(step, Suspend)
            case Standings(standing):
                self.is_matched = standing is Standing.PUBLISHED
            case WithdrawList():
                self._end(lambda _: True, SOURCES)
                self.is_matched = True

    def _put(self, source: str, said: dict[int, int]) -> None:
        for key, variant in said.items():
            entry = self.entries.setdefault(key, ModelEntry())
            entry.claims[source] = record(key, variant)

    def _end(self, which: Callable[[int], bool], sources: Iterable[str]) -> None:
        for key, entry in self.entries.items():
            for source in sources if which(key) else ():
                entry.claims.pop(source, None)

    def standing(self, key: int) -> Standing:
        entry = self.entries[key]
        if not entry.claims:
            return Standing.WITHDRAWN
        return Standing.SUSPENDED if entry.is_suspended else Standing.PUBLISHED

    def matched(self, kind: str) -> Counter[bytes]:
        return Counter(
            value
            for entry in self.entries.values()
            if self.is_matched and not entry.is_suspended
            for value in {
                each.value
                for claim in entry.claims.values()
                for each in claim.draft.fingerprints
                if each.kind == kind and each.is_matchable
            }
        )


class Index:
    """An index that only ever learns of changes, and never meets a number a second time."""

    def __init__(self) -> None:
        self.change = 0
        self.held: dict[str, dict[int, bytes]] = {kind: {} for kind in KINDS}
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


class Trial:
    """A list at work beside its model."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        self.list_id: ListId = laboratory.add_list().id
        self.ids: dict[int, EntryId] = {}
        self.model = Model()

    def write(self, given_steps: list[object]) -> None:
        generation = self._generation()
        events = len(self.laboratory.store.events())
        with self.laboratory.write() as writer:
            for step in given_steps:
                self._do(writer, step)
                self.model.take(step)
            writer.record("exercise.done", {})
        assert len(self.laboratory.store.events()) == events + 1
        assert self._generation() <= generation + 1

    def _do(self, writer: StoreWriter, step: object) -> None:
        match step:
            case Put(source, said, is_import):
                self._put(writer, source, [record(*each) for each in said.items()], is_import)
            case Withdraw(key, source) if key in self.ids:
                entry = self.model.entries[key]
                had = bool(entry.claims) if source is None else source in entry.claims
                assert writer.entries.withdraw(self.list_id, self.ids[key], source) == had
            case Suspend(key) if key in self.ids:
                was = self.model.entries[key].is_suspended
                assert writer.entries.suspend(self.ids[key]) != was
            case Resume(key) if key in self.ids:
                was = self.model.entries[key].is_suspended
                assert writer.entries.resume(self.ids[key]) == was
            case Standings(standing):
                writer.change_list(self.list_id, standing=standing)
            case WithdrawList():
                writer.withdraw_list(self.list_id)
                writer.change_list(self.list_id, standing=Standing.PUBLISHED)

    def _put(
        self,
        writer: StoreWriter,
        source: str,
        items: list[MergeItem],
        is_import: bool,  # noqa: FBT001 - a field of the step, passed on
    ) -> None:
        if is_import:
            merge = writer.begin_merge(self.list_id, source)
            merge.put(items)
            merge.withdraw_absent()
            items = [each for each in items if each.number not in self.ids]
        for each, done in zip(items, writer.entries.put(self.list_id, source, items), strict=True):
            assert self.ids.setdefault(each.number, done.entry_id) == done.entry_id

    def _generation(self) -> int:
        return self.laboratory.read_list(self.list_id).generation


def run(laboratory: Laboratory, given_writes: list[list[object]]) -> None:
    trial, index = Trial(laboratory), Index()
    for given_steps in given_writes:
        trial.write(given_steps)
        index.follow(laboratory.store)
        for kind in KINDS:
            assert laboratory.matchable(kind) == index.held[kind]
            assert Counter(index.held[kind].values()) == trial.model.matched(kind)
        standings = {
            entry.id: entry.standing
            for entry in laboratory.entries(trial.list_id, include_withdrawn=True)
        }
        assert standings == {
            entry_id: trial.model.standing(key) for key, entry_id in trial.ids.items()
        }
    assert laboratory.store.check(deep=True) == []


@contextmanager
def on_sqlite(template: Path) -> Iterator[Laboratory]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        shutil.copy2(template, path)
        with Store.open(path) as store:
            yield Laboratory(store, path)


@given(given_writes=st.lists(writes, max_size=6))
@settings(max_examples=20, deadline=None)
def test_what_can_be_matched_agrees_with_the_model(
    sqlite_template: Path, given_writes: list[list[object]]
) -> None:
    with on_sqlite(sqlite_template) as laboratory:
        run(laboratory, given_writes)


@given(given_writes=st.lists(writes, min_size=3, max_size=6))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_can_be_matched_agrees_with_the_model_on_postgresql(
    postgres_server: PostgresServer, postgres_template: str, given_writes: list[list[object]]
) -> None:
    with postgres_server.database(postgres_template) as name:
        url = postgres_server.url(name)
        with Store.open(url) as store:
            run(Laboratory(store, url), given_writes)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@given(given_writes=st.lists(writes, max_size=20))
@settings(max_examples=400, deadline=None)
def test_what_can_be_matched_agrees_with_the_model_at_length(
    sqlite_template: Path, given_writes: list[list[object]]
) -> None:
    with on_sqlite(sqlite_template) as laboratory:
        run(laboratory, given_writes)
