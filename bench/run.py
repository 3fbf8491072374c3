"""Run every race in one go, or some, and write docs/benchmarks.md: figures come from here and nowhere else.

Each race is a script of its own and prints Markdown tables; this one adds the machine and the versions.
"""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
_OF_SERVICE = (
    "litestar",
    "uvicorn",
    "uvloop",
    "httptools",
    "msgspec",
    "flask",
    "gunicorn",
)
PACKAGES = (
    "rempart",
    "numpy",
    "pillow",
    "simplejpeg",
    "sqlalchemy",
    "tomli",
    "faiss-cpu",
    "threatexchange",
    "pdqhash",
    "perception",
    "av",
    "deflate",
    "zstandard",
    *_OF_SERVICE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the page.

    Attributes:
        title: of the section.
        script: that prints it.
        packages: whose versions stand below it, where it is measured by itself.
        wants_node: whether it is given the node that holds the list of the part before.
        has_full: whether it knows `--full`.
    """

    title: str
    script: str
    packages: tuple[str, ...] = ()
    wants_node: bool = False
    has_full: bool = False


PARTS = {
    "start": Part("Start", "starting.py"),
    "search": Part("Exact search", "search.py", ("faiss-cpu", "threatexchange"), has_full=True),
    "hashing": Part(
        "Hashing",
        "hashing.py",
        ("pillow", "pillow-heif", "simplejpeg", "pdqhash", "threatexchange", "perception"),
    ),
    "video": Part("Video", "video.py", ("av", "pdqhash")),
    "video-matching": Part("Matching of videos", "video_matching.py", ("threatexchange",)),
    "archives": Part("Archives", "archives.py", ("deflate", "zstandard")),
    "import": Part("Import", "importing.py", ("sqlalchemy",)),
    "scan": Part("Scan", "scanning.py", ("pillow", "threatexchange"), wants_node=True),
    "trees": Part("Trees of small files", "trees.py", wants_node=True),
    "law": Part("Law", "law.py", ("tomli",)),
    "service": Part("Service", "service.py", _OF_SERVICE, wants_node=True, has_full=True),
}
"""Every part, in the order of the page."""
_BREAK = "\n## "
_AIMS = ROOT / "bench" / "aims.txt"
_HEAD = """# Benchmarks

Written by `make bench{suffix}` on {date}; every table comes from one run on one machine. Times are CPU time of one
core. Peers run in the same process or right beside, in turns, and the best round counts; so read the ratios,
not the milliseconds: a shared machine varies. What the aims are and why some are missed stands at the end.

| machine | |
|---|---|
| processor | {processor}, {cores} cores |
| system | {system} |
| Python | {python} |
| versions | {versions} |
"""


def processor() -> str:
    """Return the processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def race(title: str, script: str, *arguments: str) -> str:
    """Run one script and return its section of the page."""
    print(f"{title} …", file=sys.stderr)
    command = [sys.executable, str(ROOT / "bench" / script), *arguments]
    finished = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    print(finished.stdout)
    return f"\n## {title}\n\n{finished.stdout.strip()}\n"


def replaced(page: str, section: str, title: str) -> str:
    """Return the page with one section put in its place, between those that stand before and behind it."""
    aims = _AIMS.read_text(encoding="utf-8")
    text = page.partition(aims.lstrip().partition("\n")[0])[0]
    head, *sections = [f"{_BREAK}{each}" for each in text.rstrip().split(_BREAK)]
    by_title = {each.strip().partition("\n")[0].removeprefix("## "): each for each in sections}
    by_title[title] = section
    order = [part.title for part in PARTS.values()]
    body = "".join(f"{by_title[each].rstrip()}\n" for each in order if each in by_title)
    return f"{head.removeprefix(_BREAK).rstrip()}\n{body}{aims}"


def measure(names: Sequence[str], *, is_full: bool) -> None:
    """Run parts in the order of the page, and write each into it at once: what was measured outlives a break."""
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        node = Path(place, "node")
        for name, part in PARTS.items():
            if name not in names:
                continue
            arguments = ["--full"] if part.has_full and is_full else []
            if name == "import":
                arguments += ["--keep-node", str(node)]
            if part.wants_node:
                if not node.exists():
                    race("(a node for what follows)", "importing.py", "--keep-node", str(node))
                arguments += ["--node", str(node)]
            section = race(part.title, part.script, *arguments)
            if len(names) < len(PARTS):
                section += f"\nMeasured by itself on {_today()}{_versions_of(part)}.\n"
            page = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(replaced(page, section, part.title), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def _versions_of(part: Part) -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in part.packages)
    return f", with {versions}" if versions else ""


def write_head(*, is_full: bool) -> None:
    """Begin the page anew."""
    head = _HEAD.format(
        suffix="-full" if is_full else "",
        date=_today(),
        processor=processor(),
        cores=os.cpu_count(),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        versions=", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES),
    )
    PAGE.write_text(head + _AIMS.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> None:
    """Run the races."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; else all")
    parser.add_argument("--full", action="store_true", help="10 million entries as well")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if not options.parts:
        write_head(is_full=options.full)
    measure(options.parts or list(PARTS), is_full=options.full)


if __name__ == "__main__":
    main()
