"""Scan a tree of very many small files, and watch the memory of all processes while it goes on.

Of a thousand files 899 are texts, 80 JPEG and 16 PNG pictures, 4 zip archives with three members each, and one is a
short clip: benign, drawn, and few different ones, for what is measured is the way of a file through the scan.
"""

import argparse
import io
import json
import statistics
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from importing import make_node
from PIL import Image
from processes import process_tree, pss_bytes

_IN_A_FOLDER: Final = 250
_VARIANTS: Final = 8
_MEMBERS: Final = 3
_SAMPLE_SECONDS: Final = 0.25
_KINDS: Final = {"clip": 1, "zip": 4, "png": 16, "jpg": 80}
"""How many of a thousand files are of a kind; the others are texts."""


@dataclass(slots=True)
class Figures:
    """What a scan of a tree came to.

    Attributes:
        files: in the tree.
        records: lines of the output.
        different: different names among them, members of archives included.
        outcomes: how many records have which outcome.
        samples: of each moment looked at: bytes written to the output, and bytes of memory of all processes.
    """

    files: int
    records: int = 0
    different: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    wall_seconds: float = 0.0
    samples: list[tuple[int, int]] = field(default_factory=list)

    def memory(self, first: float, last: float) -> float:
        """Return the median of the memory while the output grew from one share of its size to another."""
        size = max(written for written, _ in self.samples)
        part = [pss for written, pss in self.samples if first * size <= written <= last * size]
        return statistics.median(part)


def write_tree(folder: Path, files: int) -> None:
    """Write the files, a few hundred to a folder."""
    made = {kind: [_MAKERS[kind](number) for number in range(_VARIANTS)] for kind in _KINDS}
    kinds = [kind for kind, count in _KINDS.items() for _ in range(count)]
    order = np.random.default_rng(20261122).permutation(1000)
    for number in range(files):
        place = folder / f"{number // _IN_A_FOLDER // 20:03}" / f"{number // _IN_A_FOLDER:05}"
        if number % _IN_A_FOLDER == 0:
            place.mkdir(parents=True)
        drawn = int(order[number % 1000])
        if drawn < len(kinds):
            name, data = kinds[drawn], made[kinds[drawn]][number // 1000 % _VARIANTS]
        else:
            name, data = "txt", b"exercise %d " % number * (1 + drawn % 40)
        (place / f"{number:07}.{name}").write_bytes(data)


def _picture(number: int, form: str) -> bytes:
    grid = np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(grid).resize((128, 96), Image.Resampling.BICUBIC).save(written, form)
    return written.getvalue()


def _archive(number: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in range(_MEMBERS - 1):
            archive.writestr(f"{member}.txt", f"exercise {number} {member}" * 20)
        archive.writestr("picture.jpg", _picture(100 + number, "JPEG"))
    return written.getvalue()


def _clip(number: int) -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for moment in range(20):
            generator = np.random.default_rng([number, moment // 10])
            drawn = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            pixels = np.asarray(drawn.resize((64, 64), Image.Resampling.NEAREST))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return written.getvalue()


_MAKERS: Final[dict[str, Callable[[int], bytes]]] = {
    "clip": _clip,
    "zip": _archive,
    "png": lambda number: _picture(number, "PNG"),
    "jpg": lambda number: _picture(number, "JPEG"),
}


def scan(rempart: Path, node: Path, tree: Path, output: Path, files: int) -> Figures:
    """Scan a tree, and look at the memory of all processes several times a second."""
    figures = Figures(files)
    begun = time.perf_counter()
    command = [str(rempart), "--node", str(node), "scan", "--output", str(output), str(tree)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            memory = sum(pss_bytes(pid) for pid in process_tree(running.pid))
            figures.samples.append((output.stat().st_size if output.exists() else 0, memory))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, said = running.communicate()
    figures.wall_seconds = time.perf_counter() - begun
    is_over.set()
    watcher.join()
    if running.returncode != 0:
        raise SystemExit(said.decode())
    return figures


def count_records(figures: Figures, output: Path) -> None:
    """Count what stands in the output."""
    names = set()
    with output.open("rb") as lines:
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            names.add(record["path"])
            figures.records += 1
            figures.outcomes[record["outcome"]] = figures.outcomes.get(record["outcome"], 0) + 1
    figures.different = len(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--node", type=Path, help="node to scan against; an empty one if absent")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        place = Path(folder)
        write_tree(place / "tree", options.files)
        node = options.node or place / "node"
        if options.node is None:
            make_node(options.rempart, node)
        figures = scan(options.rempart, node, place / "tree", place / "out", options.files)
        count_records(figures, place / "out")
    print("| what | figure |\n|---|--:|")
    print(f"| files | {figures.files:,} |")
    print(f"| records, with the members of archives | {figures.records:,} |")
    print(f"| files/s, both cores | {figures.files / figures.wall_seconds:,.0f} |")
    for first, last in ((0.05, 0.25), (0.4, 0.6), (0.75, 0.95)):
        memory = figures.memory(first, last) / 1e6
        print(f"| memory (PSS), {first:.0%} to {last:.0%} of the way | {memory:,.0f} MB |")
    print(f"| memory at most | {max(pss for _, pss in figures.samples) / 1e6:,.0f} MB |")
    if options.json:
        options.json.write_text(json.dumps(asdict(figures)), encoding="utf-8")


if __name__ == "__main__":
    main()
