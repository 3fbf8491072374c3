"""A scan that looks for URLs goes on looking for them when it is resumed, and costs a lost worker nothing else."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rempart.model.scan import ScanRecord
from rempart.node import OpenNode, ScanRequest, begin_run
from rempart.node import resume_run as take_up
from rempart.node.scan import run_scan


class Sink:
    """Takes records and forgets them: the output file has them."""

    def take(self, record: ScanRecord, decisions: Sequence[object] | None) -> None:
        """Nothing to do."""

    def deliver(self) -> None:
        """Nothing to do."""


def test_a_resumed_run_looks_for_urls_as_it_began(
    node: OpenNode,
    import_text: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rempart.node.scan._BATCH_FILES", 1)
    monkeypatch.setattr("rempart.node.scan._MATCH_BATCH", 1)
    import_text(node, "id,type,value,category\ne1,url,blocked.example,exercise-A\n")
    folder = tmp_path / "tree"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"http://www.blocked.example/{number}")
    request = ScanRequest(
        paths=(bytes(folder),), output=tmp_path / "out", workers=1, finds_urls=True
    )
    run = begin_run(node, request, None)
    stops = iter([False, False])
    with run:
        run_scan(node, run, sink=Sink(), should_stop=lambda: next(stops, True))
    before = (tmp_path / "out").read_bytes().count(b"\n")

    resumed = take_up(node, str(run.scan_id), None)
    with resumed:
        run_scan(node, resumed, sink=Sink())

    records = [json.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert before < len(records) == 4
    assert [each["matches"][0]["url"]["url"] for each in records] == [
        f"http://www.blocked.example/{number}" for number in range(4)
    ]
    assert [each["matches"][0]["entry"] for each in records] == [
        records[0]["matches"][0]["entry"]
    ] * 4
