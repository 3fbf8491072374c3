"""Examine the audit log whole: every event against its leaf, every leaf against the head, every erasing on record."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rempart.log.merkle import Frontier, leaf_hash
from rempart.model.log import EMPTY_HEAD, StoredLeaf
from rempart.model.principals import Event
from rempart.node.audit_log import AUDIT_LOG, ERASED_KIND, leaf_content
from rempart.node.findings import BAD, GOOD, CheckResult
from rempart.node.node import OpenNode
from rempart.store import StoreDamagedError

_PAGE: Final = 1_000
_SHOWN: Final = 20
_HINT: Final = (
    "Somebody or something changed the database past the program. Copy the whole folder of the node before anything"
    " else; then export the log, and check it with the checkpoints that others keep."
)


def examine_leaves(node: OpenNode) -> Iterator[CheckResult]:
    """Compute the log anew from the events of the store, and hold it to what the store says of it."""
    log = node.store.log
    head = log.head(AUDIT_LOG)
    found = _Found()
    for start in range(0, head.size, _PAGE):
        end = min(start + _PAGE, head.size)
        events = _events(node, start, end, found)
        leaves = {each.index: each for each in log.leaves(AUDIT_LOG, start, end)}
        for index in range(start, end):
            found.hold(index, events.get(index), leaves.get(index))
        found.hold_nodes(node, [leaves[at].leaf_hash for at in range(start, end) if at in leaves])
    found.explain(node, head.size)
    if found.tree.head != head:
        found.problems.append("The head of the audit log is not that of its leaves.")
    yield from found.results(head.size)


@dataclass
class _Found:
    """What was found so far."""

    tree: Frontier = field(default_factory=lambda: Frontier(EMPTY_HEAD))
    altered: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    unexplained: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def hold(self, index: int, event: Event | None, leaf: StoredLeaf | None) -> None:
        """Hold one event to its leaf."""
        if leaf is None or event is None:
            if index not in self.altered:
                self.missing.append(index)
        elif leaf.salt is None:
            self.unexplained.add(index)
        elif leaf_hash(leaf.salt + leaf_content(event)) != leaf.leaf_hash:
            self.altered.append(index)
        else:
            self.unexplained.discard(_erased_by(event))

    def hold_nodes(self, node: OpenNode, hashes: list[bytes]) -> None:
        """Hold the hashes of whole subtrees to those that their leaves give."""
        for each in self.tree.extend(hashes):
            if node.store.log.node(AUDIT_LOG, each.level, each.number) != each.node_hash:
                first = each.number << each.level
                what = f"{1 << each.level} leaves from {first} on"
                self.problems.append(
                    f"The audit log has another hash of the {what} than they give."
                )

    def explain(self, node: OpenNode, after: int) -> None:
        """Read the events that have no leaf yet: one may say by which law another was erased."""
        while self.unexplained and (read := node.store.log.events(after, _PAGE)):
            for index, event in read:
                after = index + 1
                self.unexplained.discard(_erased_by(event))

    def results(self, size: int) -> Iterator[CheckResult]:
        """Say what was found."""
        if self.altered:
            self.problems.append(f"Events are not what was recorded: {_listed(self.altered)}.")
        if self.missing:
            self.problems.append(f"Events or their leaves are missing: {_listed(self.missing)}.")
        if self.unexplained:
            shown = _listed(sorted(self.unexplained))
            self.problems.append(f"Events are erased, and none says by which law: {shown}.")
        for each in self.problems[:_SHOWN]:
            yield CheckResult("log", BAD, each, _HINT)
        if not self.problems:
            yield CheckResult("log", GOOD, f"{size:,} events are what was recorded")


def _events(node: OpenNode, start: int, end: int, found: _Found) -> dict[int, Event]:
    try:
        return dict(node.store.log.events(start, end - start))
    except StoreDamagedError:  # one of them: which?
        events: dict[int, Event] = {}
        for index in range(start, end):
            try:
                events |= node.store.log.events(index, 1)
            except StoreDamagedError:
                found.altered.append(index)
        return events


def _erased_by(event: Event) -> int:
    """Return the index of the event that an event says was erased; -1 where it says so of none."""
    index = event.details.get("index") if event.kind == ERASED_KIND else None
    return index if type(index) is int else -1


def _listed(indexes: list[int]) -> str:
    more = f" and {len(indexes) - _SHOWN:,} more" if len(indexes) > _SHOWN else ""
    return ", ".join(map(str, indexes[:_SHOWN])) + more
