"""Read the audit log: events with their places, who did them, and whether they were erased."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rempart.model.identifiers import PrincipalId
from rempart.model.principals import Event, Principal
from rempart.node.audit_log import AUDIT_LOG
from rempart.node.node import OpenNode

LARGEST_PAGE: Final = 1_000

_READ_AT_ONCE: Final = 1_000
_READ_FOR_A_PAGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event with its place in the log.

    Attributes:
        index: of its leaf.
        event: without details where it was erased.
        principal: who did it.
        is_erased: whether its details were erased by law.
    """

    index: int
    event: Event
    principal: Principal
    is_erased: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some events in their order.

    Attributes:
        events: may be fewer than were asked for, or none, while there are more.
        after: where the next page begins; absent at the log's end.
    """

    events: tuple[AuditEvent, ...]
    after: int | None


def audit_events(
    node: OpenNode,
    after: int | None = None,
    limit: int = 100,
    kinds: frozenset[str] = frozenset(),
    since: datetime | None = None,
) -> AuditPage:
    """Return events in the order in which they happened, also those that have no leaf yet.

    Args:
        node: the node.
        after: index after which to begin; absent means from the first.
        limit: most events of the page, at least 1; more than `LARGEST_PAGE` counts as that.
        kinds: only these kinds; none means all.
        since: only events from this moment on.
    """
    wanted = min(limit, LARGEST_PAGE)
    principals = _Principals(node)
    place = 0 if after is None else after + 1
    end = place + _READ_FOR_A_PAGE
    found: list[AuditEvent] = []
    while place < end:
        read = node.store.log.events(place, _READ_AT_ONCE)
        erased = _erased(node, place, place + len(read))
        for index, event in read:
            place = index + 1
            if _is_wanted(event, kinds, since):
                who = principals.find(event.principal_id)
                found.append(AuditEvent(index, event, who, index in erased))
                if len(found) == wanted:
                    return AuditPage(tuple(found), index)
        if len(read) < _READ_AT_ONCE:
            return AuditPage(tuple(found), None)
    return AuditPage(tuple(found), place - 1)


def recent_audit_events(
    node: OpenNode,
    limit: int,
    kinds: frozenset[str] = frozenset(),
    since: datetime | None = None,
) -> tuple[AuditEvent, ...]:
    """Return the newest events that are wanted, at most `limit`, in the order in which they happened."""
    end = node.store.log.head(AUDIT_LOG).size
    while read := len(node.store.log.events(end, _READ_AT_ONCE)):
        end += read
    found: list[AuditEvent] = []
    while end > 0 and len(found) < limit:
        first = max(0, end - LARGEST_PAGE)
        page = audit_events(node, first - 1, end - first, kinds, since)
        found = [each for each in page.events if each.index < end] + found
        oldest = node.store.log.events(first, 1)
        if since is not None and oldest and oldest[0][1].at < since:
            break
        end = first
    return tuple(found[-limit:])


class _Principals:
    """Who stands behind an identifier; read again for one that is new."""

    def __init__(self, node: OpenNode) -> None:
        self._node = node
        self._known: dict[PrincipalId, Principal] = {}

    def find(self, principal_id: PrincipalId) -> Principal:
        if principal_id not in self._known:
            self._known = {each.id: each for each in self._node.store.principals()}
        return self._known[principal_id]


def _is_wanted(event: Event, kinds: frozenset[str], since: datetime | None) -> bool:
    return (not kinds or event.kind in kinds) and (since is None or event.at >= since)


def _erased(node: OpenNode, first: int, last: int) -> frozenset[int]:
    leaves = node.store.log.leaves(AUDIT_LOG, first, last)
    return frozenset(each.index for each in leaves if each.salt is None)
