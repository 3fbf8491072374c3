"""Run every race in one go and write docs/benchmarks.md: figures come from here and nowhere else.

Each race is a script of its own and prints Markdown tables; this one adds the machine and the versions.
"""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
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
    *_OF_SERVICE,
)

_LAW = "Law"
_SERVICE = "Service"
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


def measure_alone(title: str, script: str, *arguments: str, packages: tuple[str, ...]) -> None:
    """Write one section anew, with the day on which it was measured, and the aims; the rest stays."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    alone = f"{race(title, script, *arguments)}\nMeasured by itself on {today}, with {versions}.\n"
    aims = _AIMS.read_text(encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8").partition(aims.lstrip().partition("\n")[0])[0]
    head, *sections = [f"\n## {each}" for each in page.rstrip().split("\n## ")]
    kept = [each for each in sections if each.strip().partition("\n")[0] != f"## {title}"]
    place = next(
        (at for at, each in enumerate(sections) if each.startswith(f"\n## {title}\n")), len(kept)
    )
    kept.insert(place, alone)
    body = "".join(f"{each.rstrip()}\n" for each in kept)
    PAGE.write_text(f"{head.removeprefix(_BREAK).rstrip()}\n{body}{aims}", encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)


def main() -> None:
    """Run the races."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10 million entries as well")
    parser.add_argument("--law", action="store_true", help="measure law alone; the rest stays")
    parser.add_argument("--service", action="store_true", help="measure the service alone")
    options = parser.parse_args()
    full = ["--full"] if options.full else []
    if options.law:
        measure_alone(_LAW, "law.py", packages=("tomli",))
    elif options.service:
        measure_alone(_SERVICE, "service.py", *full, packages=_OF_SERVICE)
    else:
        measure_everything(full)


def measure_everything(full: list[str]) -> None:
    """Run every race and write the page anew."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    page = _HEAD.format(
        suffix="-full" if full else "",
        date=today,
        processor=processor(),
        cores=os.cpu_count(),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        versions=", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES),
    )
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        node = str(Path(place, "node"))
        page += race("Exact search", "search.py", *full)
        page += race("Hashing", "hashing.py")
        page += race("Import", "importing.py", "--keep-node", node)
        page += race("Scan", "scanning.py", "--node", node)
        page += race(_LAW, "law.py")
        page += race(_SERVICE, "service.py", "--node", node, *full)
    page += _AIMS.read_text(encoding="utf-8")
    PAGE.write_text(page, encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
