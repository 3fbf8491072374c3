"""What every place for logs must do: one class of tests that each implementation passes."""

from datetime import UTC, datetime, timedelta

from tests.log.memory_log import ORIGIN, Contents, Salts

from rempart.log import Frontier, LogStore, StoredTree, leaf_hash, sequence, tree_root
from rempart.model.log import EMPTY_HEAD, LogHead, LogNode, NewLeaf, StoredCheckpoint, StoredLeaf

LOG = "audit"
_AT = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)


def _leaves(first: int, count: int) -> list[NewLeaf]:
    return [
        NewLeaf(leaf_hash(number.to_bytes(4, "big")), number.to_bytes(16, "big"))
        for number in range(first, first + count)
    ]


def append(store: LogStore, count: int, log: str = LOG) -> bool:
    """Append so many leaves to a log, as a sequencer does."""
    head = store.head(log)
    leaves = _leaves(head.size, count)
    frontier = Frontier(head)
    nodes = frontier.extend(leaf.leaf_hash for leaf in leaves)
    return store.append(
        log,
        origin=ORIGIN,
        expected_size=head.size,
        leaves=leaves,
        frontier=frontier.head.frontier,
        nodes=nodes,
    )


class LogStoreContract:
    """The tests; a subclass gives the fixture `log_store`."""

    def test_new_log_is_empty(self, log_store: LogStore) -> None:
        assert log_store.head(LOG) == EMPTY_HEAD
        assert not log_store.leaf_hashes(LOG, 0, 10)
        assert not log_store.leaves(LOG, 0, 10)
        assert log_store.node(LOG, 8, 0) is None
        assert log_store.newest_checkpoint(LOG) is None
        assert log_store.checkpoint_from(LOG, 0) is None

    def test_appended_leaves_are_read_back_in_order(self, log_store: LogStore) -> None:
        assert append(log_store, 3)
        assert append(log_store, 4)
        expected = _leaves(0, 7)
        assert log_store.head(LOG).size == 7
        assert len(log_store.head(LOG).frontier) == 3
        assert list(log_store.leaf_hashes(LOG, 0, 7)) == [each.leaf_hash for each in expected]
        assert list(log_store.leaves(LOG, 2, 5)) == [
            StoredLeaf(2 + place, each.leaf_hash, each.salt)
            for place, each in enumerate(expected[2:5])
        ]
        assert len(log_store.leaves(LOG, 5, 100)) == 2

    def test_append_from_another_size_changes_nothing(self, log_store: LogStore) -> None:
        for expected_size in (1, 7):
            assert not log_store.append(
                LOG,
                origin=ORIGIN,
                expected_size=expected_size,
                leaves=_leaves(0, 1),
                frontier=[bytes(32)],
                nodes=[LogNode(8, 0, bytes(32))],
            )
        assert log_store.head(LOG) == EMPTY_HEAD
        assert append(log_store, 2)
        head = log_store.head(LOG)
        for expected_size in (0, 1, 3):
            assert not log_store.append(
                LOG,
                origin=ORIGIN,
                expected_size=expected_size,
                leaves=_leaves(0, 1),
                frontier=[bytes(32)],
                nodes=[LogNode(8, 0, bytes(32))],
            )
        assert log_store.head(LOG) == head
        assert len(log_store.leaves(LOG, 0, 10)) == 2
        assert log_store.node(LOG, 8, 0) is None

    def test_logs_of_other_names_are_apart(self, log_store: LogStore) -> None:
        assert append(log_store, 2)
        assert append(log_store, 5, "feed")
        assert (log_store.head(LOG).size, log_store.head("feed").size) == (2, 5)
        assert len(log_store.leaf_hashes(LOG, 0, 10)) == 2
        log_store.add_checkpoint("feed", StoredCheckpoint(5, _AT, "note\n"))
        assert log_store.newest_checkpoint(LOG) is None

    def test_proofs_read_whole_subtrees(self, log_store: LogStore) -> None:
        for count in (250, 20, 300, 30):
            assert append(log_store, count)
        hashes = [each.leaf_hash for each in _leaves(0, 600)]
        tree = StoredTree(log_store, LOG)
        assert log_store.node(LOG, 8, 0) == tree_root(hashes[:256])
        assert log_store.node(LOG, 9, 0) == tree_root(hashes[:512])
        assert log_store.node(LOG, 10, 0) is None
        for size in (1, 255, 256, 257, 600):
            assert tree.root(size) == tree_root(hashes[:size])
        assert Frontier(log_store.head(LOG)).root == tree_root(hashes)

    def test_checkpoints_are_found_by_size(self, log_store: LogStore) -> None:
        assert append(log_store, 9)
        kept = [
            StoredCheckpoint(size, _AT + timedelta(seconds=size), f"note {size}\n")
            for size in (4, 2, 9)
        ]
        for each in kept:
            log_store.add_checkpoint(LOG, each)
        assert log_store.newest_checkpoint(LOG) == kept[2]
        assert log_store.checkpoint_from(LOG, 0) == kept[1]
        assert log_store.checkpoint_from(LOG, 3) == kept[0]
        assert log_store.checkpoint_from(LOG, 4) == kept[0]
        assert log_store.checkpoint_from(LOG, 10) is None

    def test_checkpoint_of_the_same_size_takes_the_place(self, log_store: LogStore) -> None:
        assert append(log_store, 1)
        log_store.add_checkpoint(LOG, StoredCheckpoint(1, _AT, "old\n"))
        later = StoredCheckpoint(1, _AT + timedelta(days=1), "new — signed\n")
        log_store.add_checkpoint(LOG, later)
        assert log_store.newest_checkpoint(LOG) == later

    def test_sequencer_stands_on_it(self, log_store: LogStore) -> None:
        contents = Contents([str(number).encode() for number in range(700)])
        salts = Salts()
        for group in (64, 300):
            sequence(
                log_store,
                LOG,
                origin=ORIGIN,
                contents=contents,
                draw_salts=salts,
                group_leaves=group,
            )
        kept = log_store.leaves(LOG, 0, 1_000)
        assert [each.index for each in kept] == list(range(700))
        assert all(
            each.salt is not None and leaf_hash(each.salt + content) == each.leaf_hash
            for each, content in zip(kept, contents.kept, strict=True)
        )
        assert log_store.head(LOG) == LogHead(700, StoredTree(log_store, LOG).frontier(700))
