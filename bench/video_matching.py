"""Race matching of videos against python-threatexchange's index of vPDQ, and tell what a large list of videos costs.

Listed videos are drawn: scenes of two to sixteen seconds, whose frames lie a few bits from each other. Queries are
videos that nobody knows, and cuts of known ones with ten bits of every frame changed. Both must name the same entries.
A scan searches the frames of its videos in eight orientations; the peer knows one, and so does a look-up of values.
CPU time of the process, the best of N rounds; seed fixed.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from rempart.match import (
    KnownIndex,
    LayeredIndex,
    Matcher,
    Query,
    VideoQuery,
    VideoRule,
    frame_rows,
)
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId, MatchId
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint
from rempart.model.video import VideoFrame, frames_text

Values = NDArray[np.uint8]

HOUR = 3600
SHORT_VIDEOS, SHORT_SECONDS = 1_000, 60
CHANGED_BITS = 10
QUERIES = 50


def drawn(rng: np.random.Generator, seconds: int) -> Values:
    """Return the values of a video: scenes whose frames differ in up to eight bits from the scene's own."""
    scenes = np.repeat(
        rng.integers(0, 256, (seconds, 32), np.uint8), rng.integers(2, 17, seconds), axis=0
    )
    return changed(rng, scenes[:seconds], 8)


def changed(rng: np.random.Generator, values: Values, bits: int) -> Values:
    """Return values with so many bits turned over, or fewer where one is drawn twice."""
    found = values.copy()
    rows = np.arange(len(values))
    for _ in range(bits):
        bit = rng.integers(0, 256, len(values))
        found[rows, bit >> 3] ^= (1 << (bit & 7)).astype(np.uint8)
    return found


def frames(values: Values) -> tuple[VideoFrame, ...]:
    return tuple(VideoFrame(bytes(row), 90, 1000 * at) for at, row in enumerate(values))


def query_of(frames_: tuple[VideoFrame, ...], rng: np.random.Generator | None = None) -> Query:
    """Return what a look-up brings, or what a scan brings where there is something to draw seven more values with."""
    turned = b"" if rng is None else rng.integers(0, 256, (len(frames_), 7, 32), np.uint8).tobytes()
    return Query(digests=(), video=VideoQuery(frames_, turned=turned))


class Entries:
    """Explains every number, as a store does."""

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        """Return what a list of one entry for each number says."""
        return {number: self._one(number) for number in numbers}

    def _one(self, number: FingerprintNumber) -> KnownFingerprint:
        return KnownFingerprint(
            number=number,
            list_id=ListId(UUID(int=1)),
            list_name="exercise",
            owner="Exercise Hotline",
            purpose=ListPurpose.KNOWN,
            subject=Subject.CHILD,
            threshold_bits=31,
            list_generation=1,
            entry_id=EntryId(UUID(int=number)),
            entry_version=1,
            kind="vpdq",
            dialect=None,
            quality=None,
            labels=(),
        )


def matcher_over(index: KnownIndex | LayeredIndex) -> Matcher:
    return Matcher(
        index,
        Entries(),
        largest_threshold_bits=31,
        new_match_id=lambda _: MatchId(uuid4()),
        video_rules=[VideoRule(80, 0)],
    )


def best(run: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of several runs, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return 1000 * min(times)


def race(rounds: int) -> None:
    """Print the race over short videos."""
    rng = np.random.default_rng(1)
    listed = {number: drawn(rng, SHORT_SECONDS) for number in range(1, SHORT_VIDEOS + 1)}
    texts = {number: frames_text(frames(values)) for number, values in listed.items()}
    unknown = [frames(drawn(rng, SHORT_SECONDS)) for _ in range(QUERIES)]
    cuts = [
        frames(changed(rng, listed[number][10:40], CHANGED_BITS))
        for number in range(1, QUERIES + 1)
    ]

    def built() -> KnownIndex:
        rows = [(number, text.encode()) for number, text in texts.items()]
        return KnownIndex.build(
            lambda kind: frame_rows(rows) if kind == "vpdq" else (), change_number=1
        )

    matcher = matcher_over(built())

    def ours(asked: list[Query]) -> list[set[int]]:
        return [
            {match.entry_id.int for match in found.matches} for found in matcher.match_many(asked)
        ]

    print(f"### {SHORT_VIDEOS:,} listed videos of {SHORT_SECONDS} s (ms; the queries: each)\n")
    print(f"| | index built | unknown video of {SHORT_SECONDS} s | changed cut of 30 s |")
    print("|---|---|---|---|")
    for name, drawing in (("rempart", None), ("rempart, in eight orientations", rng)):
        asked = [[query_of(each, drawing) for each in queries] for queries in (unknown, cuts)]
        times = [best(partial(ours, each), rounds) / QUERIES for each in asked]
        print(f"| {name} | {best(built, 1):,.0f} | {times[0]:.2f} | {times[1]:.2f} |")
    try:
        from threatexchange.extensions.vpdq.vpdq_index import VPDQIndex  # noqa: PLC0415 - may be absent
    except ImportError:
        print("| threatexchange | not installed | | |")
        return

    def peer_built() -> Any:  # of a package that may be absent
        return VPDQIndex.build((text, number) for number, text in texts.items())

    peer = peer_built()

    def theirs(queries: list[tuple[VideoFrame, ...]]) -> list[set[int]]:
        texts = [frames_text(each) for each in queries]
        return [{found.metadata for found in peer.query(text)} for text in texts]

    times = [best(partial(theirs, each), 1) / QUERIES for each in (unknown, cuts)]
    print(f"| threatexchange | {best(peer_built, 1):,.0f} | {times[0]:.2f} | {times[1]:.2f} |")
    same = sum(ours([query_of(each)]) == theirs([each]) for each in (*unknown, *cuts))
    print(f"\nBoth name the same entries for {same} of {2 * QUERIES} queries.")


def costs(hours: int, rounds: int) -> None:
    """Print what a list of so many hours costs."""
    rng = np.random.default_rng(2)
    some = {number: drawn(rng, HOUR) for number in range(1, 6)}
    texts = [
        (number, frames_text(frames(some.get(number, drawn(rng, HOUR)))).encode())
        for number in range(1, hours + 1)
    ]
    count = sum(len(ids) for ids, _ in frame_rows(texts))
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as place:
        folder = Path(place) / "index"
        began = time.process_time()
        KnownIndex.write(
            lambda kind: frame_rows(texts) if kind == "vpdq" else (),
            folder,
            change_number=1,
            has_cpp512_alone=False,
        )
        built = time.process_time() - began
        size = sum(path.stat().st_size for path in folder.iterdir())
        index = LayeredIndex.open(folder)
        matcher = matcher_over(index)
        unknown, whole = frames(drawn(rng, 600)), frames(some[3])
        still = frames(changed(rng, np.repeat(some[4][:1], HOUR, axis=0), 6))
        one = KnownIndex.build(
            lambda kind: frame_rows([(1, frames_text(still).encode())]) if kind == "vpdq" else (),
            change_number=1,
        )

        def asked(query: Query, of: Matcher = matcher) -> float:
            return best(lambda: of.match_many([query]), rounds)

        def screened(query: Query) -> float:
            values = [] if query.video is None else [query.video.searched().tobytes()]
            return best(lambda: matcher.need_confirmation([values]), rounds)

        alone = matcher_over(one)
        rows = {
            "index built from the texts": f"{built:.1f} s",
            "on the disk, shared by all processes": f"{size / 1e6:.0f} MB",
            "an unknown video of 10 min": f"{asked(query_of(unknown)):.1f} ms",
            "an unknown video of 10 min, in eight orientations": f"{asked(query_of(unknown, rng)):.1f} ms",
            "a first look at 20 keyframes": f"{screened(query_of(unknown[:20])):.1f} ms",
            "a first look at 20 keyframes, in eight orientations": f"{screened(query_of(unknown[:20], rng)):.1f} ms",
            "a known video of an hour, whole": f"{asked(query_of(whole)):.0f} ms",
            "a known video of an hour, whole, in eight orientations": f"{asked(query_of(whole, rng)):.0f} ms",
            "an hour that stands still, against itself alone": f"{asked(query_of(still), alone) / 1000:.1f} s",
            "most memory, this script's own included": f"{_peak_bytes() / 1e6:.0f} MB",
        }
    print(f"\n### {hours:,} listed hours: {count:,} frames\n\n| | |\n|---|---|")
    for what, figure in rows.items():
        print(f"| {what} | {figure} |")


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=278)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    race(options.rounds)
    costs(options.hours, options.rounds)


if __name__ == "__main__":
    main()
