"""Scan the same pictures unpacked and inside archives: what the archives cost.

First the layer that reads members, beside reading the same bytes from files: zipfile and tarfile run beside it. Then
`rempart scan`, the whole command, of a folder with the pictures and of folders with one archive of them. CPU time,
contenders in turns, the best of N rounds. JPEG hardly packs, so the zip stores it and the others pack what there is.
"""

import argparse
import json
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard
from pictures import write_jpegs
from processes import run_measured

from rempart.media import HEAD_BYTES, ArchiveLimits, open_container, sniff

MIX = {1: 160, 4: 40}
"""Megapixels and how many pictures of that size."""

STEP_BYTES = 1 << 18


def pack(pictures: Path, place: Path) -> dict[str, Path]:
    """Write every kind of archive into a folder of its own; return the folders, the pictures' own among them."""
    folders = {"unpacked": pictures}
    for name in ("zip, stored", "zip, deflated", "tar", "tar.gz", "tar.zst"):
        folders[name] = place / name.replace(", ", "-")
        folders[name].mkdir()
        file = folders[name] / "archive"
        if name.startswith("zip"):
            method = zipfile.ZIP_STORED if name.endswith("stored") else zipfile.ZIP_DEFLATED
            with zipfile.ZipFile(file, "w", method) as archive:
                for path in sorted(pictures.iterdir()):
                    archive.write(path, path.name)
        elif name == "tar.zst":
            with zstandard.open(file, "wb") as packed:
                tar_of(pictures, packed)
        else:
            with tarfile.open(file, "w:gz" if name == "tar.gz" else "w") as archive:
                add_all(archive, pictures)
    return folders


def tar_of(pictures: Path, target: zstandard.ZstdCompressionWriter) -> None:
    with tarfile.open(fileobj=target, mode="w|") as archive:
        add_all(archive, pictures)


def add_all(archive: tarfile.TarFile, pictures: Path) -> None:
    for path in sorted(pictures.iterdir()):
        archive.add(path, path.name)


def read_files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        with path.open("rb", buffering=0) as file:
            while piece := file.read(STEP_BYTES):
                yield piece


def read_members(folder: Path) -> Iterator[bytes]:
    """Read as a scan does: every member forward, in pieces."""
    with (folder / "archive").open("rb", buffering=0) as file:
        media_type = sniff(file.read(HEAD_BYTES)) or ""
        with open_container(file, media_type=media_type, limits=ArchiveLimits()) as container:
            for member in container.members():
                opened = member.open()
                while piece := opened.read(STEP_BYTES):
                    yield piece


def read_with_library(folder: Path) -> Iterator[bytes]:
    """Read by Python's own modules, which believe the headers."""
    path = folder / "archive"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as opened:
                    while piece := opened.read(STEP_BYTES):
                        yield piece
        return
    packed = zstandard.open(path, "rb") if folder.name == "tar.zst" else None
    with tarfile.open(None if packed else path, "r|*" if packed is None else "r|", packed) as tar:
        for member in tar:
            extracted = tar.extractfile(member)
            while extracted is not None and (piece := extracted.read(STEP_BYTES)):
                yield piece


def cpu_seconds(read: Callable[[Path], Iterator[bytes]], folder: Path, expected: int) -> float:
    """Return the CPU time of reading everything, and make sure that it was everything."""
    begun = time.process_time()
    found = sum(len(piece) for piece in read(folder))
    spent = time.process_time() - begun
    if found != expected:
        msg = f"{folder.name}: {found} bytes instead of {expected}"
        raise RuntimeError(msg)
    return spent


def race_reading(folders: dict[str, Path], rounds: int) -> dict[str, float]:
    """Return the CPU seconds of each way to read everything."""
    expected = sum(path.stat().st_size for path in folders["unpacked"].iterdir())
    ways: dict[str, tuple[Callable[[Path], Iterator[bytes]], Path]] = {
        "unpacked": (read_files, folders["unpacked"])
    }
    for name, folder in folders.items():
        if name != "unpacked":
            ways[name] = (read_members, folder)
            ways[f"{name}, Python's own module"] = (read_with_library, folder)
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, (read, folder) in ways.items():
            best[name] = min(best[name], cpu_seconds(read, folder, expected))
    return best


def race_scans(
    folders: dict[str, Path], empty: Path, rempart: Path, node: Path, rounds: int
) -> tuple[dict[str, float], int]:
    """Return the CPU seconds of each scan without the start of the processes, and the largest memory."""
    scan: list[str | Path] = [rempart, "--node", node, "scan", "--json"]
    start = float("inf")
    best = dict.fromkeys(folders, float("inf"))
    memory = 0
    for _ in range(rounds):
        start = min(start, run_measured([*scan, empty]).cpu_seconds)
        for name, folder in folders.items():
            cost = run_measured([*scan, folder])
            if cost.exit_code not in (0, 1):
                raise RuntimeError(cost.error)
            best[name] = min(best[name], cost.cpu_seconds)
            memory = max(memory, cost.pss_bytes)
    # The best of the differences would be the round in which the start happened to be slow.
    return {name: seconds - start for name, seconds in best.items()}, memory


def count_of_digests(folder: Path, rempart: Path, node: Path) -> set[str]:
    """Return the digests of all pictures that a scan lists, to show that the same were looked at."""
    command: list[str | Path] = [rempart, "--node", node, "scan", "--json", folder]
    lines = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
    found = set()
    for line in lines:
        record = json.loads(line)
        if record.get("media_type") == "image/jpeg":
            found |= {each["value"] for each in record["fingerprints"] if each["kind"] == "sha256"}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument(
        "--node", type=Path, help="node whose lists are used; a fresh one if absent"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--divide", type=int, default=1, help="so many times fewer pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        pictures, empty = Path(place, "pictures"), Path(place, "empty")
        empty.mkdir()
        mix = {size: max(count // options.divide, 1) for size, count in MIX.items()}
        write_jpegs(pictures, mix)
        folders = pack(pictures, Path(place))
        reading = race_reading(folders, options.rounds)
        total = sum(path.stat().st_size for path in pictures.iterdir())
        print(
            f"| reading {sum(mix.values())} pictures, {total / 1e6:,.0f} MB | MB/s | CPU against files |"
        )
        print("|---|---|---|")
        for name, seconds in reading.items():
            print(
                f"| {name} | {total / 1e6 / seconds:,.0f} | {seconds / reading['unpacked']:.2f}x |"
            )
        node = options.node
        if node is None:
            node = Path(place, "node")
            start: list[str | Path] = [options.rempart, "init", "--node", node]
            start += ["--organisation", "Bench", "--kind", "platform", "--jurisdiction", "FR"]
            subprocess.run(start, check=True, capture_output=True)
        same = {
            name: count_of_digests(each, options.rempart, node) for name, each in folders.items()
        }
        if any(each != same["unpacked"] for each in same.values()):
            msg = f"the scans saw different pictures: { {name: len(each) for name, each in same.items()} }"
            raise RuntimeError(msg)
        scans, memory = race_scans(folders, empty, options.rempart, node, options.rounds)
        print("\n| scanning them | CPU ms a picture | against unpacked files |")
        print("|---|---|---|")
        for name, seconds in scans.items():
            each = 1000 * seconds / sum(mix.values())
            print(f"| {name} | {each:.1f} | {seconds / scans['unpacked']:.2f}x |")
        print(f"\nMemory of a scan, all processes together (PSS), at most: {memory / 1e6:,.0f} MB.")


if __name__ == "__main__":
    main()
