"""Contents become leaves once, in order, whoever stops or comes in between; checkpoints never contradict each other."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.log.memory_log import ORIGIN, Contents, MemoryLog, Salts, two_signers

from rempart.log import (
    Frontier,
    LogDamagedError,
    LogForkedError,
    leaf_hash,
    open_checkpoint,
    publish_checkpoint,
    sequence,
    tree_root,
    verifier_key,
)
from rempart.model.log import EMPTY_HEAD, LogHead, NewLeaf, StoredCheckpoint, StoredLeaf

_LOG = "audit"
_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_KEYS = [verifier_key(ORIGIN, each) for each in two_signers()]


def _sequence(store: MemoryLog, contents: Contents, salts: Salts, group_leaves: int = 7) -> int:
    return sequence(
        store,
        _LOG,
        origin=ORIGIN,
        contents=contents,
        draw_salts=salts,
        group_leaves=group_leaves,
    )


def _grown(count: int, text: str = "exercise") -> MemoryLog:
    store = MemoryLog()
    _sequence(store, Contents([f"{text}-{number}".encode() for number in range(count)]), Salts())
    return store


def _publish(
    store: MemoryLog, *, remembered: Sequence[str] = (), at: datetime = _AT
) -> StoredCheckpoint:
    return publish_checkpoint(
        store, _LOG, origin=ORIGIN, signers=two_signers(), at=at, remembered=remembered
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=6))
def test_any_way_of_grouping_gives_the_same_order(steps: list[tuple[int, int]]) -> None:
    store, contents, salts = MemoryLog(), Contents(), Salts()
    for added, group in steps:
        contents.kept += [b"exercise"] * added
        assert _sequence(store, contents, salts, group) == added
        assert _sequence(store, contents, salts, group) == 0
    leaves = store.leaves(_LOG, 0, 1_000)
    assert [each.index for each in leaves] == list(range(len(contents.kept)))
    assert all(leaf_hash((each.salt or b"") + b"exercise") == each.leaf_hash for each in leaves)
    assert len({each.leaf_hash for each in leaves}) == len(leaves), "a salt was used twice"


class _Contested(MemoryLog):
    """Another sequencer appends just before this one's first groups."""

    def __init__(self, rival: Contents, times: int) -> None:
        super().__init__()
        self._rival, self._times = rival, times

    def append(self, log: str, *, expected_size: int, **rest: object) -> bool:
        if self._times:
            self._times -= 1
            hurried = MemoryLog()
            hurried.heads, hurried.kept, hurried.nodes = self.heads, self.kept, self.nodes
            few = Contents(self._rival.kept[: expected_size + 3])
            _sequence(hurried, few, Salts(), 2)
        return super().append(log, expected_size=expected_size, **rest)  # type: ignore[arg-type]  # only passes on


def test_two_sequencers_append_every_content_once() -> None:
    contents = Contents([str(number).encode() for number in range(40)])
    store = _Contested(contents, times=5)
    appended = _sequence(store, contents, Salts(), 8)
    leaves = store.leaves(_LOG, 0, 100)
    assert appended < 40
    assert len(leaves) == store.head(_LOG).size == 40
    assert all(
        leaf_hash((leaf.salt or b"") + content) == leaf.leaf_hash
        for leaf, content in zip(leaves, contents.kept, strict=True)
    )
    assert _publish(store).size == 40


class _Dying(MemoryLog):
    """The process dies before, or just after, a group is durable."""

    def __init__(self, *, is_kept: bool) -> None:
        super().__init__()
        self.is_kept, self.is_dying = is_kept, True

    def append(self, log: str, **rest: object) -> bool:
        if self.is_dying and self.head(log).size >= 14:
            self.is_dying = False
            if self.is_kept:
                super().append(log, **rest)  # type: ignore[arg-type]  # only passes on
            raise ConnectionError
        return super().append(log, **rest)  # type: ignore[arg-type]  # only passes on


@pytest.mark.parametrize("is_kept", [False, True])
def test_sequencer_that_died_goes_on_where_the_log_ends(*, is_kept: bool) -> None:
    contents, salts = Contents([str(number).encode() for number in range(30)]), Salts()
    store = _Dying(is_kept=is_kept)
    with pytest.raises(ConnectionError):
        _sequence(store, contents, salts)
    assert store.head(_LOG).size == (21 if is_kept else 14)
    _sequence(store, contents, salts)
    leaves = store.leaves(_LOG, 0, 100)
    assert [each.index for each in leaves] == list(range(30))
    assert tree_root(each.leaf_hash for each in leaves) == tree_root(store.leaf_hashes(_LOG, 0, 30))


def test_poor_randomness_appends_nothing() -> None:
    store = MemoryLog()
    with pytest.raises(LogDamagedError, match="too few bytes"):
        sequence(
            store,
            _LOG,
            origin=ORIGIN,
            contents=Contents([b"exercise"]),
            draw_salts=lambda count: bytes(count - 1),
        )
    assert store.head(_LOG).size == 0


def test_checkpoints_follow_the_log() -> None:
    store = _grown(5)
    first = _publish(store)
    contents = Contents([f"exercise-{number}".encode() for number in range(900)])
    _sequence(store, contents, Salts(), 100)
    second = _publish(store, remembered=[first.note], at=_AT + timedelta(minutes=1))
    opened = [open_checkpoint(each.note.encode(), _KEYS) for each in (first, second)]
    assert [each.checkpoint.size for each in opened] == [5, 900]
    assert opened[1].checkpoint.root == tree_root(store.leaf_hashes(_LOG, 0, 900))
    assert store.newest_checkpoint(_LOG) == second


def test_empty_log_has_a_checkpoint() -> None:
    assert _publish(MemoryLog()).size == 0


def test_same_size_may_be_signed_again() -> None:
    store = _grown(5)
    _publish(store)
    again = _publish(store, at=_AT + timedelta(days=1))
    assert store.newest_checkpoint(_LOG) == again


def test_leaf_rewritten_by_an_insider_is_not_signed() -> None:
    store = _grown(600)
    _publish(store)
    old = store.kept[_LOG][17]
    store.kept[_LOG][17] = StoredLeaf(17, leaf_hash(b"forged"), old.salt)
    _rebuild(store)
    with pytest.raises(LogForkedError, match="not those that were signed"):
        _publish(store)


def test_log_cut_short_is_not_signed() -> None:
    store = _grown(600)
    _publish(store)
    del store.kept[_LOG][590:]
    _rebuild(store)
    with pytest.raises(LogForkedError, match="600 were signed"):
        _publish(store)


def test_log_restored_from_a_backup_is_not_signed_where_its_checkpoint_is_remembered() -> None:
    backup, later = _grown(20), _grown(30)
    _publish(backup)
    remembered = _publish(later).note
    with pytest.raises(LogForkedError, match="30 were signed"):
        _publish(backup, remembered=[remembered])


def test_fork_of_what_is_remembered_is_not_signed() -> None:
    remembered = _publish(_grown(20)).note
    with pytest.raises(LogForkedError, match="not those that were signed"):
        _publish(_grown(25, "another"), remembered=[remembered])


def test_checkpoint_of_another_log_or_key_is_not_continued() -> None:
    foreign = publish_checkpoint(
        MemoryLog(), _LOG, origin="rempart/exercise-B/audit", signers=two_signers(), at=_AT
    )
    stranger = publish_checkpoint(MemoryLog(), _LOG, origin=ORIGIN, signers=two_signers(2), at=_AT)
    for note in (foreign.note, stranger.note, "nothing"):
        store = _grown(3)
        with pytest.raises(LogForkedError):
            _publish(store, remembered=[note])
        assert store.newest_checkpoint(_LOG) is None


def test_frontier_that_does_not_fit_the_leaves_is_not_signed() -> None:
    store = _grown(5)
    _publish(store)
    store.heads[_LOG] = LogHead(5, (leaf_hash(b"a"), leaf_hash(b"b")))
    with pytest.raises(LogForkedError):
        _publish(store)


def _rebuild(store: MemoryLog) -> None:
    """Recompute everything that hangs on the leaves, as an insider with the database would."""
    kept, checkpoints = store.kept[_LOG], store.checkpoints
    fresh = MemoryLog()
    frontier = Frontier(EMPTY_HEAD)
    nodes = frontier.extend(each.leaf_hash for each in kept)
    fresh.append(
        _LOG,
        origin=ORIGIN,
        expected_size=0,
        leaves=[NewLeaf(each.leaf_hash, each.salt or b"") for each in kept],
        frontier=frontier.head.frontier,
        nodes=nodes,
    )
    store.heads, store.kept, store.nodes = fresh.heads, fresh.kept, fresh.nodes
    store.checkpoints = checkpoints
