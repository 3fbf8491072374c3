"""Whoever gets a list or the results of a scan is on record, or gets nothing."""

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.node.test_scan_progress import match, record

from rempart.lists import ListUsageError
from rempart.model.records import scan_record, to_line
from rempart.node import (
    NodeFolder,
    OpenNode,
    ResultsRequest,
    export_list,
    export_results,
    find_language,
    open_node,
    report_file,
    report_run,
    results_of_file,
    results_of_run,
    write_whole,
)
from rempart.node.errors import OutputFailedError
from rempart.node.scan_run import ScanRequest, begin_run
from rempart.store import StoreLockedError

CSV = f"id,type,value,category\ne1,md5,{'2c' * 16},exercise-A\ne2,pdq,{'5a' * 32},exercise-A\n"
TEXTS = find_language("en", {})


@pytest.fixture
def held(node: OpenNode) -> Iterator[OpenNode]:
    """Return the node once more, in a moment in which somebody else writes and does not end."""
    with (
        open_node(NodeFolder(node.folder.path), busy_timeout_seconds=0.01) as other,
        node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer,
    ):
        writer.record("exercise.done", {})
        yield other


@pytest.fixture
def run_id(node: OpenNode, tmp_path: Path) -> str:
    """Remember a run that kept three records, of which one matched."""
    (tmp_path / "folder").mkdir()
    request = ScanRequest((bytes(tmp_path / "folder"),), output=tmp_path / "found.jsonl")
    with begin_run(node, request, None) as run:
        for each in (record(), record(match()), record()):
            run.counts.add(each)
            run.write(to_line(scan_record(each)))
        run.checkpoint((0, ()), None, [])
        run.finish(was_stopped=False)
        return str(run.scan_id)


def told(node: OpenNode, kind: str) -> list[Mapping[str, Any]]:
    return [each.details for each in node.store.events(limit=1_000) if each.kind == kind]


class TestALists:
    @pytest.mark.parametrize(("format_name", "written"), [("csv", 2), ("kdb", 1)])
    def test_export_is_on_record_before_its_first_byte(
        self,
        node: OpenNode,
        import_text: Callable[..., Any],
        format_name: str,
        written: int,
    ) -> None:
        found = import_text(node, CSV).list

        class Sink(io.BytesIO):
            def write(self, data: Any) -> int:
                assert len(told(node, "list.exported")) == 1
                return super().write(data)

        done = export_list(node, found.name, None, Sink(), format_name=format_name)

        assert (done.written, done.left_out) == (written, 2 - written)
        assert told(node, "list.exported") == [
            {"list": str(found.id), "generation": 1, "format": format_name, "entries": 2}
        ]

    def test_withdrawn_entries_are_not_counted(
        self, node: OpenNode, import_text: Callable[..., Any]
    ) -> None:
        import_text(node, CSV)
        found = import_text(node, CSV.replace("e2,", "e3,"), allow_shrink=True).list
        export_list(node, found.name, None, io.BytesIO(), format_name="csv")

        assert [each["entries"] for each in told(node, "list.exported")] == [2]

    def test_nothing_is_handed_out_where_no_event_can_be_written(
        self, node: OpenNode, import_text: Callable[..., Any], request: pytest.FixtureRequest
    ) -> None:
        name = import_text(node, CSV).list.name
        held: OpenNode = request.getfixturevalue("held")
        sink = io.BytesIO()

        with pytest.raises(StoreLockedError):
            export_list(held, name, None, sink, format_name="csv")

        assert sink.getvalue() == b""

    def test_a_file_does_not_appear_where_no_event_can_be_written(
        self,
        node: OpenNode,
        import_text: Callable[..., Any],
        request: pytest.FixtureRequest,
        tmp_path: Path,
    ) -> None:
        name = import_text(node, CSV).list.name
        held: OpenNode = request.getfixturevalue("held")

        with pytest.raises(StoreLockedError), write_whole(tmp_path / "out.csv") as sink:
            export_list(held, name, None, sink, format_name="csv")

        assert not list(tmp_path.glob("*out.csv*"))


class TestResultsOfARun:
    @pytest.mark.parametrize("format_name", ["vics", "csv", "kdb"])
    def test_export_is_on_record_with_what_was_written(
        self, node: OpenNode, run_id: str, tmp_path: Path, format_name: str
    ) -> None:
        for only, objects in (("matched", 1), ("all", 3)):
            request = ResultsRequest(format=format_name, only_matched=only == "matched")

            done = export_results(results_of_run(node, run_id), request, tmp_path / only)

            assert done.written == (objects if format_name == "csv" else 0)  # they have no MD5
            assert told(node, "results.exported")[-1] == {
                "scan": run_id,
                "format": format_name,
                "only": only,
                "objects": done.written,
            }

    def test_what_fails_before_it_is_whole_is_neither_there_nor_on_record(
        self, node: OpenNode, run_id: str, tmp_path: Path
    ) -> None:
        bad = ResultsRequest(format="vics", region="\ud800", only_matched=False)
        with pytest.raises(ListUsageError):
            export_results(results_of_run(node, run_id), bad, tmp_path / "out")
        with pytest.raises(OutputFailedError):
            export_results(
                results_of_run(node, run_id), ResultsRequest(format="csv"), tmp_path / "no" / "out"
            )

        assert told(node, "results.exported") == []
        assert not list(tmp_path.glob("*out*"))

    def test_nothing_appears_where_no_event_can_be_written(
        self, run_id: str, held: OpenNode, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreLockedError):
            export_results(
                results_of_run(held, run_id), ResultsRequest(format="csv"), tmp_path / "out"
            )
        with pytest.raises(StoreLockedError):
            report_run(held, run_id, tmp_path / "out.html", TEXTS)

        assert not list(tmp_path.glob("*out*"))

    def test_report_is_on_record_with_the_number_of_its_objects(
        self, node: OpenNode, run_id: str, tmp_path: Path
    ) -> None:
        report_run(node, run_id, tmp_path / "out.html", TEXTS)

        assert told(node, "results.reported") == [{"scan": run_id, "objects": 3}]

    def test_a_file_of_records_needs_no_node_and_leaves_no_event(
        self, node: OpenNode, run_id: str, tmp_path: Path
    ) -> None:
        source = tmp_path / "found.jsonl"
        before = node.store.events(limit=1_000)

        export_results(results_of_file(source), ResultsRequest(format="csv"), tmp_path / "out")
        report_file(source, tmp_path / "out.html", TEXTS)

        assert run_id
        assert node.store.events(limit=1_000) == before
