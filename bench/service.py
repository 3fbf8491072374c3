"""The service beside the peer's matcher behind HTTP: look-ups, freshness, starts, memory, and one posted picture.

Every contender holds the same list and is loaded by the same generator over loopback, one after the other. A contender
that fails leaves a row that says so.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from live import make_large_node, measure_build, measure_ready
from service_life import (
    Freshness,
    import_seconds,
    measure_freshness,
    measure_replacement,
    measure_starts,
)
from service_load import Figures
from service_race import (
    BATCHES,
    JSON_BATCH,
    MISS,
    PEERS,
    REMPART,
    REMPART_ALONE,
    SINGLES,
    Asked,
    Race,
    Single,
    Taken,
)
from service_running import Running
from service_scan import measure_scan

_SMALL: Final = 100_000
_LARGE: Final = 1_000_000
_HUGE: Final = 10_000_000
_CONTENDERS: Final = (REMPART, REMPART_ALONE, *PEERS)
_ABOUT: Final = """Every contender ran on this machine over the same random PDQ values, one after the other, loaded over
loopback by `bench/load_generator.py`, which takes a core of its own where it can get one: the clock's figures of a
machine with few cores are lower for that, and those of a CPU second are not.
`rempart` is `rempart serve`, keys, audit log and history of matches included: a match is on the disk before its answer.
The peer is `bench/peer_service.py`: threatexchange's PDQIndex in a Flask application without a database, under
`gunicorn --workers 1` (one sync worker), the set-up that HMA documents, without the work that HMA does beside it.
OpenMP "as it comes" is how HMA ships: each look-up of one value goes through all threads.
"""


def key_for(rempart: Path, node: Path) -> str:
    """Make a key without limits on a node, and return its text."""
    roles = [f"--role={role}" for role in ("match", "list-reader", "list-editor", "operator")]
    limits = ["--requests-per-minute=0", "--queries-per-day=0", "--label=bench"]
    made = subprocess.run(
        [rempart, "keys", "create", "--node", node, *roles, *limits],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout.split()[-1]


def asked_text(asked: Asked) -> str:
    """Say in a table what was asked."""
    if isinstance(asked, Single):
        return f"{'match' if asked.is_known else 'no match'}, {asked.connections} connections"
    form = "MessagePack" if asked.form.endswith("msgpack") else "JSON"
    return f"{asked.size:,}, {form}" + (", one in a hundred matches" if asked.has_known else "")


def print_race(taken: Taken, contenders: tuple[str, ...]) -> None:
    """Print the tables of look-ups."""
    for title, everything in (("one fingerprint a request", SINGLES), ("batches", BATCHES)):
        print(f"| {title} | | queries/s | of a CPU second | p50 ms | p99 ms |")
        print("|---|---|--:|--:|--:|--:|")
        for asked in everything:
            for contender in contenders:
                found = taken.get(contender, asked)
                if found is not None:
                    print(f"| {asked_text(asked)} | {contender} | {_cells(found)} |")
        print()


def print_ratios(taken: Taken) -> None:
    """Print how many times faster Rempart is, by the clock and by CPU time."""
    print("| Rempart, 2 workers, so many times the peer | by the clock | by CPU time |")
    print("|---|--:|--:|")
    for name in PEERS:
        pairs = (
            ("one fingerprint, no match", MISS, MISS),
            ("batch of 1,000 against a loop in one request", JSON_BATCH, JSON_BATCH),
            ("batch of 1,000 against single requests, since HMA has no batches", JSON_BATCH, MISS),
        )
        for title, ours, theirs in pairs:
            one, other = taken.get(REMPART, ours), taken.get(name, theirs)
            if isinstance(one, Figures) and isinstance(other, Figures):
                clock = one.per_second / other.per_second
                cpu = one.per_cpu_second / other.per_cpu_second
                print(f"| {title}; {name} | {clock:,.0f}x | {cpu:,.0f}x |")
            else:
                print(f"| {title}; {name} | failed | |")
    print()


def _cells(found: Figures | str) -> str:
    if isinstance(found, str):
        return f"{found} | | | "
    failed = f" ({found.failures} failed)" if found.failures else ""
    rates = f"{found.per_second:,.0f}{failed} | {found.per_cpu_second:,.0f}"
    return f"{rates} | {found.p50_ms:,.2f} | {found.p99_ms:,.2f}"


class Life:
    """What is looked at besides look-ups; each as rows of one table, or the reason why it failed."""

    def __init__(self, rempart: Path, node: Path, race: Race, *, token: str) -> None:
        self._rempart, self._node, self._race, self._token = rempart, node, race, token
        self.rows: list[tuple[str, str, str]] = []

    def while_running(self, running: Running) -> None:
        """Look at a service that has been busy."""
        self._attempt("memory", lambda: self._memory(running))
        self._attempt("scan", lambda: self._scan(running))
        self._attempt("freshness", lambda: self._freshness(running))
        self._attempt("replacing a worker", lambda: self._replacement(running))

    def afterwards(self) -> None:
        """Start the service anew."""
        self._attempt("start", self._starts)

    def print(self, entries: int) -> None:
        """Print the table."""
        print(f"| {entries:,} entries, 2 workers | figure | aim |")
        print("|---|--:|--:|")
        for row in self.rows:
            print(f"| {' | '.join(row)} |")
        print()

    def _attempt(self, what: str, run: Callable[[], None]) -> None:
        print(f"  {what}", file=sys.stderr)
        try:
            run()
        except Exception as error:  # noqa: BLE001 - one figure must not cost the others
            reason = " ".join(str(error).replace("|", "/").split())[-160:]
            self.rows.append((what, f"failed: {reason}", ""))

    def _memory(self, running: Running) -> None:
        all_of_them = f"{running.pss_bytes() / 1e6:,.0f} MB"
        title = "memory after load: supervisor, workers, keeper and sandboxed readers (PSS)"
        self.rows.append((title, all_of_them, "2,500 MB at 10M"))

    def _scan(self, running: Running) -> None:
        times = measure_scan(running, self._rempart, self._node, token=self._token)
        size = f"JPEG of 4 megapixels, {times.size_bytes / 1e6:.2f} MB"
        ratio = times.service / times.pipeline
        self.rows.append((f"{size}, posted to /v1/scan, median", _ms(times.service), ""))
        self.rows.append(("the same through the scan's pipeline", _ms(times.pipeline), ""))
        self.rows.append(("so many times the pipeline", f"{ratio:.2f}x", "1.3x"))

    def _freshness(self, running: Running) -> None:
        found = measure_freshness(running, self._race.questions, token=self._token)
        self.rows.append(
            (f"{len(found.seconds)} writes, each until its answer, p50", *_middle(found))
        )
        load = f"while {found.other_queries_per_second:,.0f} other queries/s are answered"
        title = f"from then until every worker matches it, {load}"
        middle = found.seconds[len(found.seconds) // 2]
        self.rows.append((f"{title}, p50", _ms(middle), ""))
        self.rows.append(("the same, p99", _ms(found.p99), "1,000 ms"))

    def _replacement(self, running: Running) -> None:
        taken = measure_replacement(running, token=self._token)
        title = "a killed worker, until the one in its place has answered, the slower of two"
        self.rows.append((title, _ms(taken[-1]), "1,000 ms at 10M"))

    def _starts(self) -> None:
        taken = measure_starts(self._rempart, self._node, token=self._token, log=self._race.log)
        importing = import_seconds(self._rempart)
        title = "`rempart serve` of a stopped node, until ready and a first answer, median of 3"
        self.rows.append((title, _ms(taken[len(taken) // 2]), "1,000 ms at 10M"))
        self.rows.append(("of that, Python's own start and imports", _ms(importing), ""))
        opening = sorted(measure_ready(self._node)["ready"] for _ in range(3))
        title = "of that, opening the index, in a process that has imported everything"
        self.rows.append((title, _ms(opening[1]), ""))


def _middle(found: Freshness) -> tuple[str, str]:
    return _ms(found.write_seconds[len(found.write_seconds) // 2]), ""


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def run_size(
    rempart: Path, entries: int, node: Path | None, place: Path, *, has_life: bool
) -> None:
    """Measure everything over one list, and print it."""
    if node is None:
        print(f"  a list of {entries:,}", file=sys.stderr)
        node = place / "node"
        make_large_node(node, entries)
        measure_build(node)
    node = node.absolute()
    token = key_for(rempart, node)
    race = Race(rempart, node, place, token=token)
    has_peer = entries < _HUGE
    if has_peer:
        race.run_peers()
    if has_life:
        race.run_rempart(workers=1)
    life = Life(rempart, node, race, token=token)
    race.run_rempart(workers=2, then=life.while_running if has_life else None)
    if has_life:
        life.afterwards()
    print(f"### {entries:,} entries behind HTTP\n")
    print_race(race.taken, _CONTENDERS)
    if has_peer:
        print_ratios(race.taken)
        print("; ".join(race.peer_notes) + ".\n")
    if has_life:
        life.print(entries)


def main() -> None:
    """Measure each size; the smaller lists are written past the store, the large one as it was imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rempart", type=Path, default=Path(".venv/bin/rempart"))
    parser.add_argument(
        "--node", type=Path, help="node with the list of a million; else one is made"
    )
    parser.add_argument(
        "--full", action="store_true", help="10 million entries as well, without the peer"
    )
    parser.add_argument("--only", type=int, help="a list of this size alone")
    options = parser.parse_args()
    rempart = options.rempart.absolute()
    sizes = [options.only] if options.only else [_SMALL, _LARGE, *([_HUGE] if options.full else [])]
    print(_ABOUT)
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        for entries in sizes:
            given = options.node if entries == _LARGE else None
            place = Path(folder, str(entries))
            place.mkdir()
            try:
                run_size(rempart, entries, given, place, has_life=entries >= _LARGE)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - one list must not cost the others
                print(
                    f"The list of {entries:,} entries failed: {' '.join(str(error).split())[-500:]}\n"
                )


if __name__ == "__main__":
    main()
