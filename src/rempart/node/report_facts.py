"""What the node itself says for a report: who it is, what a run was asked, its lists, and how quickly it went on."""

import base64
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, cast

from rempart import __version__
from rempart.model.handling import Standing
from rempart.model.lists import HashList
from rempart.model.principals import Event
from rempart.node.node import OpenNode
from rempart.report.values import (
    ListCount,
    NodeFacts,
    RateFacts,
    RatePoint,
    RunFacts,
)
from rempart.store import StoredScan

_MOST_ROOTS: Final = 20
_MOST_POINTS: Final = 200
_EVENTS: Final = 1_000
_PAUSE: Final = timedelta(minutes=10)
"""A gap between checkpoints that is longer counts as a pause: the run was ended from outside and resumed."""


def written_by() -> tuple[str, ...]:
    """Return the software that writes a report."""
    return f"rempart {__version__}", f"Python {platform.python_version()}"


def node_facts(node: OpenNode) -> NodeFacts:
    """Return whose installation this is."""
    own = node.store.node
    return NodeFacts(
        id=str(own.id),
        organisation=own.organisation.name,
        kind=own.organisation.kind.value,
        jurisdiction=str(own.organisation.jurisdiction),
        is_exercise=own.is_exercise,
    )


def run_facts(run: StoredScan) -> RunFacts:
    """Return what a run was asked to do, and how it ended."""
    settings = cast("Any", run.settings)  # JSON that `begin_run` wrote
    paths = [base64.b64decode(each) for each in settings["paths"]]
    return RunFacts(
        id=str(run.id),
        state=run.state.value,
        started_at=run.started_at,
        finished_at=run.finished_at,
        roots=tuple(each.decode("utf-8", "replace") for each in paths[:_MOST_ROOTS]),
        roots_left_out=max(0, len(paths) - _MOST_ROOTS),
        has_listed_paths=settings["list_separator"] is not None,
        depth=settings["depth"],
        follows_links=settings["follow_links"],
        opens_archives=settings.get("archives", False),  # a run of before did not
        finds_urls=settings.get("urls", False),
    )


def lists_with_matches(node: OpenNode, matched: Sequence[ListCount]) -> tuple[ListCount, ...]:
    """Return every list of the node with what matched, and what matched of lists that it no longer has."""
    found = {each.id: each for each in matched if not each.is_rest}
    known = sorted(node.store.lists(), key=lambda each: (each.owner, each.name))
    shown = [_with_list(node, each, found.pop(str(each.id), None)) for each in known]
    return (*shown, *found.values(), *(each for each in matched if each.is_rest))


def _with_list(node: OpenNode, own: HashList, matched: ListCount | None) -> ListCount:
    counts = node.store.list_counts(own.id).by_standing
    counted = matched or ListCount(
        name=own.name,
        owner=own.owner,
        id=str(own.id),
        purpose=None,
        subject=None,
        generation=None,
        entries=None,
        generations_seen=(),
        matches=0,
        suppressed=0,
        objects=0,
    )
    ended = {Standing.WITHDRAWN, Standing.EXPIRED, Standing.SUSPENDED}
    return replace(
        counted,
        purpose=own.purpose.value,
        subject=own.subject.value,
        generation=own.generation,
        entries=sum(count for standing, count in counts.items() if standing not in ended),
    )


def rate_facts(node: OpenNode, run: StoredScan, size_bytes: int) -> RateFacts | None:
    """Return how quickly a run went on, from the events of its checkpoints; nothing where they do not tell it.

    Args:
        node: that scanned.
        run: the scan.
        size_bytes: that were read in all.
    """
    points: list[RatePoint] = []
    seconds, objects, timed, parts = 0.0, 0, 0, 1
    for before, event in pairwise(_events_of(node, run)):
        done = event.details.get("files", 0) if event.kind == "scan.progressed" else 0
        if not isinstance(done, int):
            return None
        objects += done
        took = event.at - before.at
        if before.kind == "scan.interrupted" or not timedelta(0) <= took <= _PAUSE:
            parts += 1
            continue
        seconds += took.total_seconds()
        timed += done
        if done and took:
            rate = done / took.total_seconds()
            points.append(RatePoint(seconds=seconds, objects=objects, objects_per_second=rate))
    if not seconds or not timed:
        return None
    return RateFacts(
        seconds=seconds,
        objects_per_second=timed / seconds,
        bytes_per_second=size_bytes / seconds,
        parts=parts,
        points=_fewer(points),
    )


def _fewer(points: Sequence[RatePoint]) -> tuple[RatePoint, ...]:
    """Return at most so many points, each speaking for those that it stands for."""
    step = -(-len(points) // _MOST_POINTS) or 1
    kept = points[step - 1 :: step]
    if points and kept[-1:] != points[-1:]:
        kept = [*kept, points[-1]]
    shown, before = [], RatePoint(seconds=0, objects=0, objects_per_second=0)
    for each in kept:
        took = each.seconds - before.seconds
        rate = (each.objects - before.objects) / took if step > 1 else each.objects_per_second
        shown.append(replace(each, objects_per_second=rate))
        before = each
    return tuple(shown)


def _events_of(node: OpenNode, run: StoredScan) -> Iterator[Event]:
    """Yield the events of a run from its beginning on."""
    index, wanted = _first_index(node, run), str(run.id)
    while found := node.store.log.events(index, _EVENTS):
        for at, event in found:
            index = at + 1
            if event.kind.startswith("scan.") and event.details.get("scan") == wanted:
                yield event
                if event.kind == "scan.finished":
                    return


def _first_index(node: OpenNode, run: StoredScan) -> int:
    """Return an index of the log before which the run has no event, found by halving: events lie in order of time."""
    low, high = 0, 1
    while _is_before(node, run, high):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if _is_before(node, run, middle):
            low = middle + 1
        else:
            high = middle
    return low


def _is_before(node: OpenNode, run: StoredScan, index: int) -> bool:
    found = node.store.log.events(index, 1)
    return bool(found) and found[0][1].at < run.started_at
