"""Race PDQ from files on disk: Rempart against pdqhash + Pillow, threatexchange and perception.

A peer that is missing is reported as not installed. CPU time of the whole process per picture, contenders
interleaved, best of N rounds; peak memory per picture in a process of its own. Pictures: benign ones of
scikit-image, enlarged, with noise like that of a sensor, seed fixed.
"""

import argparse
import gc
import importlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import skimage
from PIL import Image

from rempart.fingerprint import chosen_kernel, pdq
from rempart.media import Picture, open_picture, sniff

SIZES = {1: (1152, 864), 4: (2304, 1728), 12: (4000, 3000)}
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": ("JPEG", {"quality": 90, "subsampling": "4:2:0"}),
    "JPEG progressive": ("JPEG", {"quality": 90, "subsampling": "4:2:0", "progressive": True}),
    "PNG": ("PNG", {"compress_level": 6}),
    "WebP": ("WEBP", {"quality": 90, "method": 2}),
}
HEIC = {"HEIC": ("HEIF", {"quality": 80})}
"""Only where the peers have a reader of it, which also writes the pictures: with another decoder than ours."""
HEIC_READER = "pillow-heif"
DECODERS_APART_BITS = 4
SOURCES = ("astronaut.png", "coffee.png", "motorcycle_left.png")
NOISE = 5.0
PACKAGES = (
    "rempart",
    "numpy",
    "pillow",
    HEIC_READER,
    "simplejpeg",
    "pdqhash",
    "threatexchange",
    "Perception",
)
NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class Route:
    """One way from a file to a hash; `package` is the distribution that it needs."""

    name: str
    package: str
    run: Callable[[Path], object]
    is_jpeg_only: bool = False
    reads_heic: bool = True

    def opens(self, kind: str) -> bool:
        """Tell whether it opens pictures of this format."""
        if kind in HEIC:
            return self.reads_heic and not self.is_jpeg_only
        return kind.startswith("JPEG") or not self.is_jpeg_only


def _open(path: Path) -> Picture:
    data = path.read_bytes()
    return open_picture(data, media_type=sniff(data) or "", max_pixels=10**8)


def _rempart_screen(path: Path) -> object:
    reduced = _open(path).reduced_grey()
    if reduced is None:
        raise ValueError(path)
    size = {"full_height": reduced.full_height, "full_width": reduced.full_width}
    return pdq.screen(reduced.plane, **size, scale=reduced.scale).screen


def _rempart_exact(path: Path) -> object:
    return pdq.exact(_open(path).pixels().array)


def _rempart_both(path: Path) -> object:
    return pdq.full(_open(path).pixels().array).exact


def _pdqhash(path: Path) -> object:
    pdqhash = importlib.import_module("pdqhash")
    with Image.open(path) as image:
        bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return pdq.PDQHash(np.packbits(bits).tobytes(), quality, "exact")


def _threatexchange(path: Path) -> object:
    hasher = importlib.import_module("threatexchange.signal_type.pdq.pdq_hasher")
    text, quality = hasher.pdq_from_file(path)
    return pdq.PDQHash(bytes.fromhex(text), quality, "exact")


def _perception(path: Path) -> object:
    return importlib.import_module("perception.hashers").PDQHash().compute(str(path))


def _decode_rgb(path: Path) -> object:
    with Image.open(path) as image:
        return image.convert("RGB").size


ROUTES = (
    Route("rempart screen", "rempart", _rempart_screen, is_jpeg_only=True),
    Route("rempart exact", "rempart", _rempart_exact),
    Route("rempart exact + cpp512", "rempart", _rempart_both),
    Route("pdqhash + Pillow", "pdqhash", _pdqhash),
    Route("threatexchange", "threatexchange", _threatexchange),
    Route("perception", "Perception", _perception, reads_heic=False),
    Route("limit: Pillow RGB decode", "rempart", _decode_rgb),
    Route(
        "limit: simplejpeg reduced grey",
        "rempart",
        lambda path: _open(path).reduced_grey(),
        is_jpeg_only=True,
    ),
)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


def open_heic() -> bool:
    """Let Pillow, and with it the peers, open HEIC; return whether their reader of it is there."""
    if _version(HEIC_READER) == NOT_INSTALLED:
        return False
    importlib.import_module("pillow_heif").register_heif_opener()
    return True


def make_pictures(folder: Path, megapixels: int, kind: str) -> list[Path]:
    """Write the pictures of one size and format; the seed depends on nothing else."""
    data = Path(skimage.__file__).parent / "data"
    encoder, options = {**FORMATS, **HEIC}[kind]
    paths = []
    for number, name in enumerate(SOURCES):
        with Image.open(data / name) as image:
            large = image.convert("RGB").resize(SIZES[megapixels], Image.Resampling.BICUBIC)
        generator = np.random.default_rng([megapixels, number])
        noise = generator.normal(0.0, NOISE, np.asarray(large).shape).astype(np.float32)
        noisy = np.clip(np.asarray(large) + noise, 0, 255).astype(np.uint8)
        paths.append(folder / f"{megapixels}-{kind.replace(' ', '-')}-{number}")
        Image.fromarray(noisy).save(paths[-1], encoder, **options)
    return paths


def race(paths: list[Path], routes: list[Route], rounds: int) -> dict[str, float]:
    """Return CPU milliseconds per picture for each route: the best round, contenders taking turns."""
    best = dict.fromkeys((route.name for route in routes), float("inf"))
    for _ in range(rounds):
        for route in routes:
            started = time.process_time()
            for path in paths:
                route.run(path)
            spent = (time.process_time() - started) * 1000 / len(paths)
            best[route.name] = min(best[route.name], spent)
    return best


def check(paths: list[Path], routes: list[Route], *, bits: int) -> None:
    """Stop when the exact routes disagree by more than so many bits; a race between different results says nothing."""
    exact = [each.run for each in routes if each.run in {_rempart_exact, _pdqhash}]
    for path in paths:
        found = [int.from_bytes(cast("pdq.PDQHash", run(path)).value) for run in exact]
        if any((each ^ found[0]).bit_count() > bits for each in found):
            sys.exit("the exact hashes of one picture differ")


def _status(field: str) -> int:
    return int(Path("/proc/self/status").read_text("ascii").partition(f"{field}:")[2].split()[0])


def print_added_memory(route_name: str, small: str, large: str) -> None:
    """Print by how many MiB hashing the large picture raises the peak of this process."""
    run = next(route.run for route in ROUTES if route.name == route_name)
    open_heic()
    run(Path(small))
    gc.collect()
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # resets the peak, see proc(5)
    run(Path(large))
    print((_status("VmHWM") - before) / 1024)


def added_memory(route: Route, small: Path, large: Path) -> float:
    """Return what `print_added_memory` prints in a process of its own."""
    place = [route.name, str(small), str(large)]
    return float(subprocess.check_output([sys.executable, __file__, "--memory", *place]))


def machine() -> dict[str, str]:
    """Name the processor, the system and the versions that raced."""
    described = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2]
    return {
        "processor": described.partition("\n")[0] or platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "kernel": chosen_kernel(),
        **{package: _version(package) for package in PACKAGES},
    }


def measure(rounds: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each format and size."""
    installed = [route for route in ROUTES if _version(route.package) != NOT_INSTALLED]
    kinds = [*FORMATS, *(HEIC if open_heic() else ())]
    for kind in kinds:
        routes = [each for each in installed if each.opens(kind)]
        with tempfile.TemporaryDirectory() as folder:
            sets = {size: make_pictures(Path(folder), size, kind) for size in SIZES}
            for size, paths in sets.items():
                check(paths, routes, bits=DECODERS_APART_BITS if kind in HEIC else 0)
                watched = routes if size == max(SIZES) else []  # the largest tells about memory
                yield {
                    "format": kind,
                    "megapixels": size,
                    "file_bytes": sum(path.stat().st_size for path in paths) // len(paths),
                    "cpu_ms": race(paths, routes, rounds),
                    "added_mib": {r.name: added_memory(r, sets[1][0], paths[0]) for r in watched},
                }


def row(figures: dict[str, Any]) -> str:
    """Return one line of the table: CPU ms, the ratio to pdqhash + Pillow, added MiB."""
    spent, added = figures["cpu_ms"], figures["added_mib"]
    peer = spent.get("pdqhash + Pillow")
    cells = []
    for route in ROUTES:
        if route.name not in spent:
            cells.append(NOT_INSTALLED if route.opens(figures["format"]) else "-")
            continue
        cells.append(
            f"{spent[route.name]:.1f}" + (f" ({peer / spent[route.name]:.1f}x)" if peer else "")
        )
        cells[-1] += f", +{added[route.name]:.0f} MiB" if added else ""
    size = f"{figures['megapixels']} MP, {figures['file_bytes'] / 1e6:.2f} MB"
    return f"| {' | '.join((figures['format'], size, *cells))} |"


def main() -> None:
    """Print the table; with --json write the raw figures as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write raw figures and versions here")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        print_added_memory(*arguments.memory)
        return
    print(
        "CPU ms per picture (ratio to pdqhash + Pillow), at 12 MP also the added peak of memory.\n"
    )
    print(f"| format | picture | {' | '.join(route.name for route in ROUTES)} |\n|---|---", end="")
    print("|---" * len(ROUTES) + "|")
    results = []
    for figures in measure(arguments.rounds):
        results.append(figures)
        print(row(figures), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "results": results}), "utf-8")


if __name__ == "__main__":
    main()
