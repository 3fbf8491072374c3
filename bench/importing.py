"""Import a million entries from CSV and from VICS: entries a second and memory, first and again.

Runs the command `rempart` of the environment named by --rempart; the node it fills can be kept for the scan's race.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from processes import Cost, run_measured

SEED = 20261122
OWNER = "Exercise Bench"


def write_csv(path: Path, entries: int) -> None:
    """Write random PDQ values as our own CSV."""
    values = np.random.default_rng(SEED).integers(0, 256, (entries, 32), dtype=np.uint8)
    with path.open("w", encoding="ascii") as sink:
        sink.write("id,type,value,category,source,list_version,first_seen,comment\n")
        for number, value in enumerate(values):
            sink.write(f"bench-{number},pdq,{value.tobytes().hex()},exercise-A,exercise,1,,\n")


def write_vics(path: Path, entries: int) -> None:
    """Write random MD5, SHA-1 and sizes as a VICS 2.0 hash set."""
    values = np.random.default_rng(SEED + 1).integers(0, 256, (entries, 36), dtype=np.uint8)
    with path.open("w", encoding="ascii") as sink:
        context = (
            "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
        )
        sink.write('{"@odata.context":"' + context + '","value":[')
        for number, value in enumerate(values):
            digits = value.tobytes().hex().upper()
            record = {
                "MediaID": number + 1,
                "Category": number % 6,
                "MD5": digits[:32],
                "SHA1": digits[32:],
                "MediaSize": 1000 + number,
                "Tags": ["exercise"],
                "DateUpdated": "2026-01-15T08:00:00Z",
            }
            sink.write(("," if number else "") + json.dumps(record, separators=(",", ":")))
        sink.write("]}")


def import_once(rempart: Path, node: Path, name: str, file: Path) -> Cost:
    """Import a file and return what it cost."""
    arguments = [
        "--node",
        str(node),
        "lists",
        "import",
        "--list",
        name,
        "--owner",
        OWNER,
        str(file),
    ]
    cost = run_measured([rempart, *arguments])
    if cost.exit_code != 0:
        raise SystemExit(cost.error)
    return cost


def make_node(rempart: Path, node: Path) -> None:
    """Make an exercise node."""
    shutil.rmtree(node, ignore_errors=True)
    identity = ["--organisation", "Exercise Bench", "--kind", "platform", "--jurisdiction", "FR"]
    cost = run_measured([rempart, "--node", str(node), "init", *identity, "--exercise"])
    if cost.exit_code != 0:
        raise SystemExit(cost.error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--keep-node", type=Path, help="leave the node with the CSV list here")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        place = Path(folder)
        for name, write in (("csv", write_csv), ("vics", write_vics)):
            file = place / f"list.{name}"
            write(file, options.entries)
            node = options.keep_node if name == "csv" and options.keep_node else place / name
            make_node(options.rempart, node)
            for turn in ("first", "again"):
                cost = import_once(options.rempart, node, name, file)
                figures[f"{name}, {turn}"] = {
                    "entries_per_cpu_second": options.entries / cost.cpu_seconds,
                    "entries_per_second": options.entries / cost.wall_seconds,
                    "pss_mb": cost.pss_bytes / 1e6,
                }
    print(
        f"| {options.entries:,} entries | entries/s of CPU | entries/s of wall | peak memory (PSS) |"
    )
    print("|---|---|---|---|")
    for name, row in figures.items():
        cells = f"{row['entries_per_cpu_second']:,.0f} | {row['entries_per_second']:,.0f}"
        print(f"| {name} | {cells} | {row['pss_mb']:,.0f} MB |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
