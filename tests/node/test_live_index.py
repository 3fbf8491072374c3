"""What any process writes matches in every process that serves, without a build on the way."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rempart.match import LayeredIndex, single_query
from rempart.model.fingerprint import Fingerprint
from rempart.node import ImportReport, NodeFolder, OpenNode, live_index, open_node, withdraw_list
from rempart.node.compaction import save_base
from rempart.node.errors import IndexNotReadyError
from rempart.node.index_files import SavedIndex
from rempart.node.live_index import LiveIndex
from rempart.node.matching import live_matcher
from rempart.store import Store, StoreUnavailableError

Import = Callable[..., ImportReport]
GENEROUS_SECONDS = 60


def md5(number: int) -> str:
    return f"{number:032x}"


def entries(*numbers: int) -> str:
    rows = [f"e{each},md5,{md5(each)},exercise-A" for each in numbers]
    return "\n".join(["id,type,value,category", *rows]) + "\n"


def finds(live: LiveIndex, node: OpenNode, number: int) -> bool:
    query = single_query(Fingerprint("md5", bytes.fromhex(md5(number))))
    [findings] = live_matcher(live, node).match_many([query])
    return bool(findings.matches)


def is_in_step(live: LiveIndex, node: OpenNode) -> bool:
    return live.wait_until(node.store.change_number(), timeout_seconds=GENEROUS_SECONDS)


@pytest.fixture
def serve() -> Iterator[Callable[[OpenNode], LiveIndex]]:
    """Start live indexes, and close them in the end."""
    started: list[LiveIndex] = []

    def start(node: OpenNode) -> LiveIndex:
        started.append(LiveIndex(node.folder, node.store))
        started[-1].start()
        return started[-1]

    yield start
    for live in started:
        live.close()


Serve = Callable[[OpenNode], LiveIndex]


class TestFollowing:
    def test_what_is_added_changed_and_withdrawn_takes_effect(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        live = serve(node)
        assert live.ready
        assert not finds(live, node, 1)

        import_text(node, entries(1, 2))
        assert is_in_step(live, node)
        assert (finds(live, node, 1), finds(live, node, 2)) == (True, True)

        import_text(node, entries(2, 3), allow_shrink=True)
        assert is_in_step(live, node)
        assert [finds(live, node, each) for each in (1, 2, 3)] == [False, True, True]

        withdraw_list(node, "exercise", None)
        assert is_in_step(live, node)
        assert [finds(live, node, each) for each in (1, 2, 3)] == [False, False, False]

    def test_a_change_by_another_process_takes_effect_in_two_that_serve(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        import_text(node, entries(1))
        command = """
import sys
from pathlib import Path
from rempart.node import NodeFolder, open_node
from rempart.node.index_files import SavedIndex
from rempart.node.live_index import LiveIndex
with open_node(NodeFolder(Path(sys.argv[1]))) as node:
    live = LiveIndex(node.folder, node.store)
    live.start()
    for line in sys.stdin:
        ok = live.wait_until(int(line), timeout_seconds=60)
        print(ok, live.current().index.counts()["md5"], flush=True)
    live.close()
"""
        other = subprocess.Popen(
            [sys.executable, "-c", command, str(node.folder.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdin is not None
        assert other.stdout is not None
        with other:
            live = serve(node)
            with open_node(node.folder) as writing:
                for count in (2, 5, 9):
                    import_text(writing, entries(*range(1, count + 1)))
                    other.stdin.write(f"{node.store.change_number()}\n")
                    other.stdin.flush()
                    assert other.stdout.readline() == f"True {count}\n"
                    assert is_in_step(live, node)
                    assert finds(live, node, count)
            other.stdin.close()
        assert other.returncode == 0

    def test_thresholds_are_those_of_the_lists_in_force(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        live = serve(node)
        assert live.current().largest_threshold_bits == 0
        pdq = f"id,type,value\ne1,pdq,{'0f' * 32}\n"

        import_text(node, pdq, threshold_bits=40)

        assert is_in_step(live, node)
        assert live.current().largest_threshold_bits == 40

    def test_a_snapshot_stays_as_it_was_while_the_index_goes_on(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        import_text(node, entries(1))
        live = serve(node)
        before = live.current()
        import_text(node, entries(1, 2))
        assert is_in_step(live, node)

        assert before.index.counts()["md5"] == 1
        assert live.current().index.counts()["md5"] == 2

    def test_an_entry_withdrawn_since_the_last_poll_is_not_reported(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, entries(1))
        live = LiveIndex(node.folder, node.store)  # not started: it does not follow by itself
        live.refresh()
        withdraw_list(node, "exercise", None)

        assert not finds(live, node, 1)
        assert live.current().change_number == node.store.change_number()


class TestFiles:
    def test_a_newer_saved_index_takes_the_place_of_the_old_one(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        import_text(node, entries(1))
        live = serve(node)
        import_text(node, entries(*range(1, 6)))
        assert is_in_step(live, node)
        assert live.current().index.base_change_number < node.store.change_number()

        with node.folder.index_lock():
            save_base(node.folder, node.store)

        assert _until(live, lambda: _base(live) == node.store.change_number())
        assert [finds(live, node, each) for each in range(1, 7)] == [True] * 5 + [False]

    def test_searches_go_on_while_files_are_exchanged_and_removed(
        self, node: OpenNode, import_text: Import, serve: Serve
    ) -> None:
        import_text(node, entries(*range(1, 50)))
        live = serve(node)
        wanted = np.frombuffer(bytes.fromhex(md5(7)), np.uint8).reshape(1, 16)
        is_done, missed = threading.Event(), list[int]()

        def search() -> None:
            while not is_done.is_set():
                missed.append(1 - len(live.current().index.equal("md5", wanted)[1]))

        searcher = threading.Thread(target=search)
        searcher.start()
        try:
            for number in range(3):
                import_text(node, entries(*range(1, 60 + number)))
                with node.folder.index_lock():
                    save_base(node.folder, node.store)
                assert _until(live, lambda: _base(live) == node.store.change_number())
        finally:
            is_done.set()
            searcher.join()
        assert not any(missed)

    def test_a_store_too_large_to_read_waits_for_the_keeper(
        self,
        node: OpenNode,
        import_text: Import,
        serve: Serve,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        import_text(node, entries(1, 2, 3))
        shutil.rmtree(node.folder.index)
        monkeypatch.setattr(live_index, "LARGEST_STEP", 2)

        live = serve(node)

        assert not live.ready
        assert "keeper" in str(live.waits_for)
        with pytest.raises(IndexNotReadyError):
            live.current()
        with node.folder.index_lock():
            save_base(node.folder, node.store)
        assert is_in_step(live, node)
        assert (live.ready, live.waits_for, finds(live, node, 3)) == (True, None, True)

    def test_more_changes_than_a_step_are_left_to_the_keeper_and_told(
        self, node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_text(node, entries(1))
        now = [0.0]
        live = LiveIndex(node.folder, node.store, monotonic=lambda: now[0])
        live.refresh()
        monkeypatch.setattr(live_index, "LARGEST_STEP", 2)
        import_text(node, entries(*range(1, 6)))

        now[0] = 100.0
        assert live.refresh().index.counts()["md5"] == 1
        assert live.problems
        assert live.staleness_seconds == 100.0

        with node.folder.index_lock():
            save_base(node.folder, node.store)
        assert live.refresh().index.counts()["md5"] == 5
        assert (live.problems, live.staleness_seconds) == ((), 0.0)

    def test_a_damaged_file_leaves_the_index_in_use_as_it_is(
        self, node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_text(node, entries(1))
        live = LiveIndex(node.folder, node.store)
        live.refresh()
        import_text(node, entries(1, 2))
        with node.folder.index_lock():
            saved = save_base(node.folder, node.store)
        (saved.place / "md5.map").write_bytes(b"x" * 100)
        opened: list[SavedIndex] = []
        open_it = SavedIndex.open

        def counted(self: SavedIndex, over: LayeredIndex | None = None) -> LayeredIndex:
            opened.append(self)
            return open_it(self, over)

        monkeypatch.setattr(SavedIndex, "open", counted)
        for _ in range(3):
            live.refresh()

        assert finds(live, node, 2)
        assert live.problems == ()
        assert opened == [
            saved
        ]  # once is enough: reading a large file in vain costs a second each time
        import_text(node, entries(1, 2, 3))
        live.refresh()
        assert finds(live, node, 3)


class TestFaults:
    def test_while_the_database_is_away_answers_go_on_and_grow_stale(
        self, node: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_text(node, entries(1))
        now = [0.0]
        live = LiveIndex(node.folder, node.store, monotonic=lambda: now[0])
        live.refresh()

        def refuse(_self: Store) -> int:
            msg = "The server is away."
            raise StoreUnavailableError(msg, hint="Start it.")

        with monkeypatch.context() as patches:
            patches.setattr(Store, "change_number", refuse)
            now[0] = 12.0
            live.refresh()
            assert live.ready
            assert (live.problems, live.staleness_seconds) == (("The server is away.",), 12.0)

        now[0] = 13.0
        live.refresh()
        assert (live.problems, live.staleness_seconds) == ((), 0.0)

    def test_a_fault_that_nobody_foresaw_does_not_end_the_following(
        self, node: OpenNode, import_text: Import, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        live = serve(node)
        with monkeypatch.context() as patches:
            patches.setattr(Store, "change_number", lambda _: 1 // 0)
            live.refresh()
            assert live.problems == ("Following the store failed: ZeroDivisionError.",)
        import_text(node, entries(1))
        assert is_in_step(live, node)
        assert finds(live, node, 1)

    def test_a_backup_brought_back_under_a_running_service_is_noticed(
        self, node: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        import_text(node, entries(1))
        node.store.close()
        shutil.copy(node.folder.store, tmp_path / "backup")
        import_text(node, entries(1, 2))
        live = LiveIndex(node.folder, node.store)
        live.refresh()
        assert finds(live, node, 2)
        node.store.close()
        shutil.copy(tmp_path / "backup", node.folder.store)

        with open_node(NodeFolder(node.folder.path)) as restored:
            import_text(restored, entries(1, 3))  # as many changes as were undone
            import_text(restored, entries(1, 3, 4))
            live.refresh()
            assert [finds(live, node, each) for each in (1, 2, 3, 4)] == [True, False, True, True]

    def test_closing_ends_the_threads_and_may_be_done_twice(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, entries(1))
        before = set(
            threading.enumerate()
        )  # services of other tests may be at work in this process
        live = LiveIndex(node.folder, node.store)
        live.close()
        live = LiveIndex(node.folder, node.store)
        live.start()
        live.close()
        live.close()
        begun = set(threading.enumerate()) - before
        assert not any(thread.name.startswith("live-index") for thread in begun)


def _base(live: LiveIndex) -> int:
    return live.current().index.base_change_number


def _until(live: LiveIndex, holds: Callable[[], bool]) -> bool:
    """Wait for a condition of the index that changes when it moves."""
    with live._moved:
        return live._moved.wait_for(holds, GENEROUS_SECONDS)
