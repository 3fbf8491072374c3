"""The layered index equals a dictionary after any changes, and whoever searches it sees one moment."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.match.hamming_oracle import as_rows, brute_force, flip, uniform
from tests.match.snapshot_forgery import forge, read_sections

from rempart.match import (
    DuplicateIdError,
    IndexChanges,
    KnownIndex,
    LayeredIndex,
    SnapshotDamagedError,
    UnknownIdError,
    hamming,
)
from rempart.model.fingerprint import EQUAL_BYTES, FIXED_BYTES, MD5, PDQ, VPDQ

KINDS = (PDQ, VPDQ, *EQUAL_BYTES)
WIDTH = {**FIXED_BYTES, VPDQ: FIXED_BYTES[PDQ]}
RNG = np.random.default_rng(4)
NEAR = np.concatenate([flip(np.repeat(uniform(RNG, 3), 6, axis=0), RNG, 40), uniform(RNG, 6)])
POOL = {
    PDQ: NEAR,
    VPDQ: NEAR,
    **{kind: RNG.integers(0, 2, (6, width), np.uint8) for kind, width in EQUAL_BYTES.items()},
}
Content = dict[str, dict[int, int]]
"""Kind, number, and place of its value in the pool."""

numbers_of = st.lists(st.integers(0, 40), max_size=5, unique=True)
change = st.fixed_dictionaries({}, optional=dict.fromkeys(KINDS, st.tuples(numbers_of, numbers_of)))


def values(kind: str, places: list[int]) -> NDArray[np.uint8]:
    return POOL[kind][[place % len(POOL[kind]) for place in places]]


def built(content: Content, change_number: int = 0) -> KnownIndex:
    def matchable(kind: str) -> list[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        of_kind = content.get(kind, {})
        return [(np.array(list(of_kind), np.int64), values(kind, list(of_kind.values())))]

    return KnownIndex.build(matchable, change_number=change_number)


def changes(
    up_to: int, added: Content | None = None, removed: dict[str, list[int]] | None = None
) -> IndexChanges:
    return IndexChanges(
        up_to=up_to,
        added={
            kind: (np.array(list(of_kind), np.int64), values(kind, list(of_kind.values())))
            for kind, of_kind in (added or {}).items()
        },
        removed={kind: np.array(numbers, np.int64) for kind, numbers in (removed or {}).items()},
    )


def assert_holds(index: LayeredIndex, content: Content) -> None:
    assert index.counts() == {kind: len(content.get(kind, {})) for kind in KINDS}
    for kind in KINDS:
        of_kind = content.get(kind, {})
        ids = np.array(list(of_kind), np.int64)
        known, asked = values(kind, list(of_kind.values())), POOL[kind]
        if kind in {PDQ, VPDQ}:
            near = index.near if kind == PDQ else index.near_frames
            for radius in (0, 31, 51):
                expected = brute_force(known, ids, asked, radius)
                assert as_rows(near(asked, radius=radius)) == expected
        else:
            positions, numbers = index.equal(kind, asked)
            assert list(zip(positions.tolist(), numbers.tolist(), strict=True)) == [
                (at, number)
                for at, query in enumerate(asked)
                for number in sorted(of_kind)
                if POOL[kind][of_kind[number] % len(POOL[kind])].tobytes() == query.tobytes()
            ]


def steps(
    drawn: list[dict[str, tuple[list[int], list[int]]]], start: Content
) -> list[tuple[IndexChanges, Content]]:
    """Make changes that fit each other, with the content after each: a number that was removed never returns."""
    content = {kind: dict(start.get(kind, {})) for kind in KINDS}
    made, next_number = [], 1000
    for up_to, wanted in enumerate(drawn, start=1):
        added: Content = {}
        removed: dict[str, list[int]] = {}
        for kind, (gone, places) in wanted.items():
            removed[kind] = sorted(set(gone) & set(content[kind])) or sorted(content[kind])[:1]
            added[kind] = {next_number + at: place for at, place in enumerate(places)}
            next_number += len(places)
            for number in removed[kind]:
                del content[kind][number]
            content[kind].update(added[kind])
        after = {kind: dict(of_kind) for kind, of_kind in content.items()}
        made.append((changes(up_to, added, removed), after))
    return made


@settings(max_examples=15, deadline=None)
@given(
    start=st.dictionaries(
        st.sampled_from(KINDS), st.dictionaries(st.integers(0, 40), st.integers(0, 30), max_size=20)
    ),
    drawn=st.lists(st.tuples(change, st.sampled_from(["go on", "delta", "base"])), max_size=6),
)
def test_any_changes_with_saved_deltas_new_bases_and_restarts_equal_a_dictionary(
    start: Content, drawn: list[tuple[dict[str, tuple[list[int], list[int]]], str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name, "0")
        built(start).save(base)
        index = LayeredIndex.open(base)
        follow = steps([wanted for wanted, _ in drawn], start)
        for number, ((each, content), (_, then)) in enumerate(zip(follow, drawn, strict=True)):
            index = index.after(each)
            place = Path(name, f"{number + 1}")
            if then == "delta":
                index.save_delta(place)
                assert_holds(index, content)
                index = LayeredIndex.open(base, place)
            if then == "base":
                write(content, place, number + 1)
                base, index = place, LayeredIndex.open(place)
            assert index.change_number == number + 1
            assert_holds(index, content)


def write(content: Content, place: Path, change_number: int) -> None:
    """Write a base from parts of two, straight into its files."""

    def matchable(kind: str) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        of_kind = sorted(content.get(kind, {}).items())
        for at in range(0, len(of_kind), 2):
            numbers = [number for number, _ in of_kind[at : at + 2]]
            places = [each for _, each in of_kind[at : at + 2]]
            yield np.array(numbers, np.int64), values(kind, places)

    KnownIndex.write(matchable, place, change_number=change_number, has_cpp512_alone=False)


@settings(max_examples=30, deadline=None)
@given(
    start=st.dictionaries(
        st.sampled_from(KINDS), st.dictionaries(st.integers(0, 40), st.integers(0, 30), max_size=20)
    ),
    drawn=st.lists(change, max_size=6),
    tail_limit=st.sampled_from([2, 16_384]),
)
def test_any_changes_equal_a_dictionary_and_older_states_stay_as_they_were(
    start: Content, drawn: list[dict[str, tuple[list[int], list[int]]]], tail_limit: int
) -> None:
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(hamming, "TAIL_LIMIT", tail_limit)
        index = LayeredIndex(built(start))
        states = [(index, start)]
        for each, content in steps(drawn, start):
            index = index.after(each)
            states.append((index, content))
        for number, (state, content) in enumerate(states):
            assert state.change_number == number
            assert_holds(state, content)


def test_the_base_is_never_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removing nearly all of a mapped base would cost every worker its own copy of the rest."""
    monkeypatch.setattr(hamming, "TAIL_LIMIT", 4)
    monkeypatch.setattr("rempart.match.digest_map.MERGE_FROM", 4)
    start = {kind: {number: number for number in range(40)} for kind in KINDS}
    base = built(start)
    frozen = base.part(PDQ)._frozen  # type: ignore[union-attr]  # pictures have one
    index = LayeredIndex(base).after(changes(1, removed={kind: list(range(39)) for kind in KINDS}))

    assert_holds(index, {kind: {39: 39} for kind in KINDS})
    assert index._base.part(PDQ)._frozen is frozen  # type: ignore[union-attr]  # pictures have one
    assert len(index._base.part(MD5)._parts[0].ids) == 40  # type: ignore[union-attr]  # digests have them


@pytest.mark.parametrize("kind", KINDS)
def test_changes_of_another_past_are_refused_and_change_nothing(kind: str) -> None:
    index = LayeredIndex(built({kind: {1: 1}})).after(changes(1, {kind: {2: 2}}))
    for known in (1, 2):
        with pytest.raises(DuplicateIdError):
            index.after(changes(2, {kind: {known: 3}}))
    for unknown in ([3], [1, 1]):
        with pytest.raises(UnknownIdError):
            index.after(changes(2, removed={kind: unknown}))
    assert_holds(index, {kind: {1: 1, 2: 2}})


@pytest.mark.parametrize("kind", [PDQ, MD5])
def test_a_value_that_changes_its_number_is_found_by_every_search(kind: str) -> None:
    """Exchange one entry's number over and over while others search: no search may fall between old and new."""
    holder = [LayeredIndex(built({kind: {0: 0}}))]
    wanted = POOL[kind][:1]
    is_done, found = threading.Event(), [0]
    missed = []

    def search() -> None:
        while not is_done.is_set() or not found[0]:
            index = holder[0]
            hits = index.near(wanted, radius=0)[1] if kind == PDQ else index.equal(kind, wanted)[1]
            if len(hits) != 1:
                missed.append(hits)
            found[0] += 1

    searcher = threading.Thread(target=search)
    searcher.start()
    try:
        for number in range(1, 400):
            holder[0] = holder[0].after(changes(number, {kind: {number: 0}}, {kind: [number - 1]}))
    finally:
        is_done.set()
        searcher.join()
    assert missed == []


def test_two_lines_that_part_do_not_share_what_they_add() -> None:
    index = LayeredIndex(built({PDQ: {0: 0}})).after(changes(1, {PDQ: {1: 1}}))
    one = index.after(changes(2, {PDQ: {2: 2}}))
    other = index.after(changes(2, {PDQ: {3: 3}}))

    assert_holds(one, {PDQ: {0: 0, 1: 1, 2: 2}})
    assert_holds(other, {PDQ: {0: 0, 1: 1, 3: 3}})
    assert FIXED_BYTES[PDQ] == len(POOL[PDQ][0])


START: Content = {kind: {number: number for number in range(20)} for kind in KINDS}


class TestFiles:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        """Save a base, and over it a delta with three added and four removed of each kind."""
        write(START, tmp_path / "base", 1)
        added = {kind: {100 + number: number for number in range(3)} for kind in KINDS}
        removed = {kind: [0, 3, 8, 19] for kind in KINDS}
        index = LayeredIndex.open(tmp_path / "base").after(changes(2, added, removed))
        index.save_delta(tmp_path / "delta")
        assert index.delta_size == 7 * len(KINDS)
        return tmp_path

    def test_what_is_written_straight_into_files_is_what_is_built_and_saved(
        self, tmp_path: Path
    ) -> None:
        write(START, tmp_path / "written", 1)
        built(START, 1).save(tmp_path / "saved")

        for path in (tmp_path / "saved").iterdir():
            if path.name != "checked.json":
                assert (tmp_path / "written" / path.name).read_bytes() == path.read_bytes()

    def test_a_number_that_stands_twice_is_refused_when_written(self, tmp_path: Path) -> None:
        twice = np.array([4, 4]), values(PDQ, [1, 2])
        with pytest.raises(DuplicateIdError):
            KnownIndex.write(
                lambda kind: [twice] if kind == PDQ else [],
                tmp_path / "base",
                change_number=1,
                has_cpp512_alone=False,
            )
        assert list(tmp_path.iterdir()) == []

    def test_a_delta_over_another_base_is_refused(self, saved: Path) -> None:
        write({kind: {number: number for number in range(40)} for kind in KINDS}, saved / "b", 1)
        with pytest.raises(SnapshotDamagedError, match="no marks of"):
            LayeredIndex.open(saved / "b", saved / "delta")

    def test_a_delta_older_than_its_base_is_refused(self, saved: Path) -> None:
        write(START, saved / "newer", 3)
        with pytest.raises(SnapshotDamagedError, match="older than its base"):
            LayeredIndex.open(saved / "newer", saved / "delta")

    @pytest.mark.parametrize("kind", KINDS)
    def test_marks_behind_the_last_entry_are_refused(self, saved: Path, kind: str) -> None:
        marks = read_sections(saved / "delta" / "base.marks")
        marks[kind][-1] |= 1 << 4
        forge(saved / "delta" / "base.marks", "marks", marks)
        with pytest.raises(SnapshotDamagedError, match="no marks of"):
            LayeredIndex.open(saved / "base", saved / "delta")

    def test_that_some_entry_has_only_the_other_dialect_is_remembered(self, saved: Path) -> None:
        index = LayeredIndex.open(saved / "base", saved / "delta")
        assert not index.has_cpp512_alone
        after = index.after(IndexChanges(up_to=3, has_cpp512_alone=True))
        after.save_delta(saved / "newer")
        assert after.has_cpp512_alone
        assert LayeredIndex.open(saved / "base", saved / "newer").has_cpp512_alone

    def test_an_index_may_be_warmed_up_or_not(self, saved: Path) -> None:
        index = LayeredIndex.open(saved / "base", saved / "delta")
        index.warm_up()
        answers = iter([True, False])
        index.warm_up(lambda: next(answers))
        assert next(answers, None) is None
