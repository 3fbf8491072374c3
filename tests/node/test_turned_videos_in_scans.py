"""Copies of a listed video that were mirrored or turned are found by a scan, which says how they were turned."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image
from tests.clips import RATE, drawing

from rempart.model.fingerprint import VPDQ
from rempart.model.scan import ScanRecord
from rempart.node import (
    OpenNode,
    ResultsRequest,
    ScanReport,
    ScanRequest,
    begin_run,
    export_results,
    find_language,
    hash_files,
    report_file,
    results_of_file,
)
from rempart.node.scan import run_scan
from rempart.node.scan_counts import Tally

Pixels = NDArray[np.uint8]
SECONDS = 5
TURNS: dict[str, Callable[[Pixels], Pixels]] = {
    "original": lambda pixels: pixels,
    "rotate-90": lambda pixels: np.rot90(pixels, -1),
    "rotate-180": lambda pixels: np.rot90(pixels, 2),
    "rotate-270": np.rot90,
    "flip-x": lambda pixels: pixels[::-1],
    "flip-y": lambda pixels: pixels[:, ::-1],
}


def shown(turn: str, first_second: float = 0) -> list[Pixels]:
    """Return the frames of a clip, turned."""
    moments = [first_second + number / RATE for number in range(SECONDS * RATE)]
    return [np.ascontiguousarray(TURNS[turn](drawing(moment))) for moment in moments]


def encoded(frames: Sequence[Pixels]) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 2 * RATE
        for number, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


def animated(frames: Iterable[Pixels]) -> bytes:
    first, *others = [Image.fromarray(pixels) for pixels in frames]
    file = io.BytesIO()
    first.save(file, "PNG", save_all=True, append_images=others, duration=1000)
    return file.getvalue()


class Sink:
    """Keeps the records."""

    def __init__(self) -> None:
        self.records: dict[str, ScanRecord] = {}

    def take(self, record: ScanRecord, decisions: Sequence[object] | None) -> None:
        del decisions
        self.records[Path(record.file.path.decode()).name] = record

    def deliver(self) -> None:
        """Nothing to do."""


def scan(node: OpenNode, tree: Path, depth: str, output: Path) -> tuple[Sink, ScanReport]:
    sink = Sink()
    request = ScanRequest(paths=(bytes(tree),), output=output, workers=1, depth=depth)
    with begin_run(node, request, None) as run:
        return sink, run_scan(node, run, sink=sink)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a clip in six orientations, one of them inside a zip too, and clips that are none of it."""
    folder = tmp_path_factory.mktemp("clips")
    for turn in TURNS:
        (folder / f"{turn}.mp4").write_bytes(encoded(shown(turn)))
    mixed = [*shown("flip-y")[: 2 * RATE], *shown("original", 20)[: 3 * RATE]]
    (folder / "mixed.mp4").write_bytes(encoded([*mixed, *shown("rotate-180")[-2 * RATE :]]))
    (folder / "other.mp4").write_bytes(encoded(shown("flip-x", 40)))
    (folder / "animated.png").write_bytes(animated(shown("flip-y")[::RATE]))
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.write(folder / "flip-y.mp4", "inside.mp4")
    return folder


@pytest.fixture
def filled(node: OpenNode, import_text: Callable[..., Any], tree: Path) -> OpenNode:
    """Make a node that knows the clip upright, as a partner lists it."""
    [known] = hash_files([bytes(tree / "original.mp4")])
    [value] = [each.text for each in known.fingerprints if each.kind == VPDQ]
    rows = io.StringIO()
    csv.writer(rows).writerows([("id", "type", "value", "category"), ("e1", VPDQ, value, "e-A")])
    import_text(node, rows.getvalue())
    return node


@pytest.mark.parametrize("depth", ["screen", "exact"])
def test_turned_copies_are_found_and_say_how(
    filled: OpenNode, tree: Path, tmp_path: Path, depth: str
) -> None:
    sink, report = scan(filled, tree, depth, tmp_path / "out")

    transforms = {
        name: [(match.kind, match.transform) for match in record.matches]
        for name, record in sink.records.items()
    }
    assert transforms == {
        **{f"{turn}.mp4": [(VPDQ, turn)] for turn in TURNS},
        "animated.png": [(VPDQ, "flip-y")],
        "inside.mp4": [(VPDQ, "flip-y")],
        "mixed.mp4": [],
        "other.mp4": [],
        "packed.zip": [],
    }
    was_screened = {
        name: record.file.video.is_screened
        for name, record in sink.records.items()
        if record.file.video is not None
    }
    assert was_screened.pop("other.mp4") == (depth == "screen")
    assert not any(was_screened.values())
    assert report.counts.matched == 8
    [hashed] = hash_files([bytes(tree / "flip-y.mp4")])
    assert sink.records["flip-y.mp4"].file.fingerprints == hashed.fingerprints  # as it is shown


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "mirrored left to right"), ("fr", "en miroir de gauche à droite")],
    ids=["en", "fr"],
)
def test_report_and_table_say_how_a_video_was_turned_beside_records_of_older_versions(
    filled: OpenNode, tree: Path, tmp_path: Path, language: str, said: str
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "flip-y.mp4").write_bytes((tree / "flip-y.mp4").read_bytes())
    sink, _ = scan(filled, tmp_path / "clips", "screen", tmp_path / "out")
    tally = Tally()
    tally.add(sink.records["flip-y.mp4"])
    with (tmp_path / "out").open("r+") as output:
        line = output.read()
        output.write(line.replace("flip-y.mp4", "older.mp4").replace("flip-y", "original"))

    report_file(tmp_path / "out", tmp_path / "report.html", find_language(language, {}))
    export_results(
        results_of_file(tmp_path / "out"), ResultsRequest(format="csv"), tmp_path / "table"
    )

    assert said in (tmp_path / "report.html").read_text()
    rows = csv.DictReader(io.StringIO((tmp_path / "table").read_text(encoding="utf-8-sig")))
    assert [(row["kind"], row["transform"]) for row in rows] == [
        (VPDQ, "flip-y"),
        (VPDQ, "original"),
    ]
    [reason] = tally.by_reason
    assert reason == ("exercise", "vpdq within 31 bits, by frames of a video, turned or mirrored")
