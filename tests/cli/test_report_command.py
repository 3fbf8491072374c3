"""`rempart report` and `rempart scan --report`: a page of every run that kept records, and of any scan as it runs."""

import hashlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scan_commands import last_run

from rempart.cli.application import run as run_command
from rempart.node.scan_run import ScanRun

Rempart = Callable[..., Any]

ONE_WORKER = ("--workers", "1")  # it costs half as much to start as two


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an exercise node with one list, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    who = ("--organisation", "Exercise & Partners", "--kind", "police", "--jurisdiction", "FR")
    digest = hashlib.sha256(b"exercise 1").hexdigest()
    (folder / "list.csv").write_text(f"id,type,value,category\ne1,sha256,{digest},exercise-A\n")
    which = ("--list", "known", "--owner", "Exercise Hotline", "--format", "csv")
    for call in (
        ("init", *who, "--exercise"),
        ("lists", "import", *which, str(folder / "list.csv")),
    ):
        assert run_command(["--node", str(folder / "node"), *call]) == 0
    return folder / "node"


@pytest.fixture
def small(made: Path, tmp_path: Path) -> Path:
    """Copy that node."""
    return Path(shutil.copytree(made, tmp_path / "node"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a few files: one is known, one is empty and has a name made to break out of a page."""
    folder = tmp_path_factory.mktemp("files")
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"exercise {number}")
    (folder / "<script>alert(1)").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def scanned(made: Path, files: Path) -> Path:
    """Scan these files once and keep the records."""
    output = files.parent / "scanned.jsonl"
    scan = ["scan", *ONE_WORKER, "--output", str(output), str(files)]
    assert run_command(["--node", str(made), *scan]) == 0
    return output


@pytest.fixture
def records(scanned: Path, tmp_path: Path) -> Path:
    """Copy the records."""
    return Path(shutil.copy(scanned, tmp_path / "out.jsonl"))


def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class TestReportOfARun:
    def test_it_says_what_the_run_came_to_and_whose_records_it_rests_on(
        self, rempart: Rempart, made: Path, scanned: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "out.html"

        ran = rempart("--node", made, "report", last_run(made), "--output", report)

        assert ran.code == 0
        assert ran.out == b""
        assert f"Report: {report}" in ran.err
        text = page(report)
        assert "Report of a scan: Exercise &amp; Partners" in text
        assert hashlib.sha256(scanned.read_bytes()).hexdigest() in text
        assert last_run(made) in text
        assert "The scan is finished." in text
        assert "exercise-A" in text
        assert "<script>alert" not in text
        assert "alert(1)" in text
        assert report.stat().st_mode & 0o077 == 0

    def test_a_file_of_records_needs_no_node_and_speaks_french_when_asked(
        self, rempart: Rempart, records: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "out.html"

        ran = rempart("report", records, "--output", report, "--language", "fr")

        assert ran.code == 0
        assert '<html lang="fr">' in page(report)
        assert "Cette page a été faite à partir d&#x27;un fichier" in page(report)

    def test_a_torn_file_is_reported_and_its_lines_are_named(
        self, rempart: Rempart, records: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "out.html"
        records.write_bytes(records.read_bytes()[:-5])

        ran = rempart("report", records, "--output", report)

        assert ran.code == 0
        assert "1 lines of the records could not be read" in ran.err
        assert "it is torn: the file ends in its middle" in page(report)

    def test_no_file_but_an_earlier_report_is_replaced(
        self, rempart: Rempart, records: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "out.html"
        assert rempart("report", records, "--output", report).code == 0
        first = page(report)

        assert rempart("report", records, "--output", report, "--language", "fr").code == 0
        assert page(report) != first
        refused = rempart("report", records, "--output", records)
        assert refused.code == 3
        assert "is no report" in refused.err
        link = tmp_path / "link.html"
        link.symlink_to(report)
        assert rempart("report", records, "--output", link).code == 3

    @pytest.mark.parametrize("place", ["absent/out.html", "out.jsonl/out.html"])
    def test_a_place_that_is_none_is_told(
        self, rempart: Rempart, records: Path, tmp_path: Path, place: str
    ) -> None:
        assert rempart("report", records, "--output", tmp_path / place).code == 3

    def test_something_else_is_no_file_of_records(self, rempart: Rempart, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_bytes(b"\x89PNG\r\n\x1a\n")

        ran = rempart("report", other, "--output", tmp_path / "out.html")

        assert ran.code == 3
        assert "Line 1" in ran.err
        assert not (tmp_path / "out.html").exists()

    def test_a_disk_that_refuses_leaves_nothing_behind(
        self, rempart: Rempart, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "pages"
        folder.mkdir()

        def refuse(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", refuse)
        ran = rempart("report", records, "--output", folder / "out.html")

        assert ran.code == 4
        assert list(folder.iterdir()) == []


class TestReportWhileScanning:
    def test_it_is_written_in_the_end_and_is_all_that_is_left_of_a_run_without_records(
        self, rempart: Rempart, small: Path, files: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "out.html"

        ran = rempart("--node", small, "scan", *ONE_WORKER, "--report", report, files)

        assert ran.code == 0
        text = page(report)
        assert "The scan is finished." in text
        assert "4 objects: 4 files and 0 members" in text
        assert "none were kept" in text
        assert "Exercise: nothing on this page" in text
        later = rempart("--node", small, "report", last_run(small), "--output", report)
        assert later.code == 2
        assert "--output FILE" in later.err
        assert page(report) == text

    @pytest.mark.parametrize("keeps_records", [True, False])
    def test_a_scan_that_is_stopped_says_so_and_resumed_it_is_replaced(
        self,
        rempart: Rempart,
        small: Path,
        files: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        keeps_records: bool,
    ) -> None:
        report = tmp_path / "out.html"
        more = ("--output", tmp_path / "out.jsonl") if keeps_records else ()
        checkpoint = ScanRun.checkpoint

        def stopping(run: ScanRun, *arguments: Any, **named: Any) -> None:
            checkpoint(run, *arguments, **named)
            os.kill(os.getpid(), signal.SIGINT)

        with monkeypatch.context() as patch:
            patch.setattr("rempart.node.scan._BATCH_FILES", 2)
            patch.setattr("rempart.node.scan._MATCH_BATCH", 1)
            patch.setattr(ScanRun, "checkpoint", stopping)
            stopped = rempart(
                "--node", small, "scan", *ONE_WORKER, "--report", report, *more, files
            )
        run = last_run(small)
        assert stopped.code == 130
        assert "was stopped and is not finished" in page(report)
        assert f"rempart scan --resume {run}" in page(report)

        resumed = rempart("--node", small, "scan", "--resume", run, "--report", report)

        assert resumed.code == 0
        text = page(report)
        assert "The scan is finished." in text
        is_whole = "4 objects: 4 files" in text
        assert is_whole is keeps_records
        assert ("objects of its earlier parts are not on this page" in text) is not keeps_records

    def test_a_place_that_is_taken_is_told_before_the_scan(
        self, rempart: Rempart, small: Path, files: Path, tmp_path: Path
    ) -> None:
        taken = tmp_path / "taken.html"
        taken.write_text("something else")

        ran = rempart("--node", small, "scan", "--report", taken, files)

        assert ran.code == 3
        assert taken.read_text() == "something else"
        assert "Run " not in ran.err
