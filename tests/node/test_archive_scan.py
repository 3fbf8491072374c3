"""A scan finds what lies in archives, and goes on in the middle of one with every record exactly once."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import clips

from rempart.model.scan import ScanRecord
from rempart.node import OpenNode, ScanCounts, ScanReport, ScanRequest, begin_run, hash_files
from rempart.node import resume_run as take_up
from rempart.node.scan import run_scan
from rempart.node.scan_run import ScanRun

Records = list[dict[str, Any]]


def picture(number: int) -> bytes:
    grid = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(grid).resize((640, 600), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a folder with a known picture and a known video in archives."""
    folder = tmp_path / "tree"
    folder.mkdir()
    inner = zipped({"known.jpg": picture(1), "n.txt": b"text"})
    (folder / "a.zip").write_bytes(
        zipped({"p.jpg": picture(2), "inner.zip": inner, "q.jpg": picture(3)})
    )
    (folder / "b.tar.gz").write_bytes(
        tarred({"v.mp4": clips.clip("h264 in mp4"), "r.jpg": picture(4), "known.jpg": picture(1)})
    )
    (folder / "c.jpg").write_bytes(picture(5))
    return folder


@pytest.fixture
def filled(node: OpenNode, import_text: Callable[..., Any], tmp_path: Path) -> OpenNode:
    """Make a node that knows one picture."""
    (tmp_path / "known.jpg").write_bytes(picture(1))
    [known] = hash_files([bytes(tmp_path / "known.jpg")])
    import_text(node, f"id,type,value,category\ne1,pdq,{known.fingerprints[0].text},exercise-A\n")
    return node


class Sink:
    """Takes records and forgets them: the output file has them."""

    def take(self, record: ScanRecord, decisions: Sequence[object] | None) -> None:
        """Nothing to do."""

    def deliver(self) -> None:
        """Nothing to do."""


class PowerCutError(Exception):
    """The machine is gone."""


def scan(node: OpenNode, run: ScanRun) -> ScanReport:
    with run:
        return run_scan(node, run, sink=Sink())


def read(output: Path) -> Records:
    records = [json.loads(line) for line in output.read_bytes().splitlines()]
    for record in records:
        for match in record["matches"]:
            del match["id"]
    return records


def request(tree: Path, output: Path, **more: Any) -> ScanRequest:
    return ScanRequest(paths=(bytes(tree),), output=output, workers=1, **more)


def test_a_known_picture_is_found_in_archives_and_the_summary_counts_what_lay_in_them(
    filled: OpenNode, tree: Path, tmp_path: Path
) -> None:
    report = scan(filled, begin_run(filled, request(tree, tmp_path / "out"), None))

    records = read(tmp_path / "out")
    names = [record["path"].removeprefix(f"{tree}/") for record in records]
    assert [name for name, each in zip(names, records, strict=True) if each["matches"]] == [
        "a.zip!/inner.zip!/known.jpg",
        "b.tar.gz!/known.jpg",
    ]
    found = records[names.index("a.zip!/inner.zip!/known.jpg")]
    assert found["container"] == f"{tree}/a.zip!/inner.zip"
    assert (found["member"], found["member_number"]) == ("known.jpg", 1)
    assert [each.get("dialect") for each in found["fingerprints"]][:2] == ["exact", "cpp512"]
    video = records[names.index("b.tar.gz!/v.mp4")]
    assert video["video"]["screened"] is True
    assert [each["kind"] for each in video["fingerprints"]] == ["sha256", "md5", "sha1"]
    counts = report.counts
    assert (counts.files, counts.members, counts.matched) == (11, 8, 2)
    assert (counts.videos, counts.videos_screened) == (0, 1)
    assert counts.media_types["image/jpeg"] == 6
    assert counts.size_bytes == sum(path.stat().st_size for path in tree.iterdir())


def test_a_scan_that_is_killed_inside_archives_goes_on_there(
    filled: OpenNode, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.scan._BATCH_FILES", 2)
    monkeypatch.setattr("rempart.node.scan._BATCH_SECONDS", 3600.0)  # however busy it is here
    monkeypatch.setattr("rempart.node.scan._MATCH_BATCH", 1)
    scan(filled, begin_run(filled, request(tree, tmp_path / "whole"), None))
    write, confirm = ScanRun.write, ScanRun.checkpoint
    left = 0

    def dying(real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise PowerCutError
            real(*arguments)

        return call

    monkeypatch.setattr(ScanRun, "write", dying(write))
    monkeypatch.setattr(ScanRun, "checkpoint", dying(confirm))
    run = begin_run(filled, request(tree, tmp_path / "out"), None)
    inside = []
    for steps in (3, 4, 4, 10**9):  # before writing, and between writing and confirming
        left = steps
        try:
            scan(filled, run)
            break
        except PowerCutError:
            run = take_up(filled, str(run.scan_id), None)
            inside.append(run.inside.place if run.inside is not None else None)

    assert inside == [(2, 1), (2,), None]
    assert read(tmp_path / "out") == read(tmp_path / "whole")
    assert run.counts == ScanCounts(**filled.store.scan(run.scan_id).counts)  # type: ignore[arg-type]  # JSON
    assert (run.counts.files, run.counts.members) == (11, 8)


def test_archives_stay_closed_where_that_was_asked_also_when_the_run_is_resumed(
    filled: OpenNode, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.scan._BATCH_FILES", 1)
    monkeypatch.setattr("rempart.node.scan._MATCH_BATCH", 1)
    run = begin_run(filled, request(tree, tmp_path / "out", opens_archives=False), None)
    stops = iter([False, False])
    with run:
        run_scan(filled, run, sink=Sink(), should_stop=lambda: next(stops, True))

    report = scan(filled, take_up(filled, str(run.scan_id), None))

    outcomes = {Path(each["path"]).name: each["outcome"] for each in read(tmp_path / "out")}
    assert outcomes == {"a.zip": "partial", "b.tar.gz": "partial", "c.jpg": "ok"}
    assert report.counts.members == 0
