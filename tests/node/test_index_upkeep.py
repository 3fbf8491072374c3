"""The index follows the store: with every change, after damage, and after a backup was brought back."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from rempart.match import KnownIndex
from rempart.match.known_index import Matchable
from rempart.model.match import Match
from rempart.node import (
    ImportReport,
    NodeFolder,
    OpenNode,
    examine,
    importing,
    index_upkeep,
    open_node,
    withdraw_list,
)
from rempart.node.index_upkeep import ready_index

Import = Callable[..., ImportReport]
Find = Callable[..., tuple[Match, ...]]

REMPART = (sys.executable, "-c", "from rempart.cli import main; main()")


def md5(number: int) -> str:
    return f"{number:032x}"


def entries(*numbers: int) -> str:
    rows = [f"e{each},md5,{md5(each)},exercise-A" for each in numbers]
    return "\n".join(["id,type,value,category", *rows]) + "\n"


def saved(node: OpenNode) -> list[str]:
    return sorted(each.name for each in node.folder.index.iterdir() if each.is_dir())


@pytest.fixture
def no_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every change be too much for the tail, so that the index is built again each time."""
    monkeypatch.setattr(index_upkeep, "LARGEST_TAIL", 0)


class TestInStep:
    def test_a_change_counts_at_once_without_building_the_index_again(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, entries(*range(1, 11)))
        ready_index(node.folder, node.store)
        before, said = saved(node), list[str]()

        import_text(node, entries(*range(2, 12)), report=said.append)

        assert find(node, f"md5:{md5(11)}", report=said.append)
        assert not find(node, f"md5:{md5(1)}", report=said.append)
        assert (saved(node), said) == (before, [])

    @pytest.mark.usefixtures("no_tail")
    def test_too_many_changes_build_a_new_index_and_remove_the_old_one(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, entries(*range(1, 11)))
        before, said = saved(node), list[str]()

        import_text(node, entries(*range(2, 12)), report=said.append)

        assert find(node, f"md5:{md5(11)}")
        assert not find(node, f"md5:{md5(1)}")
        assert said == ["Building the search index."]
        assert len(saved(node)) == 1
        assert saved(node) != before

    def test_a_removed_list_matches_no_more(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, entries(1, 2))

        withdraw_list(node, "exercise", None)

        assert find(node, f"md5:{md5(1)}") == ()

    def test_other_processes_see_a_change(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, entries(1))
        command = [*REMPART, "--node", str(node.folder.path), "match"]
        asked = [f"md5:{md5(1)}", f"md5:{md5(2)}"]
        before = subprocess.run([*command, *asked], capture_output=True, text=True, check=True)
        assert before.stdout.count("no known entry") == 1

        import_text(node, entries(1, 2))

        after = subprocess.run([*command, *asked], capture_output=True, text=True, check=True)
        assert after.stdout.count("no known entry") == 0


class TestDamage:
    @pytest.mark.parametrize("part", ["manifest.json", "pdq.index", "md5.map"])
    @pytest.mark.parametrize("is_absent", [True, False])
    def test_a_damaged_index_is_told_and_built_again(
        self, node: OpenNode, import_text: Import, find: Find, part: str, *, is_absent: bool
    ) -> None:
        import_text(node, entries(1))
        damaged = node.folder.index / saved(node)[-1] / part
        content = damaged.read_bytes()
        damaged.unlink()
        if not is_absent:
            damaged.write_bytes(content[: len(content) // 2])
        said: list[str] = []

        assert find(node, f"md5:{md5(1)}", report=said.append)

        assert "It will be built again." in said[0]
        assert said[1:] == ["Building the search index."]
        assert find(node, f"md5:{md5(1)}", report=said.append)
        assert len(said) == 2

    def test_a_missing_index_is_built(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, entries(1))
        shutil.rmtree(node.folder.index)

        assert find(node, f"md5:{md5(1)}")

    def test_what_is_no_index_is_left_out_of_account(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, entries(1))
        (node.folder.index / "99999").write_bytes(b"a file")
        for name in ("1", "²", "-1", "1-" + "0" * 31, "1-" + "g" * 32, "1-" + "0" * 32):
            (node.folder.index / name).mkdir()

        assert find(node, f"md5:{md5(1)}")

    def test_doctor_tells_a_damaged_index(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, entries(1))
        whole = examine(node.folder.path, deep=True)
        (node.folder.index / saved(node)[-1] / "md5.map").write_bytes(b"x" * 100)

        damaged = examine(node.folder.path, deep=True)

        assert [each.check for each in whole if each.standing == "bad"] == []
        assert [each.check for each in damaged if each.standing == "bad"] == ["index"]


class TestBackup:
    @pytest.mark.usefixtures("no_tail")
    def test_an_index_of_what_a_backup_undid_is_not_used(
        self, node: OpenNode, import_text: Import, find: Find, tmp_path: Path
    ) -> None:
        import_text(node, entries(1))
        node.store.close()
        shutil.copy(node.folder.store, tmp_path / "backup")
        import_text(node, entries(1, 2))
        ready_index(node.folder, node.store)
        node.store.close()

        shutil.copy(tmp_path / "backup", node.folder.store)
        with open_node(NodeFolder(node.folder.path)) as restored:
            assert not find(restored, f"md5:{md5(2)}")
            import_text(restored, entries(1, 3))

            assert find(restored, f"md5:{md5(3)}")
            assert not find(restored, f"md5:{md5(2)}")

    @pytest.mark.usefixtures("no_tail")
    def test_an_index_of_another_past_with_the_same_number_is_not_used(
        self, node: OpenNode, import_text: Import, find: Find, tmp_path: Path
    ) -> None:
        # As many changes follow the backup as were undone by it, so that the numbers are equal.
        import_text(node, entries(1))
        node.store.close()
        shutil.copy(node.folder.store, tmp_path / "backup")
        import_text(node, entries(1, 2))
        node.store.close()

        shutil.copy(tmp_path / "backup", node.folder.store)
        with open_node(NodeFolder(node.folder.path)) as restored:
            said: list[str] = []
            import_text(restored, entries(1, 3), report=said.append)

            assert "was never in" in said[0]
            assert find(restored, f"md5:{md5(3)}")
            assert not find(restored, f"md5:{md5(2)}")

    def test_the_index_of_another_node_is_not_used(
        self, make_node: Callable[[str], OpenNode], import_text: Import, find: Find
    ) -> None:
        one, other = make_node("one"), make_node("other")
        import_text(one, entries(1))
        import_text(other, entries(2))
        shutil.rmtree(one.folder.index)
        shutil.copytree(other.folder.index, one.folder.index)

        assert find(one, f"md5:{md5(1)}")
        assert not find(one, f"md5:{md5(2)}")


class TestSeveralAtOnce:
    def test_an_import_while_the_index_is_built_does_not_mix_two_states(
        self, node: OpenNode, import_text: Import, find: Find, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_text(node, entries(1))
        shutil.rmtree(node.folder.index)
        write, still_to_come = KnownIndex.write, [entries(2, 3)]

        def write_meanwhile(matchable: Matchable, folder: Path, **stated: Any) -> None:
            def slowly(kind: str) -> Iterable[tuple[Any, Any]]:
                if still_to_come:  # the other process is quicker
                    with open_node(node.folder) as other, monkeypatch.context() as patches:
                        patches.setattr(importing, "ready_index", lambda *_, **__: None)
                        import_text(other, still_to_come.pop(), allow_shrink=True)
                return matchable(kind)

            write(slowly, folder, **stated)

        monkeypatch.setattr(KnownIndex, "write", write_meanwhile)
        index = ready_index(node.folder, node.store)

        assert index.change_number == node.store.change_number()
        assert index.base_change_number < index.change_number
        said: list[str] = []
        for number, matches in ((1, 0), (2, 1), (3, 1)):
            assert len(find(node, f"md5:{md5(number)}", report=said.append)) == matches
        assert said == []

    def test_processes_that_all_find_no_index_build_one(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, entries(1))
        shutil.rmtree(node.folder.index)
        command = [*REMPART, "--node", str(node.folder.path), "match"]

        started = [
            subprocess.Popen(
                [*command, f"md5:{md5(1)}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        outputs = [each.communicate(timeout=60) for each in started]

        assert [each.returncode for each in started] == [0, 0, 0]
        assert all("exercise of Exercise Hotline" in output for output, _ in outputs)
        assert sum("Building the search index" in messages for _, messages in outputs) == 1
