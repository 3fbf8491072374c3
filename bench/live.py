"""Measure the live index: ready after a start, memory of two processes, the keeper's peak, freshness.

Run: python bench/live.py [--entries 1000000] [--folder DIR]. The figures are of SQLite; entries are uniform random PDQ
values, each with an MD5.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Final, cast

from importing import import_once, make_node, write_csv
from processes import Cost, run_measured

from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import EntryDraft
from rempart.node import NodeFolder, OpenNode, open_node
from rempart.store import MergeItem

_REMPART: Final = Path(sys.executable).with_name("rempart")
_WRITES: Final = 40

_KEEP = """
import sys
from pathlib import Path
from rempart.node import NodeFolder, open_node
from rempart.node.index_keeper import IndexKeeper
with open_node(NodeFolder(Path(sys.argv[1]))) as node:
    IndexKeeper().tend(node.folder, node.store)
"""

_SERVE = """
import json, sys, time
from pathlib import Path
import numpy as np
from rempart.node import NodeFolder, open_node
from rempart.node.live_index import LiveIndex
with open_node(NodeFolder(Path(sys.argv[1]))) as node:
    def pss():
        with open("/proc/self/smaps_rollup") as file:
            fields = dict(line.split(":") for line in file if ":" in line and "kB" in line)
        return {name: int(fields[name].split()[0]) * 1024 for name in ("Pss", "Pss_Anon")}
    live = LiveIndex(node.folder, node.store)
    begun = time.perf_counter()
    live.start()
    ready = time.perf_counter() - begun
    assert live.ready, live.waits_for
    queries = np.random.default_rng(7).integers(0, 256, (2000, 1, 32), dtype=np.uint8)
    def query():
        begun = time.perf_counter()
        for each in queries[:200]:
            live.current().index.near(each, radius=31)
        return (time.perf_counter() - begun) / 200
    first = query()
    print(json.dumps({"ready": ready, "first_queries": first}), flush=True)
    for line in sys.stdin:
        if line == "memory\\n":
            live.current().index.warm_up()
            print(json.dumps(pss() | {"query": query()}), flush=True)
        elif line == "end\\n":
            break
        else:
            live.wait_until(int(line), timeout_seconds=60)
            print(json.dumps({"matched_at": time.monotonic()}), flush=True)
    live.close()
"""


class _Serving:
    """A process that holds a live index and answers about it."""

    def __init__(self, node: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(node)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started = self._read()

    def ask(self, line: str) -> None:
        stdin = cast("IO[str]", self._process.stdin)
        stdin.write(f"{line}\n")
        stdin.flush()

    def answer(self, line: str) -> dict[str, Any]:  # JSON, as the process made it
        self.ask(line)
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = cast("IO[str]", self._process.stdout).readline()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self.ask("end")
        self._process.wait()


def make_large_node(node: Path, entries: int) -> None:
    """Make a node with one list of so many entries, written past the store: importing is measured elsewhere."""
    make_node(_REMPART, node)
    source = node / "one.csv"
    write_csv(source, 1)
    import_once(_REMPART, node, "live", source)
    source.unlink()
    with sqlite3.connect(node / "store.sqlite") as store:
        _multiply(store, entries)
    store.close()


def _multiply(store: sqlite3.Connection, entries: int) -> None:
    """Repeat the first entry with random values; kinds are as the import numbered them."""
    kinds = dict(store.execute("SELECT kind, kind_no FROM kind"))
    for kind in ("pdq", "md5"):
        if kind not in kinds:
            kinds[kind] = 1 + max(kinds.values(), default=0)
            dialect = "exact" if kind == "pdq" else ""
            store.execute("INSERT INTO kind VALUES (?, ?, ?)", (kinds[kind], kind, dialect))
    columns = [row[1] for row in store.execute("PRAGMA table_info(entry)")]
    new = {"entry_no": "i", "id": "id_of(i)", "key": "id_of(i)"}
    wanted = ", ".join(new.get(name, f"first.{name}") for name in columns)
    store.create_function("id_of", 1, lambda i: i.to_bytes(16, "big"), deterministic=True)
    store.execute("PRAGMA cache_size = -400000")
    last = entries + 999
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    store.execute(
        f"{numbers} INSERT INTO entry ({', '.join(columns)}) SELECT {wanted} FROM n, "  # noqa: S608 - our own names
        "(SELECT * FROM entry ORDER BY entry_no LIMIT 1) AS first",
        (last,),
    )
    for place, (kind, width) in enumerate((("pdq", 32), ("md5", 16))):
        store.execute(
            f"{numbers} INSERT INTO fingerprint (fingerprint_no, entry_no, from_version, kind_no, value, added_change) "  # noqa: S608 - the same
            f"SELECT 2 * i + {place}, i, 1, {kinds[kind]}, randomblob({width}), 2 FROM n",
            (last,),
        )
    store.execute(
        f"UPDATE counter SET change_number = 2, next_entry_no = {entries + 1000}, "  # noqa: S608 - the same
        f"next_fingerprint_no = {2 * entries + 3000}"
    )


def measure_build(node: Path) -> Cost:
    """Let the keeper build a base from the store; return what its process cost."""
    return run_measured([sys.executable, "-c", _KEEP, str(node)])


def measure_ready(node: Path) -> dict[str, float]:
    """Return seconds from the start of opening until ready, and of the first queries."""
    serving = _Serving(node)
    serving.end()
    return serving.started


def measure_memory(node: Path, workers: int = 2) -> dict[str, float]:
    """Return the proportional set size of so many processes together, every page touched, and seconds of a query."""
    serving = [_Serving(node) for _ in range(workers)]
    answers = [each.answer("memory") for each in serving]
    answers = [each.answer("memory") for each in serving]
    for each in serving:
        each.end()
    return {name: sum(answer[name] for answer in answers) for name in ("Pss", "Pss_Anon")} | {
        "query": max(answer["query"] for answer in answers)
    }


def measure_freshness(node: Path, workers: int = 2) -> list[float]:
    """Return seconds from the end of each of some writes until it counts in every one of so many processes."""
    serving = [_Serving(node) for _ in range(workers)]
    taken = []
    with open_node(NodeFolder(node)) as writing:
        for place in range(_WRITES):
            number = _write_one(writing, place)
            begun = time.monotonic()
            answers = [each.answer(str(number)) for each in serving]
            taken.append(max(0.0, max(each["matched_at"] for each in answers) - begun))
            time.sleep(place % 7 / 50)  # so that writes fall anywhere between two polls
    for each in serving:
        each.end()
    return sorted(taken)


def _write_one(node: OpenNode, place: int) -> int:
    value = place.to_bytes(2, "big") * 8
    draft = EntryDraft(1, (Fingerprint("md5", value),))
    item = MergeItem(1, key=value, digest=value, draft=draft)
    [first] = node.store.lists()
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.entries.put(first.id, "bench", [item])
        writer.record("entries.put", {})
    return node.store.change_number()


def main() -> None:
    """Measure all of it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        node = (stated.folder or Path(temporary)) / f"node-{stated.entries}"
        if not node.exists():
            make_large_node(node, stated.entries)
        build = measure_build(node)
        print(
            f"build {build.wall_seconds:.1f} s, peak {build.pss_bytes / 1e6:,.0f} MB {build.error}"
        )
        for _ in range(3):
            print("ready", measure_ready(node))
        print("memory", measure_memory(node))
        taken = measure_freshness(node)
        print("freshness: median, largest", taken[len(taken) // 2], taken[-1])


if __name__ == "__main__":
    main()
