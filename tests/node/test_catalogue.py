"""Lists go out as they came in, and a removed list stays on record without matching."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rempart.model.handling import Standing
from rempart.model.lists import Entry
from rempart.model.match import Match
from rempart.node import (
    ImportReport,
    OpenNode,
    export_list,
    show_list,
    show_lists,
    withdraw_list,
    write_whole,
)
from rempart.node.errors import ListUnknownError
from rempart.store import AmbiguousListError

Import = Callable[..., ImportReport]
Find = Callable[..., tuple[Match, ...]]

CSV = (
    "id,type,value,category,dialect,quality\n"
    f"e1,pdq,{'5a' * 32},exercise-A,exact,90\n"
    f"e2,pdq,{'a5' * 32},exercise-B,cpp512,70\n"
    f"e3,sha256,{'1b' * 32},exercise-A,,\n"
    f"e3,md5,{'2c' * 16},exercise-A,,\n"
    f",sha1,{'3d' * 20},,,\n"
    'e4,tmk,"opaque, kept as it is",exercise-A,,\n'
)
VICS = json.dumps(
    {
        "@odata.context": "http://example.invalid/datamodel/2.0.xml/#DefaultContext",
        "value": [
            {"MediaID": 7, "Category": 1, "MD5": "2c" * 16, "SHA1": "3d" * 20, "Unknown": "kept"},
            {"MediaID": 7, "Category": 2, "MD5": "4e" * 16, "MediaSize": 12},
        ],
    }
)


def content(node: OpenNode, name: str = "exercise") -> set[tuple[object, ...]]:
    """Return what a list says, without what belongs to this node alone."""
    found = show_list(node, name, None).list

    def said(entry: Entry) -> tuple[object, ...]:
        prints = frozenset(
            (each.kind, each.value, each.dialect, each.quality) for each in entry.fingerprints
        )
        return (prints, frozenset(entry.labels), entry.subject)

    return {said(entry) for entry, _ in node.store.entries(found.id)}


def exported(node: OpenNode, format_name: str, name: str = "exercise") -> bytes:
    sink = io.BytesIO()
    export_list(node, name, None, sink, format_name=format_name)
    return sink.getvalue()


class TestExport:
    @pytest.mark.parametrize(
        ("text", "read_as", "written_as"),
        [(CSV, "csv", "csv"), (VICS, "vics", "csv"), (VICS, "vics", "vics")],
        ids=["csv", "vics-as-csv", "vics"],
    )
    def test_another_node_that_imports_it_knows_the_same(
        self,
        make_node: Callable[[str], OpenNode],
        import_text: Import,
        text: str,
        read_as: str,
        written_as: str,
    ) -> None:
        one, other = make_node("one"), make_node("other")
        first = import_text(one, text, format=read_as)

        second = import_text(other, exported(one, written_as), format=written_as)

        assert (second.added, second.refused) == (first.added, 0)
        assert content(other) == content(one)
        # The entries are the same ones too: the original finds each of them there.
        third = import_text(other, text, format=read_as)
        assert (third.added, third.withdrawn) == (0, 0)

    @pytest.mark.parametrize("text", [CSV, VICS], ids=["csv", "vics"])
    def test_what_was_exported_changes_nothing_where_it_came_from(
        self, node: OpenNode, import_text: Import, text: str
    ) -> None:
        format_name = "csv" if text == CSV else "vics"
        first = import_text(node, text, format=format_name)

        again = import_text(node, exported(node, format_name), format=format_name)

        assert (again.added, again.returned, again.withdrawn, again.refused) == (0, 0, 0, 0)
        assert again.changed + again.unchanged == first.added

    def test_a_second_round_changes_nothing_at_all(
        self, make_node: Callable[[str], OpenNode], import_text: Import
    ) -> None:
        one, other = make_node("one"), make_node("other")
        import_text(one, CSV)
        import_text(other, exported(one, "csv"))

        again = import_text(other, exported(other, "csv"))

        assert (again.added, again.changed, again.withdrawn) == (0, 0, 0)

    def test_what_was_withdrawn_is_not_exported(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, CSV)
        import_text(node, CSV.replace("e2,", "e9,"), allow_shrink=True)

        assert b",e9," in exported(node, "csv")
        assert b",e2," not in exported(node, "csv")

    def test_a_file_is_whole_or_absent(
        self, node: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        import_text(node, CSV)

        def fail() -> None:
            with write_whole(tmp_path / "out.csv") as sink:
                export_list(node, "exercise", None, sink, format_name="csv")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()

        assert not (tmp_path / "out.csv").exists()


class TestShow:
    def test_lists_are_shown_with_their_counts(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, CSV)
        import_text(node, CSV, name="another", owner="Exercise Police")

        shown = show_lists(node)

        assert [(each.list.owner, each.list.name) for each in shown] == [
            ("Exercise Hotline", "exercise"),
            ("Exercise Police", "another"),
        ]
        assert sum(shown[0].entries.values()) == 5
        assert shown[0].fingerprints == {
            "md5": 1,
            "pdq cpp512": 1,
            "pdq exact": 1,
            "sha1": 1,
            "sha256": 1,
            "tmk": 1,
        }

    def test_a_name_that_nobody_uses_is_told(self, node: OpenNode) -> None:
        with pytest.raises(ListUnknownError, match="lists show"):
            show_list(node, "nothing", None)

    def test_a_name_that_two_owners_use_needs_the_owner(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, CSV)
        import_text(node, CSV, owner="Exercise Police")

        with pytest.raises(AmbiguousListError, match="--owner"):
            show_list(node, "exercise", None)
        assert show_list(node, "exercise", "Exercise Police").list.owner == "Exercise Police"
        with pytest.raises(ListUnknownError):
            show_list(node, "exercise", "Nobody")


class TestRemove:
    def test_its_entries_match_no_more_and_stay_on_record(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, CSV)
        kept = find(node, "md5:" + "2c" * 16)

        removed, count = withdraw_list(node, "exercise", None)

        assert (len(kept), count) == (1, 5)
        assert removed.standing is Standing.WITHDRAWN
        assert find(node, "md5:" + "2c" * 16) == ()
        assert exported(node, "csv").count(b"\n") == 1
        entries = list(node.store.entries(removed.id, include_withdrawn=True))
        assert len(entries) == 5
        done = [each.kind for each in node.store.events()]
        assert done[-2:] == ["list.withdrawn", "list.exported"]

    def test_removing_it_again_withdraws_nothing(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, CSV)
        withdraw_list(node, "exercise", None)

        assert withdraw_list(node, "exercise", None)[1] == 0

    def test_another_list_keeps_matching(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, CSV)
        import_text(node, CSV, name="another")

        withdraw_list(node, "exercise", None)

        assert [match.list_name for match in find(node, "md5:" + "2c" * 16)] == ["another"]

    def test_what_is_not_there_cannot_be_removed(self, node: OpenNode) -> None:
        with pytest.raises(ListUnknownError):
            withdraw_list(node, "nothing", None)
