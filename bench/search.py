"""Race exact search against its peers: one process, one thread, in turns, thread CPU time, best of five rounds.

Run where rempart, faiss-cpu and threatexchange are installed: python bench/search.py [--full] [--only N] [--json FILE].
Prints Markdown tables; times are microseconds a query, and in brackets how many times quicker rempart is at the same
batch size in the same run.
"""

import argparse
import json
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from search_contenders import Contender, make_contenders
from search_costs import (
    bytes_per_entry,
    changing_costs,
    join_rate,
    lines_per_query,
    random_lines_per_second,
)
from search_data import Hashes, Race, make_race

ROUNDS: Final = 5
BATCHES: Final = (1, 64, 1000)
OURS: Final = "rempart"

# by contender, batch size: microseconds a query
Times = dict[str, dict[int, float]]


def race(contenders: Sequence[Contender], queries: Hashes) -> Times:
    """Race in turns, so that whatever else the machine does meets everyone alike."""
    times: Times = {contender.name: {} for contender in contenders}
    for _ in range(ROUNDS):
        for contender in contenders:
            for batch in contender.batches:
                used = queries[: max(batch, contender.most_queries)]
                best = times[contender.name].get(batch, float("inf"))
                times[contender.name][batch] = min(best, _run(contender, used, batch))
    return times


def _run(contender: Contender, queries: Hashes, batch: int) -> float:
    starts = range(0, len(queries) - batch + 1, batch)
    parts = [contender.prepare(queries[at : at + batch]) for at in starts]
    begun = time.thread_time()
    for part in parts:
        contender.search(part)
    return (time.thread_time() - begun) * 1e6 / (batch * len(parts))


def check_agreement(contenders: Sequence[Contender], queries: Hashes) -> None:
    """Fail unless everyone with the same radius finds as many matches."""
    found = {
        contender.name: sum(
            contender.search(contender.prepare(queries[at : at + 1])) for at in range(20)
        )
        for contender in contenders
        if "51" not in contender.name
    }
    if len(set(found.values())) != 1:
        message = f"the contenders disagree: {found}"
        raise SystemExit(message)


def table(times: Times) -> str:
    """Return one race as a Markdown table."""
    lines = ["| contender | " + " | ".join(f"batch {batch}" for batch in BATCHES) + " |"]
    lines.append("|---|" + "--:|" * len(BATCHES))
    for name, by_batch in times.items():
        cells = [_cell(times, name, by_batch.get(batch), batch) for batch in BATCHES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(times: Times, name: str, microseconds: float | None, batch: int) -> str:
    if microseconds is None:
        return ""
    figure = f"{microseconds:,.2f}" if microseconds < 100 else f"{microseconds:,.0f}"
    if name.startswith(OURS):
        return figure
    return f"{figure} ({microseconds / times[OURS][batch]:,.0f}x)"


def limits_and_costs(size: int, race_data: Race) -> dict[str, float]:
    """Return what a list of this size costs apart from searching, and what the machine would allow."""
    figures = changing_costs(race_data.hashes)
    figures["bytes an entry"] = bytes_per_entry(size)
    rate = random_lines_per_second(int(figures["bytes an entry"] * size))
    figures["random lines of so much memory, million a second"] = rate / 1e6
    figures["lines a query, by counting"] = lines_per_query(size)
    figures["join of 1,000,000 queries, a second"] = join_rate(race_data.hashes, 1_000_000)
    return figures


def main() -> None:
    """Run the races and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10 million entries as well")
    parser.add_argument("--only", type=int, help="race at this number of entries only")
    parser.add_argument("--json", type=Path, help="write the raw figures to this file")
    options = parser.parse_args()
    raw: dict[str, Any] = {"machine": _machine(), "races": [], "costs": {}}
    sizes = (100_000, 1_000_000, *([10_000_000] if options.full else []))
    for size in (options.only,) if options.only else sizes:
        for kind in ("uniform", "skewed"):
            race_data = make_race(kind, size)
            contenders = make_contenders(race_data.hashes, has_threatexchange=size <= 1_000_000)
            check_agreement(contenders, race_data.near)
            for what, queries in (("far", race_data.far), ("near", race_data.near)):
                times = race(contenders, queries)
                words = "that match nothing" if what == "far" else "at 0 to 31 bits from an entry"
                print(f"### {size:,} {kind} entries, queries {words} (µs a query)\n")
                print(table(times) + "\n", flush=True)
                raw["races"].append({"size": size, "kind": kind, "queries": what, "us": times})
            del contenders
            if kind == "uniform":
                costs = limits_and_costs(size, race_data)
                raw["costs"][size] = costs
                print(f"### {size:,} entries: other costs (milliseconds where nothing is said)\n")
                print("| what | figure |\n|---|--:|")
                print("\n".join(f"| {name} | {figure:,.2f} |" for name, figure in costs.items()))
                print(flush=True)
    if options.json:
        options.json.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, str]:
    model = ""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    packages = {name: metadata.version(name) for name in ("faiss-cpu", "numpy", "threatexchange")}
    return {"processor": model, "python": platform.python_version(), **packages}


if __name__ == "__main__":
    main()
