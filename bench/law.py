"""Measure law: loading the shipped data, every pair of states, one decision, and answers as JSON records.

There is no peer to race: no other open program answers questions of law from dated facts. Every part runs in a
process of its own, some rounds of it in turns, and the best round counts.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, TypeAlias

ON = date(2026, 6, 1)
FIRST_VERSION = "2026.11.1"
"""Its states are the 50 of the aim; later versions know parts of states besides."""
SAMPLE = 500
ROUNDS = 5

Figures: TypeAlias = dict[str, float]


def loading() -> Figures:
    """Measure what a command pays before its first question."""
    begun = time.process_time()
    from rempart.law import open_law  # noqa: PLC0415 - importing is measured

    imported = time.process_time()
    wall = time.perf_counter()
    shelf = open_law()
    library = shelf.library()
    loaded = time.process_time()
    return {
        "import, ms": (imported - begun) * 1e3,
        "load, ms": (loaded - imported) * 1e3,
        "load, ms of wall time": (time.perf_counter() - wall) * 1e3,
        "facts": len(library.all_facts()),
        "all facts": len(shelf.every_fact()),
    }


def pairs() -> Figures:
    """Ask for every pair of the 50 states and every conduct whether it is a crime in both."""
    from rempart.law import Deed, LawBook, is_dual, open_law  # noqa: PLC0415 - not in the other parts
    from rempart.model.jurisdictions import parse_jurisdiction  # noqa: PLC0415 - the same
    from rempart.model.law import Conduct, Material  # noqa: PLC0415 - the same

    shelf = open_law()
    codes = map(parse_jurisdiction, shelf.library(FIRST_VERSION).subjects())
    states = [code for code in codes if code is not None]
    book = LawBook(shelf.library())
    counts: Counter[str] = Counter()
    begun = time.process_time()
    for conduct in Conduct:
        deed = Deed(conduct, Material.REAL_CHILD, ON)
        for one in states:
            for other in states:
                counts[is_dual(book, one, other, deed).answer.value] += 1
    seconds = time.process_time() - begun
    return {"seconds": seconds, "states": len(states), "peak, MB": _peak_mb(), **counts}


def decisions() -> Figures:
    """Measure what a case asks of law before any match, and the decisions after matches: first and repeated ones."""
    from rempart.decide import Decider  # noqa: PLC0415 - not in the other parts
    from rempart.law import LawBook, gazetteer, open_law  # noqa: PLC0415 - the same
    from rempart.model.decision import CaseContext  # noqa: PLC0415 - the same
    from rempart.model.handling import Subject  # noqa: PLC0415 - the same
    from rempart.model.labels import Label  # noqa: PLC0415 - the same
    from rempart.model.law import Conduct, DutyBearer, Role  # noqa: PLC0415 - the same

    code = gazetteer().check
    roles = {Role.HOST: (code("DE"),), Role.UPLOADER: (code("US"),), Role.CHILD: (code("PH"),)}
    book = LawBook(open_law().library())
    labels = tuple(Label("exercise", "1", None, f"exercise-{name}") for name in "AB")

    def decider(day: date) -> Decider:
        case = CaseContext(DutyBearer.PLATFORM, code("FR"), roles, Conduct.DISTRIBUTION, day)
        return Decider(book, case)

    def rule(by: Decider, given: tuple[Label, ...] = labels) -> Callable[[], object]:
        return lambda: by.ruling(Subject.CHILD, given)

    context_ms = _ms(lambda: decider(ON))
    kept = decider(ON)
    mapped = (Label("interpol-baseline", None, None, "yes"),)
    others = [(Label("exercise", "1", None, f"exercise-{number}"),) for number in range(50)]
    return {
        "context, ms": context_ms,
        "first of all, ms": _ms(rule(kept)),
        "other class, ms": _ms(rule(kept, mapped)),
        "other labels, ms": _median(_ms(rule(kept, given)) for given in others),
        "another day, ms": _median(
            _ms(rule(decider(ON + timedelta(days=n)))) for n in range(1, 51)
        ),
        "repeated, ms": _median(_ms(rule(kept)) for _ in range(1_000)),
    }


def records() -> Figures:
    """Write answers about pairs of states as JSON with all their texts, as `--json` does."""
    from rempart.law import Deed, LawBook, answer_record, is_dual, open_law  # noqa: PLC0415 - the same
    from rempart.law.language import Translator  # noqa: PLC0415 - the same
    from rempart.model.jurisdictions import parse_jurisdiction  # noqa: PLC0415 - the same
    from rempart.model.language import Language  # noqa: PLC0415 - the same
    from rempart.model.law import Conduct, Material  # noqa: PLC0415 - the same

    shelf = open_law()
    book = LawBook(shelf.library())
    codes = map(parse_jurisdiction, shelf.library(FIRST_VERSION).subjects())
    states = [code for code in codes if code is not None]
    deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, ON)
    asked = [(one, other) for one in states for other in states][:SAMPLE]
    answers = [is_dual(book, one, other, deed) for one, other in asked]
    write = Translator(Language.EN).text
    begun = time.process_time()
    texts = [json.dumps(answer_record(each, write), ensure_ascii=False) for each in answers]
    seconds = time.process_time() - begun
    size = sum(len(each.encode()) for each in texts)
    return {"ms": seconds / len(texts) * 1e3, "kB": size / len(texts) / 1e3, "count": len(texts)}


PARTS: dict[str, Callable[[], Figures]] = {
    "loading": loading,
    "pairs": pairs,
    "decisions": decisions,
    "records": records,
}


def _ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def _median(figures: Iterator[float]) -> float:
    in_order = sorted(figures)
    return in_order[len(in_order) // 2]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def best_of(part: str, rounds: int) -> Figures:
    """Run a part in processes of its own, and return the least of each figure."""
    command = [sys.executable, __file__, "--part", part]
    runs: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(rounds)
    ]
    return {name: min(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="measure one part here, and print JSON")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part]()))
        return
    load, pair, decide, write = (best_of(part, options.rounds) for part in PARTS)
    questions = sum(pair[name] for name in ("yes", "no", "partly", "check"))
    counted = ", ".join(f"{name} {pair[name]:,.0f}" for name in ("yes", "partly", "no", "check"))
    print("There is no peer: no other open program answers such questions from dated facts.\n")
    print("| what | figure | aim |")
    print("|---|--:|--:|")
    about = f"{load['all facts']:,.0f} facts, of which the newest version sees {load['facts']:,.0f}"
    print(f"| loading the shipped data ({about}) | {load['load, ms']:.0f} ms | 300 ms |")
    print(f"| the same, wall time | {load['load, ms of wall time']:.0f} ms | |")
    print(f"| importing the code before it | {load['import, ms']:.0f} ms | |")
    every = f"{pair['states']:.0f} x {pair['states']:.0f} states x 13 conducts on one date"
    print(
        f"| {every}: {questions:,.0f} answers on dual criminality | {pair['seconds']:.2f} s | 10 s |"
    )
    print(
        f"| peak memory of that process, loading included (RSS) | {pair['peak, MB']:.0f} MB | 500 MB |"
    )
    print(
        f"| asking law for a case, once, before its first match | {decide['context, ms']:.1f} ms | |"
    )
    print(
        f"| decision after a match, the first of all | {decide['first of all, ms']:.1f} ms | 1 ms |"
    )
    print(f"| the first for another day | {decide['another day, ms']:.1f} ms | 1 ms |")
    print(
        f"| the first for another class of material | {decide['other class, ms']:.1f} ms | 1 ms |"
    )
    print(
        f"| the first for other labels of a known class | {decide['other labels, ms']:.2f} ms | 1 ms |"
    )
    print(f"| every further one | {decide['repeated, ms']:.4f} ms | 1 ms |")
    print(
        f"| an answer as a JSON record with every text ({write['kB']:.1f} kB) | {write['ms']:.2f} ms | |"
    )
    print(f"\nWhat the {questions:,.0f} answers are: {counted}.")


if __name__ == "__main__":
    main()
