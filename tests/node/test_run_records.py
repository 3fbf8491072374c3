"""Records of a scan are read back as they were written, up to the checkpoint, and hostile lines are told by number."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs
from tests.node.test_scan_progress import EMPTY, match, record

from rempart.model.labels import Label
from rempart.model.records import scan_record, to_line
from rempart.model.scan import FileFingerprints, Membership, Outcome, ScanRecord
from rempart.model.urls import HostPart, PathPart, UrlEvidence
from rempart.model.video import VideoEvidence, VideoSummary
from rempart.node import run_records
from rempart.node.errors import (
    RecordsRefusedError,
    RunUnknownError,
    RunWithoutOutputError,
    SourceUnreadableError,
)
from rempart.node.node import OpenNode
from rempart.node.record_lines import (
    EvidenceLine,
    LabelLine,
    MatchLine,
    ProblemLine,
    ScanLine,
    UrlLine,
    VideoLine,
)
from rempart.node.run_records import BadLine, RunRecords, find_records, is_run_identifier
from rempart.node.scan import run_scan
from rempart.node.scan_run import ScanRequest, begin_run

GOOD = to_line(scan_record(record()))


class Silent:
    def take(self, *_: object) -> None:
        pass

    def deliver(self) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scanned"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"exercise {number}")
    return folder


def scanned(node: OpenNode, folder: Path, output: Path | None, *, stop_after: int = 100) -> str:
    asked: list[bool] = []

    def should_stop() -> bool:
        asked.append(True)
        return len(asked) > stop_after

    request = ScanRequest((bytes(folder),), output=output, workers=1)
    with begin_run(node, request, None) as run:
        run_scan(node, run, sink=Silent(), should_stop=should_stop)
        return str(run.scan_id)


def read(path: Path, *lines: bytes) -> list[ScanLine | BadLine]:
    path.write_bytes(b"".join(lines))
    return list(RunRecords(path).read())


def changed(**values: Any) -> bytes:
    return to_line({**scan_record(record(match())), **values})


class TestRuns:
    def test_a_finished_run_gives_every_record_and_the_hash_of_its_file(
        self, node: OpenNode, folder: Path, tmp_path: Path
    ) -> None:
        records = find_records(node, scanned(node, folder, tmp_path / "out"))

        paths = [each.path_bytes for each in records.read() if isinstance(each, ScanLine)]

        assert paths == [bytes(folder / f"{number}.txt") for number in range(3)]
        assert records.sha256 == hashlib.sha256((tmp_path / "out").read_bytes()).hexdigest()

    def test_what_lies_behind_the_checkpoint_is_not_read(
        self, node: OpenNode, folder: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "out"
        run = scanned(node, folder, output)
        written = output.read_bytes()
        output.write_bytes(written + GOOD + b'{"schema":"rem')

        records = find_records(node, run)

        assert len(list(records.read())) == 3
        assert records.read_bytes == len(written)

    def test_a_run_without_a_checkpoint_has_no_records_yet(
        self, node: OpenNode, folder: Path, tmp_path: Path
    ) -> None:
        with begin_run(node, ScanRequest((bytes(folder),), output=tmp_path / "out"), None) as run:
            run.write(GOOD)

            assert list(find_records(node, str(run.scan_id)).read()) == []

    def test_an_output_that_was_cut_is_refused(
        self, node: OpenNode, folder: Path, tmp_path: Path
    ) -> None:
        output = tmp_path / "out"
        run = scanned(node, folder, output)
        output.write_bytes(output.read_bytes()[:-1])

        with pytest.raises(RecordsRefusedError):
            list(find_records(node, run).read())

    def test_a_run_that_kept_no_records_says_what_to_do(self, node: OpenNode, folder: Path) -> None:
        with pytest.raises(RunWithoutOutputError, match="--output"):
            find_records(node, scanned(node, folder, None))

    @pytest.mark.parametrize("text", ["01a2035c-0000-7000-8000-000000000009", "absent", ""])
    def test_an_unknown_run_is_refused(self, node: OpenNode, text: str) -> None:
        with pytest.raises(RunUnknownError):
            find_records(node, text)

    def test_an_output_that_is_gone_is_told(
        self, node: OpenNode, folder: Path, tmp_path: Path
    ) -> None:
        run = scanned(node, folder, tmp_path / "out")
        (tmp_path / "out").unlink()

        with pytest.raises(SourceUnreadableError):
            list(find_records(node, run).read())


def test_only_the_form_of_an_identifier_names_a_run() -> None:
    assert is_run_identifier(str(uuid4()))
    assert is_run_identifier(str(uuid4()).upper())
    assert not any(map(is_run_identifier, ["out.jsonl", "", uuid4().hex, f"{{{uuid4()}}}"]))


def full() -> ScanRecord:
    """Return a record with every field that there is."""
    found = replace(
        match(suppressed_by="harmless"),
        labels=(Label("exercise", "1", None, "exercise-A"),),
        video=VideoEvidence(66.667, 100.0, 3, 2, 1_500, None),
        url=UrlEvidence(HostPart.EXACT, PathPart.ROOT, "http://exercise.example/", times=2),
    )
    file = FileFingerprints(
        path=b"a\xff.zip!/b.mp4",
        size=10,
        media_type="video/mp4",
        outcome=Outcome.PARTIAL,
        problem=EMPTY,
        fingerprints=(),
        membership=Membership(b"a\xff.zip", b"b.mp4", 7),
        video=VideoSummary(2_000, 64, 48, is_screened=True, frames=2),
    )
    return ScanRecord(file, (found,), ())


class TestFullRecord:
    def test_everything_that_is_written_is_read(self, tmp_path: Path) -> None:
        [line] = read(tmp_path / "one", to_line(scan_record(full())))

        assert isinstance(line, ScanLine)
        assert line.path_bytes == full().file.path
        assert line.container_bytes == b"a\xff.zip"
        assert (line.member_bytes, line.member_number) == (b"b.mp4", 7)
        assert line.video is not None
        assert line.video.screened
        assert line.matches[0].suppressed_by == "harmless"
        assert line.matches[0].labels[0].value == "exercise-A"
        assert line.matches[0].video is not None
        assert line.matches[0].video.query_percent == 66.667
        assert line.matches[0].video.seconds == 1.5
        assert line.error is not None
        assert line.error.kind == "empty"
        assert line.matches[0].url is not None
        assert line.matches[0].url.times == 2

    def test_the_reader_knows_every_field_that_is_written(self) -> None:
        fields: Any = scan_record(full())
        [written] = fields["matches"]

        known: dict[type[Struct], set[str]] = {
            ScanLine: {name for name in fields if name != "schema"},
            MatchLine: set(written),
            EvidenceLine: set(written["video"]),
            UrlLine: set(written["url"]),
            VideoLine: set(fields["video"]),
            ProblemLine: set(fields["error"]),
            LabelLine: set(written["labels"][0]),
        }
        for line, names in known.items():
            assert names <= {each.encode_name for each in structs.fields(line)}, line

    def test_a_lone_surrogate_in_a_partners_text_is_read(self, tmp_path: Path) -> None:
        [line] = read(tmp_path / "one", changed(media_type="\udc80"))

        assert isinstance(line, ScanLine)
        assert line.media_type == "\udc80"

    def test_unknown_fields_are_passed_over(self, tmp_path: Path) -> None:
        [line] = read(tmp_path / "one", changed(added_later={"deep": [[[1]]]}))

        assert isinstance(line, ScanLine)


class TestBadLines:
    @pytest.mark.parametrize(
        "line",
        [
            changed(schema="rempart.scan/2"),
            changed(schema=None),
            changed(outcome="fine"),
            changed(size=-1),
            changed(size=2**70),
            changed(size=True),
            changed(path=7),
            changed(path_b64="!"),
            changed(matches={}),
            changed(matches=[{}]),
            changed(media_type="x" * 2_000),
            b"[]\n",
            b"null\n",
            b"\xff\xfe\n",
            b'{"schema":"rempart.scan/1"}\n',
            GOOD.replace(b'"size":10', b'"size":NaN'),
            GOOD[:-1] + GOOD,
            b'{"schema":"rempart.scan/1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        ],
        ids=range(18),
    )
    def test_a_hostile_line_is_told_by_its_number_and_the_rest_is_read(
        self, tmp_path: Path, line: bytes
    ) -> None:
        first, bad, last = read(tmp_path / "records", GOOD, b"\n", line, GOOD)

        assert isinstance(first, ScanLine)
        assert isinstance(last, ScanLine)
        assert isinstance(bad, BadLine)
        assert bad.number == 3
        assert bad.message.isprintable()

    def test_a_torn_last_line_is_told(self, tmp_path: Path) -> None:
        _, bad = read(tmp_path / "records", GOOD, GOOD[:40])

        assert bad == BadLine(2, "it is torn: the file ends in its middle")

    def test_a_last_line_without_its_end_is_a_record(self, tmp_path: Path) -> None:
        assert [each for each in read(tmp_path / "one", GOOD[:-1]) if isinstance(each, ScanLine)]

    def test_a_line_without_end_is_passed_over_in_parts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run_records, "LONGEST_LINE_BYTES", len(GOOD))

        first, bad, last = read(tmp_path / "records", GOOD, b"x" * 10_000 + b"\n", GOOD)

        assert isinstance(first, ScanLine)
        assert isinstance(bad, BadLine)
        assert bad.number == 2
        assert isinstance(last, ScanLine)

    def test_a_file_of_something_else_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RecordsRefusedError, match=r"Line 1: "):
            read(tmp_path / "other", b"\x89PNG\r\n", b"\x00\n")

    def test_an_empty_file_has_no_records(self, tmp_path: Path) -> None:
        assert read(tmp_path / "empty") == []

    def test_a_file_that_is_none_is_told(self, tmp_path: Path) -> None:
        for path in (tmp_path / "absent", tmp_path):
            with pytest.raises(SourceUnreadableError):
                list(RunRecords(path).read())


@settings(max_examples=30)
@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
def test_no_bytes_make_the_reader_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, start: int, end: int
) -> None:
    path = tmp_path_factory.mktemp("records") / "one"
    lines = read(path, GOOD, GOOD[:start] + junk + GOOD[end:])

    assert isinstance(lines[0], ScanLine)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
@settings(max_examples=30)
def test_no_value_of_a_field_makes_the_reader_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    record_of_one = json.loads(changed())
    path = tmp_path_factory.mktemp("records") / "one"
    for name in record_of_one:
        lines = read(path, GOOD, json.dumps({**record_of_one, name: value}).encode())
        assert 1 <= len(lines) <= 2
    assert UUID(record_of_one["matches"][0]["id"]).int == 1
