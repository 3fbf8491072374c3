"""The keeper saves newer indexes in time, whatever interrupts it, and has damaged ones made anew."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.match import KnownIndex, LayeredIndex
from rempart.node import ImportReport, NodeFolder, OpenNode, compaction, index_keeper, open_node
from rempart.node.index_files import SavedIndex, saved_indexes
from rempart.node.index_keeper import IndexKeeper
from rempart.node.index_upkeep import ready_index
from rempart.node.live_index import LiveIndex

Import = Callable[..., ImportReport]


def md5(number: int) -> str:
    return f"{number:032x}"


def entries(*numbers: int) -> str:
    rows = [f"e{each},md5,{md5(each)},exercise-A" for each in numbers]
    rows += [f"p{each},pdq,{each:064x},exercise-A" for each in numbers]
    return "\n".join(["id,type,value,category", *rows]) + "\n"


def numbers_of(index: LayeredIndex) -> tuple[int, int]:
    counts = index.counts()
    return counts["md5"], counts["pdq"]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two changed fingerprints be due, and every base large enough for deltas of up to ten."""
    monkeypatch.setattr(index_keeper, "SAVE_FROM", 1)
    monkeypatch.setattr(compaction, "SMALL_BASE", 0)
    monkeypatch.setattr(compaction, "LARGEST_DELTA", 10)


@pytest.fixture
def seeded(node: OpenNode, import_text: Import) -> OpenNode:
    import_text(node, entries(*range(1, 21)))
    shutil.rmtree(node.folder.index)
    return node


def tend(node: OpenNode, keeper: IndexKeeper | None = None) -> bool:
    return (keeper or IndexKeeper()).tend(node.folder, node.store)


def newest(node: OpenNode) -> SavedIndex:
    return saved_indexes(node.folder.index)[0]


def names(node: OpenNode) -> list[str]:
    return sorted(path.name for path in node.folder.index.iterdir() if path.is_dir())


class TestDue:
    def test_a_machine_without_an_index_gets_one(self, seeded: OpenNode) -> None:
        keeper = IndexKeeper()

        assert tend(seeded, keeper)
        assert not tend(seeded, keeper)

        assert newest(seeded).is_base
        assert numbers_of(newest(seeded).open()) == (20, 20)

    def test_few_changes_are_left_to_those_who_serve(
        self, seeded: OpenNode, import_text: Import
    ) -> None:
        keeper = IndexKeeper()
        tend(seeded, keeper)
        before = names(seeded)

        import_text(seeded, entries(*range(1, 23)))

        assert not tend(seeded, keeper)
        assert not tend(seeded)
        assert names(seeded) == before

    @pytest.mark.usefixtures("eager")
    def test_more_changes_are_saved_as_a_delta_over_the_same_base(
        self, seeded: OpenNode, import_text: Import
    ) -> None:
        keeper = IndexKeeper()
        tend(seeded, keeper)
        base = newest(seeded)
        import_text(seeded, entries(*range(2, 23)))

        assert tend(seeded, keeper)

        delta = newest(seeded)
        assert (delta.is_base, delta.base) == (False, base.place)
        assert names(seeded) == sorted([base.place.name, delta.place.name])
        opened = delta.open()
        assert numbers_of(opened) == (21, 21)
        assert opened.change_number == seeded.store.change_number()
        assert not tend(seeded, keeper)

    @pytest.mark.usefixtures("eager")
    def test_a_newer_delta_replaces_the_older_and_holds_both(
        self, seeded: OpenNode, import_text: Import
    ) -> None:
        tend(seeded)
        for last in (22, 23, 24):
            import_text(seeded, entries(*range(1, last)))
            assert tend(seeded)
            assert len(names(seeded)) == 2
            assert numbers_of(newest(seeded).open()) == (last - 1, last - 1)

    @pytest.mark.usefixtures("eager")
    def test_a_delta_that_grows_too_large_makes_a_new_base(
        self, seeded: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tend(seeded)
        import_text(seeded, entries(*range(1, 24)))
        tend(seeded)
        assert not newest(seeded).is_base
        import_text(seeded, entries(*range(1, 27)))
        write, found_meanwhile = KnownIndex.write, list[tuple[int, int]]()

        def write_meanwhile(*arguments: Any, **stated: Any) -> None:
            found_meanwhile.append(numbers_of(newest(seeded).open()))
            write(*arguments, **stated)

        monkeypatch.setattr(KnownIndex, "write", write_meanwhile)

        assert tend(seeded)

        assert found_meanwhile == [
            (26, 26)
        ]  # who starts while the base is built finds a delta that holds all
        assert newest(seeded).is_base
        assert len(names(seeded)) == 1
        assert numbers_of(newest(seeded).open()) == (26, 26)

    @pytest.mark.usefixtures("eager")
    def test_an_index_of_a_past_that_never_was_is_made_anew(
        self, seeded: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        seeded.store.close()
        shutil.copy(seeded.folder.store, tmp_path / "backup")
        import_text(seeded, entries(*range(1, 23)))
        tend(seeded)
        seeded.store.close()
        shutil.copy(tmp_path / "backup", seeded.folder.store)

        with open_node(NodeFolder(seeded.folder.path)) as restored:
            assert tend(restored)
            assert numbers_of(newest(restored).open()) == (20, 20)


class TestServing:
    @pytest.mark.usefixtures("eager")
    def test_a_process_that_serves_takes_up_bases_and_deltas_and_maps_a_base_once(
        self, seeded: OpenNode, import_text: Import
    ) -> None:
        tend(seeded)
        live = LiveIndex(seeded.folder, seeded.store)
        first = live.refresh().index
        import_text(seeded, entries(*range(2, 23)))
        tend(seeded)
        second = live.refresh().index
        assert numbers_of(second) == (21, 21)
        assert second._base.part("pdq")._frozen is first._base.part("pdq")._frozen  # type: ignore[union-attr]  # pictures have one

        import_text(seeded, entries(*range(2, 30)))
        tend(seeded)
        third = live.refresh().index
        assert third.base_change_number == seeded.store.change_number()
        assert [numbers_of(each) for each in (first, second, third)] == [
            (20, 20),
            (21, 21),
            (28, 28),
        ]

    @pytest.mark.usefixtures("eager")
    def test_a_restart_reads_no_more_than_what_came_after_the_newest_file(
        self, seeded: OpenNode, import_text: Import
    ) -> None:
        tend(seeded)
        import_text(seeded, entries(*range(2, 23)))
        tend(seeded)
        import_text(seeded, entries(*range(2, 24)))
        live = LiveIndex(seeded.folder, seeded.store)

        assert numbers_of(live.refresh().index) == (22, 22)
        assert live.current().index.base_change_number < newest(seeded).change_number
        assert numbers_of(ready_index(seeded.folder, seeded.store)) == (22, 22)


class TestDamage:
    @pytest.mark.usefixtures("eager")
    def test_each_file_is_looked_through_once(
        self, seeded: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tend(seeded)
        import_text(seeded, entries(*range(1, 23)))
        tend(seeded)
        looked_at: list[Path] = []
        certify = KnownIndex.certify

        def counted(folder: Path) -> None:
            looked_at.append(folder)
            certify(folder)

        monkeypatch.setattr(KnownIndex, "certify", counted)
        keeper = IndexKeeper()
        for _ in range(4):
            assert not tend(seeded, keeper)

        assert sorted(looked_at) == sorted([newest(seeded).base, newest(seeded).place])

    @pytest.mark.parametrize(
        ("part", "of_delta"),
        [
            *[(part, False) for part in ("manifest.json", "pdq.index", "md5.map")],
            *[(part, True) for part in ("manifest.json", "pdq.index", "md5.map", "base.marks")],
        ],
    )
    @pytest.mark.usefixtures("eager")
    def test_a_damaged_file_is_made_anew_while_the_old_one_answers(
        self, seeded: OpenNode, import_text: Import, part: str, *, of_delta: bool
    ) -> None:
        tend(seeded)
        import_text(seeded, entries(*range(2, 23)))
        tend(seeded)
        live = LiveIndex(seeded.folder, seeded.store)
        live.refresh()
        damaged = (newest(seeded).place if of_delta else newest(seeded).base) / part
        content = damaged.read_bytes()
        damaged.unlink()
        damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

        keeper = IndexKeeper()
        keeper.tend(seeded.folder, seeded.store)
        keeper.tend(seeded.folder, seeded.store)

        assert numbers_of(live.current().index) == (21, 21)
        assert newest(seeded).is_base
        assert numbers_of(live.refresh().index) == (21, 21)
        assert live.current().index.base_change_number == newest(seeded).change_number

    def test_what_a_disk_altered_under_a_stamp_is_found_by_the_keeper(
        self, seeded: OpenNode
    ) -> None:
        tend(seeded)
        file = newest(seeded).place / "md5.map"
        times, content = file.stat(), bytearray(file.read_bytes())
        content[-9] ^= 1
        with file.open("r+b") as altered:
            altered.write(content)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        with pytest.MonkeyPatch.context() as patches:  # a disk leaves the time of change as it is
            patches.setattr("rempart.match.known_index.has_stamp", lambda _: True)
            newest(seeded).open()
        keeper = IndexKeeper()

        assert not tend(seeded, keeper)
        assert tend(seeded, keeper)

        assert numbers_of(newest(seeded).open()) == (20, 20)
        KnownIndex.open(newest(seeded).place)

    @pytest.mark.usefixtures("eager")
    def test_a_full_disk_leaves_what_is_there_and_is_told(
        self, seeded: OpenNode, import_text: Import, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tend(seeded)
        before = names(seeded)
        import_text(seeded, entries(*range(1, 40)))

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        keeper = IndexKeeper()
        with monkeypatch.context() as patches:
            patches.setattr(os, "posix_fallocate", full)
            with pytest.raises(OSError, match="No space"):
                tend(seeded, keeper)
        assert names(seeded) == before
        live = LiveIndex(seeded.folder, seeded.store)
        assert numbers_of(live.refresh().index) == (39, 39)

        assert tend(seeded, keeper)
        assert numbers_of(newest(seeded).open()) == (39, 39)


def compact_and_die(node: OpenNode, steps: int) -> bool:
    """Compact in a process that is killed before one of its calls to the system; tell whether it came to that."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = [steps]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    for place, name in (
        (os, "fsync"),
        (os, "posix_fallocate"),
        (Path, "replace"),
        (Path, "rename"),
    ):
        setattr(place, name, counted(getattr(place, name)))
    with open_node(node.folder) as own:
        IndexKeeper().tend(own.folder, own.store)
    os._exit(0)


@pytest.mark.parametrize("to_base", [False, True])
@pytest.mark.usefixtures("eager")
def test_a_compaction_that_is_killed_leaves_nothing_that_matters(
    seeded: OpenNode, import_text: Import, *, to_base: bool
) -> None:
    """Kill the keeper at one step after the other; what is there is whole each time, and the next one finishes."""
    tend(seeded)
    import_text(seeded, entries(*range(2, 40 if to_base else 23)), allow_shrink=True)
    expected = (38, 38) if to_base else (21, 21)
    seeded.store.close()
    step = 0
    while compact_and_die(seeded, step):
        step += 2
        assert numbers_of(ready_index(seeded.folder, seeded.store)) == expected
        assert numbers_of(LiveIndex(seeded.folder, seeded.store).refresh().index) == expected
        seeded.store.close()

    assert step > 20
    assert newest(seeded).is_base is to_base
    assert not [name for name in names(seeded) if name.startswith(".")]
    opened = newest(seeded).open()
    assert (numbers_of(opened), opened.change_number) == (expected, seeded.store.change_number())
