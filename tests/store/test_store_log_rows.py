"""Rows of the log of events: appended by one of many at a time, erased so that nothing but the hash remains."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.store.material import Laboratory, Location

from rempart.model.log import NewLeaf
from rempart.store import Store, UnknownRecordError
from rempart.store import _service_tables as s

WORD = "word-of-an-exercise"


def append(store: Store, expected_size: int, count: int, mark: bytes = b"h") -> bool:
    leaves = [NewLeaf(mark * 32, bytes(15) + b"%c" % (1 + number)) for number in range(count)]
    return store.log.append(
        "audit",
        origin="rempart/exercise/audit",
        expected_size=expected_size,
        leaves=leaves,
        frontier=[mark * 32],
        nodes=[],
    )


def erase(laboratory: Laboratory, index: int) -> bool:
    with laboratory.write() as writer:
        done = writer.log.erase("audit", index)
        writer.record("audit.erased", {"index": index})
    return done


def write_word(laboratory: Laboratory) -> None:
    with laboratory.write() as writer:
        writer.record("exercise.done", {"word": WORD * 20})


class TestErasing:
    def test_details_and_salt_go_and_the_hash_stays(self, laboratory: Laboratory) -> None:
        write_word(laboratory)
        assert append(laboratory.store, 0, 2)
        before = laboratory.store.events()
        assert erase(laboratory, 1)
        assert not erase(laboratory, 1)
        first, second = laboratory.store.log.leaves("audit", 0, 10)
        assert first.salt is not None
        assert (second.salt, second.leaf_hash) == (None, b"h" * 32)
        after = laboratory.store.events()
        assert after[0] == before[0]
        assert dict(after[1].details) == {}
        assert (after[1].id, after[1].kind, after[1].at) == (
            before[1].id,
            before[1].kind,
            before[1].at,
        )
        assert laboratory.store.log.head("audit").size == 2
        with laboratory.store._reading() as connection:
            erased = connection.execute(select(s.log_leaf.c.erased_at)).scalars().all()
        assert [each is not None for each in erased] == [False, True]

    def test_event_that_is_no_leaf_yet_cannot_be_erased(self, laboratory: Laboratory) -> None:
        write_word(laboratory)
        assert append(laboratory.store, 0, 1)
        before = laboratory.store.events()
        for index in (1, 7, -1):
            with pytest.raises(UnknownRecordError):
                erase(laboratory, index)
        assert laboratory.store.events() == before

    def test_erased_bytes_are_in_no_file(self, sqlite_laboratory: Laboratory) -> None:
        write_word(sqlite_laboratory)
        assert append(sqlite_laboratory.store, 0, 2)
        path = Path(sqlite_laboratory.place)
        files = list(path.parent.glob(path.name + "*"))
        assert any(WORD.encode() in file.read_bytes() for file in files)
        erase(sqlite_laboratory, 1)
        assert not any(WORD.encode() in file.read_bytes() for file in files)


class TestAppending:
    def test_of_many_at_once_one_appends(self, new_store: Callable[[], Location]) -> None:
        place = new_store()
        with Store.open(place) as one, Store.open(place) as two:
            stores = [one, two] * 4
            for size in (0, 3):
                marks = [b"%c" % (65 + number) for number in range(len(stores))]
                with ThreadPoolExecutor(4) as pool:
                    done = list(
                        pool.map(
                            lambda store, mark, size=size: append(store, size, 3, mark),
                            stores,
                            marks,
                        )
                    )
                assert sum(done) == 1
                winner = marks[done.index(True)]
                assert one.log.head("audit").frontier == (winner * 32,)
                assert one.log.leaf_hashes("audit", size, 99) == (winner * 32,) * 3

    def test_refused_append_does_not_begin_a_log(self, laboratory: Laboratory) -> None:
        assert not append(laboratory.store, 1, 1)
        with laboratory.store._reading() as connection:
            assert connection.execute(select(s.log_head)).all() == []

    def test_appending_leaves_no_event(self, laboratory: Laboratory) -> None:
        before = laboratory.store.events()
        append(laboratory.store, 0, 1)
        assert laboratory.store.events() == before

    def test_events_are_the_leaves_in_their_order(self, laboratory: Laboratory) -> None:
        for name in ("a", "b", "c"):
            laboratory.add_list(name)
        events = laboratory.store.events()
        log = laboratory.store.log
        assert log.events(0, 10) == tuple(enumerate(events))
        assert log.events(2, 1) == ((2, events[2]),)
        assert log.events(4, 10) == ()
