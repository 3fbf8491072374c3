"""The machine's clock jumps by hours and years while files are scanned, and between runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.hardening.running import path_of, picture, records_of

from rempart.model.scan import ScanRecord
from rempart.node import (
    NodeFolder,
    OpenNode,
    ScanRequest,
    begin_run,
    examine,
    open_node,
    resume_run,
    run_scan,
)
from rempart.node import scan as scan_module
from rempart.node.identity import SystemIdentifiers
from rempart.store import ScanState

YEARS = timedelta(days=900)


class JumpingClock:
    """Jumps at each look, back and forth."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.jumps: Iterator[timedelta] = iter(())

    def now(self) -> datetime:
        self.at += next(self.jumps, timedelta(milliseconds=1))
        return self.at


class Sink:
    """Counts."""

    taken = 0

    def take(self, record: ScanRecord, decisions: Sequence[Mapping[str, Any]] | None) -> None:
        assert decisions is None
        self.taken += bool(record.file.path)

    def deliver(self) -> None:
        pass


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def opened(node: Path, clock: JumpingClock) -> Iterator[OpenNode]:
    with open_node(NodeFolder(node)) as found:
        yield replace(found, clock=clock, identifiers=SystemIdentifiers(clock))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    for number in range(60):
        data = picture(1 + number % 4) if number % 3 == 0 else b"%d" % number
        (folder / f"{number:02}").write_bytes(data)
    return folder


def stopped_run(node: OpenNode, tree: Path, output: Path) -> str:
    """Begin a scan, and stop it after some files."""
    sink = Sink()
    with begin_run(node, ScanRequest(paths=(bytes(tree),), output=output, workers=1), None) as run:
        run_scan(node, run, sink=sink, should_stop=lambda: sink.taken >= 20)
        return str(run.scan_id)


def test_a_clock_that_jumps_during_a_scan_loses_no_file_and_no_order(
    opened: OpenNode,
    clock: JumpingClock,
    tree: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan_module, "_BATCH_FILES", 6)
    monkeypatch.setattr(scan_module, "_MATCH_BATCH", 3)
    hours = timedelta(hours=31)
    clock.jumps = iter([hours, -2 * hours, YEARS, -YEARS, -hours, 2 * hours] * 50)

    run = stopped_run(opened, tree, tmp_path / "out")
    with resume_run(opened, run, None) as again:
        report = run_scan(opened, again, sink=Sink())

    assert not report.was_stopped
    assert report.seconds < 300  # measured by another clock
    records = records_of((tmp_path / "out").read_bytes())
    assert [path_of(each) for each in records] == sorted(bytes(each) for each in tree.iterdir())
    identifiers = [match["id"] for each in records for match in each["matches"]]
    assert len(identifiers) == 10
    assert identifiers == sorted(set(identifiers))
    [stored] = opened.store.scans()
    assert stored.state is ScanState.FINISHED
    bad = [each for each in examine(opened.folder.path, deep=True) if each.standing == "bad"]
    assert [each.check for each in bad] == ["clock"]  # it says that events lie ahead of the clock


@pytest.mark.parametrize("jump", [YEARS, -YEARS])
def test_a_run_begun_under_a_wrong_clock_does_not_make_the_node_forget_the_others(
    opened: OpenNode, clock: JumpingClock, tree: Path, tmp_path: Path, jump: timedelta
) -> None:
    stopped = stopped_run(opened, tree, tmp_path / "out")

    clock.at += jump
    stopped_run(opened, tree, tmp_path / "second")
    clock.at -= jump

    with resume_run(opened, stopped, None) as again:
        run_scan(opened, again, sink=Sink())
    assert len(records_of((tmp_path / "out").read_bytes())) == 60


def test_a_run_whose_time_is_over_is_forgotten_when_the_node_was_at_work_since(
    opened: OpenNode, clock: JumpingClock, tree: Path
) -> None:
    first = begun_run(opened, tree)

    for _ in range(opened.settings.retention_days // 25 + 2):
        clock.at += timedelta(days=25)
        begun_run(opened, tree)

    assert first not in {str(each.id) for each in opened.store.scans()}


def begun_run(node: OpenNode, tree: Path) -> str:
    """Begin a run, and leave it there."""
    with begin_run(node, ScanRequest(paths=(bytes(tree),)), None) as run:
        return str(run.scan_id)
