"""An import does all that the file and the operator say, or nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rempart.lists import ColumnMapError
from rempart.model.errors import RefusedError, RempartError, UsageError
from rempart.model.handling import Standing, Subject
from rempart.model.lists import ListPurpose
from rempart.model.match import Match
from rempart.node import ImportReport, OpenNode, withdraw_list
from rempart.node.errors import (
    ListMismatchError,
    ListShrinkError,
    NothingImportedError,
    SettingsError,
    SourceUnreadableError,
)
from rempart.node.settings import Settings

Import = Callable[..., ImportReport]
Find = Callable[..., tuple[Match, ...]]
State = Callable[[OpenNode], object]


def md5(number: int) -> str:
    """Return the invented digest of an invented entry."""
    return f"{number:032x}"


def csv_of(rows: list[str]) -> str:
    return "\n".join(["id,type,value,category", *rows]) + "\n"


def ten(*numbers: int) -> str:
    """Return a list of the entries of some numbers; of ten unless said otherwise."""
    return csv_of([f"e{each},md5,{md5(each)},exercise-A" for each in numbers or range(1, 11)])


def counts(report: ImportReport) -> dict[str, int]:
    names = ("added", "changed", "unchanged", "returned", "withdrawn", "duplicates", "refused")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


class TestNewList:
    def test_every_record_becomes_an_entry_that_matches(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        report = import_text(node, ten())

        assert report.is_new
        assert counts(report) == {"added": 10}
        assert (report.list.generation, report.list.standing) == (1, Standing.PUBLISHED)
        [match] = find(node, f"md5:{md5(7)}")
        assert (match.list_name, match.owner) == ("exercise", "Exercise Hotline")
        assert (match.entry_version, match.list_generation) == (1, 1)
        assert [label.value for label in match.labels] == ["exercise-A"]
        assert find(node, f"md5:{md5(11)}") == ()

    def test_it_is_taken_to_show_children_unless_the_operator_says_otherwise(
        self, node: OpenNode, import_text: Import
    ) -> None:
        report = import_text(node, ten())

        assert report.list.purpose is ListPurpose.KNOWN
        assert report.list.subject is Subject.CHILD
        assert report.list.threshold_bits == 31

    def test_a_known_harmless_list_shows_harmless_things(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        report = import_text(node, ten(), purpose=ListPurpose.KNOWN_HARMLESS)

        assert report.list.subject is Subject.HARMLESS
        assert find(node, f"md5:{md5(7)}") == ()

    @pytest.mark.parametrize(
        ("purpose", "subject"),
        [
            (ListPurpose.KNOWN, Subject.HARMLESS),
            (None, Subject.HARMLESS),
            (ListPurpose.KNOWN_HARMLESS, Subject.CHILD),
            (ListPurpose.KNOWN_HARMLESS, Subject.ADULT),
        ],
    )
    def test_purpose_and_subject_that_contradict_each_other_are_refused(
        self,
        node: OpenNode,
        import_text: Import,
        purpose: ListPurpose | None,
        subject: Subject,
    ) -> None:
        with pytest.raises(SettingsError):
            import_text(node, ten(), purpose=purpose, subject=subject)

        assert node.store.lists(include_withdrawn=True) == ()

    @pytest.mark.parametrize(
        "stated",
        [
            {"name": ""},
            {"name": "Exercise"},
            {"name": "a" * 64},
            {"name": "../a"},
            {"owner": ""},
            {"owner": " x "},
            {"owner": "a\x1b]0;x\x07"},
            {"owner": "a\udc80"},
            {"source": ""},
            {"source": "a\nb"},
        ],
        ids=str,
    )
    def test_names_that_are_none_are_refused(
        self, node: OpenNode, import_text: Import, stated: dict[str, str]
    ) -> None:
        with pytest.raises(SettingsError):
            import_text(node, ten(), **stated)

    def test_two_owners_may_use_one_name(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten(1, 2))
        report = import_text(node, ten(2, 3), owner="Exercise Police")

        assert report.is_new
        assert {match.owner for match in find(node, f"md5:{md5(2)}")} == {
            "Exercise Hotline",
            "Exercise Police",
        }


class TestAgain:
    @pytest.mark.parametrize(
        "stated",
        [{}, {"threshold_bits": 31}, {"subject": Subject.CHILD}, {"purpose": ListPurpose.KNOWN}],
        ids=str,
    )
    def test_the_same_file_changes_nothing(
        self,
        node: OpenNode,
        import_text: Import,
        state_of: Callable[[OpenNode], tuple[Any, ...]],
        stated: dict[str, Any],
    ) -> None:
        import_text(node, ten())
        before = state_of(node)[:-1]

        report = import_text(node, ten(), **stated)

        assert not report.is_new
        assert counts(report) == {"unchanged": 10}
        assert state_of(node)[:-1] == before  # all but the event that says so

    def test_the_order_of_the_records_makes_no_difference(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, ten())

        assert counts(import_text(node, ten(*range(10, 0, -1)))) == {"unchanged": 10}

    def test_what_is_absent_is_withdrawn_and_matches_no_more(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten())

        report = import_text(node, ten(*range(3, 12)))

        assert counts(report) == {"added": 1, "unchanged": 8, "withdrawn": 2}
        assert report.list.generation == 2
        assert find(node, f"md5:{md5(1)}") == ()
        assert len(find(node, f"md5:{md5(11)}")) == 1

    def test_what_comes_back_matches_again(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten())
        [before] = find(node, f"md5:{md5(1)}")
        import_text(node, ten(*range(2, 11)))

        report = import_text(node, ten())

        assert counts(report) == {"unchanged": 9, "returned": 1}
        [after] = find(node, f"md5:{md5(1)}")
        assert after.entry_id == before.entry_id

    def test_in_mode_add_nothing_is_withdrawn(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten())

        report = import_text(node, ten(11), mode_is_full=False)

        assert counts(report) == {"added": 1}
        assert find(node, f"md5:{md5(1)}")
        assert find(node, f"md5:{md5(11)}")

    def test_what_the_list_says_anew_about_an_entry_is_a_new_version(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, csv_of([f"e1,md5,{md5(1)},exercise-A"]))
        [before] = find(node, f"md5:{md5(1)}")

        report = import_text(node, csv_of([f"e1,md5,{md5(2)},exercise-B"]))

        assert counts(report) == {"changed": 1}
        assert find(node, f"md5:{md5(1)}") == ()
        [after] = find(node, f"md5:{md5(2)}")
        assert (after.entry_id, after.entry_version) == (before.entry_id, 2)
        assert [label.value for label in after.labels] == ["exercise-B"]

    def test_a_purpose_never_changes(
        self, node: OpenNode, import_text: Import, state_of: State
    ) -> None:
        import_text(node, ten())
        before = state_of(node)

        with pytest.raises(ListMismatchError) as caught:
            import_text(node, ten(), purpose=ListPurpose.KNOWN_HARMLESS)

        assert caught.value.exit_code == 3
        assert state_of(node) == before

    def test_threshold_and_subject_change_where_the_operator_says_so(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        text = csv_of([f"e1,pdq,{'5a' * 32},exercise-A"])
        import_text(node, text, threshold_bits=31)
        near = "pdq:a5" + "5a" * 31
        assert find(node, near)

        report = import_text(node, text, threshold_bits=7, subject=Subject.ADULT)

        assert (report.list.threshold_bits, report.list.subject) == (7, Subject.ADULT)
        assert find(node, near) == ()
        assert import_text(node, text).list.threshold_bits == 7

    def test_a_withdrawn_list_comes_back_with_its_entries(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten())
        withdraw_list(node, "exercise", None)
        assert find(node, f"md5:{md5(1)}") == ()

        report = import_text(node, ten())

        assert counts(report) == {"returned": 10}
        assert report.list.standing is Standing.PUBLISHED
        assert find(node, f"md5:{md5(1)}")

    def test_a_withdrawn_list_does_not_come_back_as_something_else(
        self, node: OpenNode, import_text: Import
    ) -> None:
        import_text(node, ten())
        withdraw_list(node, "exercise", None)

        with pytest.raises(ListMismatchError):
            import_text(node, ten(), purpose=ListPurpose.KNOWN_HARMLESS)


class TestTwoSources:
    def test_what_one_source_no_longer_claims_stays_while_the_other_does(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        import_text(node, ten(*range(1, 11)), source="one")
        import_text(node, ten(*range(1, 11)), source="other")

        first = import_text(node, ten(*range(2, 11)), source="one")
        assert (first.withdrawn, len(find(node, f"md5:{md5(1)}"))) == (0, 1)

        second = import_text(node, ten(*range(2, 11)), source="other")
        assert (second.withdrawn, len(find(node, f"md5:{md5(1)}"))) == (1, 0)


class TestShrink:
    def test_more_than_a_fifth_is_not_withdrawn_unasked(
        self,
        node: OpenNode,
        import_text: Import,
        state_of: State,
        find: Find,
    ) -> None:
        import_text(node, ten())
        before = state_of(node)

        with pytest.raises(ListShrinkError, match=r"3 of 10 .* 20 %") as caught:
            import_text(node, ten(*range(1, 8)))

        assert caught.value.exit_code == 3
        assert "--allow-shrink" in caught.value.hint
        assert state_of(node) == before
        assert find(node, f"md5:{md5(9)}")

    def test_exactly_a_fifth_is_withdrawn(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, ten())

        assert import_text(node, ten(*range(1, 9))).withdrawn == 2

    def test_new_entries_do_not_hide_how_many_go(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, ten())

        with pytest.raises(ListShrinkError):
            import_text(node, ten(*range(100, 200)))

    def test_the_operator_may_allow_it(self, node: OpenNode, import_text: Import) -> None:
        import_text(node, ten())

        assert import_text(node, ten(1), allow_shrink=True).withdrawn == 9

    @pytest.mark.parametrize(("percent", "is_allowed"), [(0, False), (9, False), (10, True)])
    def test_the_limit_is_a_setting(
        self,
        node: OpenNode,
        import_text: Import,
        percent: int,
        *,
        is_allowed: bool,
    ) -> None:
        strict = replace(node, settings=Settings(largest_shrink_percent=percent))
        import_text(strict, ten())

        if is_allowed:
            assert import_text(strict, ten(*range(1, 10))).withdrawn == 1
        else:
            with pytest.raises(ListShrinkError):
                import_text(strict, ten(*range(1, 10)))


class TestBadRecords:
    def test_a_bad_record_is_told_by_its_number_and_the_rest_is_taken(
        self, node: OpenNode, import_text: Import
    ) -> None:
        rows = [
            f"e1,md5,{md5(1)},exercise-A",
            "e2,md5,not-hexadecimal,exercise-A",
            f"e3,md5,{md5(3)},exercise-A",
            "e4,md5,abcd,exercise-A",
        ]

        report = import_text(node, csv_of(rows))

        assert counts(report) == {"added": 2, "refused": 2}
        assert [bad.number for bad in report.bad_records] == [2, 4]
        assert all("not-hexadecimal" not in bad.message for bad in report.bad_records)

    def test_where_no_record_can_be_read_nothing_is_changed(
        self, node: OpenNode, import_text: Import, state_of: State
    ) -> None:
        before = state_of(node)

        with pytest.raises(NothingImportedError, match="2 records") as caught:
            import_text(node, csv_of(["e1,md5,x,a", "e2,md5,y,a"]))

        assert caught.value.exit_code == 3
        assert state_of(node) == before

    def test_a_thousand_are_named_and_all_are_counted(
        self, node: OpenNode, import_text: Import
    ) -> None:
        rows = [f"e{number},md5,x,a" for number in range(1200)]

        report = import_text(node, csv_of([*rows, f"e,md5,{md5(1)},a"]))

        assert (report.added, report.refused, len(report.bad_records)) == (1, 1200, 1000)

    def test_of_two_records_with_one_identifier_the_first_one_holds(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        rows = [f"e1,md5,{md5(1)},a", f"e9,md5,{md5(9)},a", f"e1,md5,{md5(2)},b"]

        report = import_text(node, csv_of(rows))

        assert report.added + report.duplicates == 3
        assert find(node, f"md5:{md5(1)}")

    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff\xfe\x00garbage", b"id,type,value\n\x00\x00", b"PK\x03\x04zip", b"{"],
        ids=["empty", "no-text", "nul", "zip", "torn-json"],
    )
    @pytest.mark.parametrize("format_name", ["auto", "csv", "vics"])
    def test_what_is_no_list_changes_nothing(
        self,
        node: OpenNode,
        import_text: Import,
        state_of: State,
        content: bytes,
        format_name: str,
    ) -> None:
        import_text(node, ten())
        before = state_of(node)

        with pytest.raises((RefusedError, UsageError)):
            import_text(node, content, format=format_name)

        assert state_of(node) == before

    def test_text_with_a_lone_surrogate_neither_stops_the_import_nor_the_matches(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        text = (
            '{"@odata.context":"x","value":[{"MediaID":1,"Category":1,"MD5":"%s",'
            '"Comments":"exercise \\ud800"},{"MediaID":2,"Category":1,"MD5":"%s"}]}'
        )

        report = import_text(node, text % (md5(1), md5(2)), format="vics")

        assert report.added + report.refused == 2
        assert find(node, f"md5:{md5(2)}")


class TestAllOrNothing:
    def test_an_error_in_the_middle_leaves_nothing_of_the_import(
        self, node: OpenNode, import_text: Import, state_of: State
    ) -> None:
        import_text(node, ten(*range(5)))
        before = state_of(node)

        def fail(_read: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            import_text(
                node,
                ten(*range(7000)),
                progress=fail,
            )

        assert state_of(node) == before

    @pytest.mark.parametrize("which", ["columns", "labels"])
    @pytest.mark.parametrize("content", [None, b"\xff", b"x" * 2_000_000, b"= ="])
    def test_a_map_that_cannot_be_used_changes_nothing(
        self,
        node: OpenNode,
        import_text: Import,
        tmp_path: Path,
        which: str,
        content: bytes | None,
    ) -> None:
        path = tmp_path / "map.toml"
        if content is not None:
            path.write_bytes(content)

        with pytest.raises(RempartError) as caught:
            import_text(node, ten(), **{which: path})

        assert caught.value.exit_code in {2, 3}
        assert node.store.lists(include_withdrawn=True) == ()

    def test_a_map_that_is_too_long_is_not_read_in_part(
        self, node: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        path = tmp_path / "labels.toml"
        path.write_text(
            'scheme = "exercise"\n[map]\n"exercise-A" = "class-1"\n' + "# filler\n" * 200_000,
            encoding="utf-8",
        )

        with pytest.raises(SourceUnreadableError, match="more than"):
            import_text(node, ten(), labels=path)

    def test_a_column_map_says_what_is_wrong_with_it(
        self, node: OpenNode, import_text: Import, tmp_path: Path
    ) -> None:
        path = tmp_path / "columns.toml"
        path.write_text("unknown = 1\n", encoding="utf-8")

        with pytest.raises(ColumnMapError, match="unknown"):
            import_text(node, ten(), columns=path)


class TestQuality:
    def test_an_entry_of_low_quality_is_kept_and_not_matched(
        self, node: OpenNode, import_text: Import, find: Find
    ) -> None:
        text = (
            "id,type,value,category,quality\n"
            f"low,pdq,{'ab' * 32},exercise-A,49\n"
            f"good,pdq,{'cd' * 32},exercise-A,50\n"
            f"unsaid,pdq,{'ef' * 32},exercise-A,\n"
        )

        assert import_text(node, text).added == 3

        assert find(node, "pdq:" + "ab" * 32) == ()
        assert len(find(node, "pdq:" + "cd" * 32)) == 1
        assert len(find(node, "pdq:" + "ef" * 32)) == 1

    def test_an_entry_of_a_kind_that_is_opaque_here_is_kept_and_not_matched(
        self, node: OpenNode, import_text: Import
    ) -> None:
        text = csv_of([f"e1,md5,{md5(1)},a", "e2,tmk,opaque-text,a"])

        assert import_text(node, text).added == 2
        [found] = node.store.lists()
        by_kind = {kind for kind, _ in node.store.list_counts(found.id).by_kind}
        assert by_kind == {"md5", "tmk"}
