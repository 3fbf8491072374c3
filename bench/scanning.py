"""Scan a folder of JPEG pictures against a million entries: the whole command, beside the peers' loop.

The peers' loop is what a user of python-threatexchange writes: hash each file, query a PDQIndex. Building that
index is not counted. Of `rempart scan` everything is counted, and the part that does not depend on the pictures
(starting three processes, mapping the index) is measured by scanning an empty folder and told apart.
"""

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path

from pictures import write_jpegs
from PIL import Image
from processes import run_measured

MIX = {1: 240, 4: 120, 12: 40}
"""Megapixels and how many pictures of that size."""

Image.MAX_IMAGE_PIXELS = None


def peers_seconds(folder: Path, known: list[str]) -> float:
    """Return the CPU seconds that hashing and matching take with python-threatexchange."""
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_file  # noqa: PLC0415 - peers only
    from threatexchange.signal_type.pdq.signal import PdqSignal  # noqa: PLC0415 - peers only

    index = PdqSignal.get_index_cls().build([(value, None) for value in known])
    begun = time.process_time()
    for path in sorted(folder.iterdir()):
        value, quality = pdq_from_file(path)
        if quality >= 50:
            index.query(value)
    return time.process_time() - begun


def decode_seconds(folder: Path) -> dict[str, float]:
    """Return the CPU seconds that decoding alone takes: full RGB, and the reduced grey plane."""
    begun = time.process_time()
    for path in sorted(folder.iterdir()):
        with Image.open(path) as picture:
            picture.convert("RGB").load()
    full = time.process_time() - begun
    begun = time.process_time()
    for path in sorted(folder.iterdir()):
        with Image.open(path) as picture:
            scale = max(s for s in (1, 2, 4, 8) if min(picture.size) // s >= 256)
            picture.draft("L", (picture.width // scale, picture.height // scale))
            picture.load()
    return {"decode, full RGB": full, "decode, reduced grey": time.process_time() - begun}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument("--node", type=Path, required=True, help="node that holds the list")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        folder, empty = Path(place, "pictures"), Path(place, "empty")
        empty.mkdir()
        write_jpegs(folder, MIX)
        exported = Path(place, "known.csv")
        run_measured(
            [
                options.rempart,
                "--node",
                options.node,
                "lists",
                "export",
                "--list",
                "csv",
                "--output",
                exported,
            ]
        )
        with exported.open(encoding="utf-8", newline="") as rows:
            known = [row["value"] for row in csv.DictReader(rows)]
        seconds: dict[str, float] = {"threatexchange": peers_seconds(folder, known)}
        seconds |= decode_seconds(folder)
        memory = 0
        for depth in ("screen", "exact"):
            scan = [options.rempart, "--node", options.node, "scan", "--depth", depth]
            runs = [
                (run_measured([*scan, folder]), run_measured([*scan, empty]))
                for _ in range(options.rounds)
            ]
            seconds[f"rempart, {depth}"] = min(full.cpu_seconds for full, _ in runs)
            seconds[f"rempart, {depth}, without the start"] = min(
                full.cpu_seconds - start.cpu_seconds for full, start in runs
            )
            memory = max(memory, *(full.pss_bytes for full, _ in runs))
    count = sum(MIX.values())
    peer = seconds["threatexchange"]
    print(
        f"| {count} JPEG pictures against {len(known):,} entries | pictures/s per core | against threatexchange |"
    )
    print("|---|---|---|")
    for name, value in seconds.items():
        print(f"| {name} | {count / value:,.1f} | {peer / value:.1f}x |")
    print(f"\nMemory of the scan, all processes together (PSS): {memory / 1e6:,.0f} MB.")
    if options.json:
        options.json.write_text(
            json.dumps({"cpu_seconds": seconds, "pss_mb": memory / 1e6}, indent=1)
        )


if __name__ == "__main__":
    main()
