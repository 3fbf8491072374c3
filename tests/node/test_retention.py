"""What is over is forgotten, with an event that counts it; suspensions end when they are due."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rempart.model.service import StoredAnswer
from rempart.node import OpenNode
from rempart.node.retention import forget_expired, resume_due_entries


@dataclass
class Clock:
    """A clock that is set."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def at(node: OpenNode, moment: datetime) -> OpenNode:
    return replace(node, clock=Clock(moment))


NOW = datetime(2027, 1, 1, tzinfo=UTC)


def keep_answer(node: OpenNode) -> StoredAnswer:
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        kept = writer.idempotency.keep(
            node.principal.id, "token", request_digest=b"d" * 32, status=200, answer=b"{}"
        )
        writer.record("test.kept", {})
    return kept


def test_what_is_over_is_forgotten_with_one_event_that_counts_it(node: OpenNode) -> None:
    with node.store.write(
        principal=node.principal, clock=Clock(NOW), identifiers=node.identifiers
    ) as writer:
        writer.start_scan(settings={}, expires_at=NOW + timedelta(days=1))
        writer.record("scan.started", {})
    keep_answer(at(node, NOW))

    early = forget_expired(at(node, NOW + timedelta(hours=23)))
    late = forget_expired(at(node, NOW + timedelta(hours=25)))

    assert early == {"scans": 0, "lookups": 0, "answers": 0, "counts": 0}
    assert late == {"scans": 1, "lookups": 0, "answers": 1, "counts": 0}
    (event,) = [each for each in node.store.events() if each.kind == "retention.applied"]
    assert event.details == late


def test_nothing_to_forget_leaves_no_event(node: OpenNode) -> None:
    before = node.store.events()

    assert not any(forget_expired(node).values())

    assert node.store.events() == before


def test_an_entry_whose_suspension_is_over_is_matched_again(
    node: OpenNode,
    import_text: Callable[..., object],
    find: Callable[..., tuple[object, ...]],
) -> None:
    value = "f0" * 16
    import_text(node, f"type,value\nmd5,{value}\n")
    (of_list,) = node.store.lists()
    (entry,) = node.store.entry_pages.page(of_list.id, after=None, limit=10)
    with node.store.write(
        principal=node.principal, clock=Clock(NOW), identifiers=node.identifiers
    ) as writer:
        writer.entries.suspend(entry.entry.id, NOW + timedelta(days=1))
        writer.record("entry.suspended", {})
    assert not find(node, f"md5:{value}")

    assert resume_due_entries(at(node, NOW)) == 0
    assert resume_due_entries(at(node, NOW + timedelta(days=1))) == 1
    assert resume_due_entries(at(node, NOW + timedelta(days=1))) == 0

    assert find(node, f"md5:{value}")
    (event,) = [each for each in node.store.events() if each.kind == "entries.resumed"]
    assert event.details["entries"] == [{"list": str(of_list.id), "entry": str(entry.entry.id)}]
