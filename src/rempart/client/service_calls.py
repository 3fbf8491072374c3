"""The operations on the audit log, and on the service itself."""

from typing import Any, Final

from rempart.client.list_calls import PAGE
from rempart.client.record_shapes import Alive, Event, EventPage, Readiness
from rempart.client.requests import Pages, Request, nothing, query, reading, text

_AUDIT: Final = "/v1/audit"


def show_events(
    *, limit: int = 100, after: int | None = None, kind: str | None = None
) -> Request[EventPage]:
    """Return a page of what was done, in the order in which it happened; `every_event` follows the pages for you."""
    return Request(
        operation="show_events",
        method="GET",
        path=_AUDIT,
        query=query(limit=limit, after=after, kind=kind),
        read=reading(EventPage),
    )


def every_event(*, kind: str | None = None) -> Pages[Event]:
    """Iterate over what was done, in the order in which it happened."""
    return Pages(
        lambda after: show_events(limit=PAGE, after=after, kind=kind),
        lambda page: page.events,
        lambda page: page.next_after,
    )


def show_checkpoint() -> Request[str]:
    """Return the newest signed checkpoint of the audit log (C2SP tlog-checkpoint)."""
    return Request(
        operation="show_checkpoint", method="GET", path=f"{_AUDIT}/checkpoint", read=text
    )


def show_audit_keys() -> Request[str]:
    """Return the public keys that checkpoints are checked with, one a line."""
    return Request(operation="show_audit_keys", method="GET", path=f"{_AUDIT}/keys", read=text)


def show_proof(index: int) -> Request[str]:
    """Return the proof that one event stands in the log (C2SP tlog-proof); its index is counted from 0."""
    return Request(
        operation="show_proof",
        method="GET",
        path=f"{_AUDIT}/proofs/{{index}}",
        names={"index": str(index)},
        read=text,
    )


def export_audit(*, first: int = 0) -> Request[Any]:
    """Give the log as `rempart.log/1` while it comes, to be checked with `rempart audit verify`.

    Use it in a `with` block, and throw away what came of it if it raises TornAnswerError.
    """
    return Request(
        operation="export_audit",
        method="GET",
        path=f"{_AUDIT}/export",
        query=query(first=first),
        read=nothing,
    )


def is_alive() -> Request[Alive]:
    """Return that the process answers; raises if it does not."""
    return Request(operation="is_alive", method="GET", path="/health/live", read=reading(Alive))


def is_ready() -> Request[Readiness]:
    """Return whether the service can do its work, and what it waits for; false while it waits."""
    return Request(
        operation="is_ready",
        method="GET",
        path="/health/ready",
        statuses=frozenset({200, 503}),
        read=reading(Readiness),
    )


def read_metrics() -> Request[str]:
    """Return the figures of all workers of one machine, in the text format of Prometheus."""
    return Request(operation="read_metrics", method="GET", path="/metrics", read=text)


def get_openapi() -> Request[dict[str, Any]]:
    """Return the service's own description (OpenAPI 3.1)."""
    return Request(
        operation="get_openapi",
        method="GET",
        path="/openapi.json",
        read=reading(dict[str, Any]),
    )
