"""The operations on lists."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from rempart.client.list_shapes import HashList, ListCounts, ListPage
from rempart.client.requests import (
    JSON,
    Named,
    Pages,
    Reply,
    Request,
    T,
    given,
    header_value,
    json_body,
    nothing,
    query,
    reading,
    write_headers,
)

LISTS: Final = "/v1/lists"
LIST: Final = "/v1/lists/{list}"
SENT_JSON: Final = ("Content-Type", JSON)
_NOT_MODIFIED: Final = 304
PAGE: Final = 1000


def show_lists(
    *, limit: int = 100, cursor: str | None = None, withdrawn: bool = False
) -> Request[ListPage]:
    """Return a page of the lists that the key may see; `every_list` follows the pages for you."""
    return Request(
        operation="show_lists",
        method="GET",
        path=LISTS,
        query=query(limit=limit, cursor=cursor, withdrawn=withdrawn or None),
        read=reading(ListPage),
    )


def every_list(*, withdrawn: bool = False) -> Pages[HashList]:
    """Iterate over the lists that the key may see."""
    return Pages(
        lambda cursor: show_lists(limit=PAGE, cursor=cursor, withdrawn=withdrawn),
        lambda page: page.lists,
        lambda page: page.next_cursor,
    )


def add_list(
    name: str,
    *,
    owner: str | None = None,
    purpose: Literal["known", "known-harmless"] | None = None,
    subject: Literal["child", "adult", "harmless"] | None = None,
    threshold_bits: int | None = None,
    idempotency_key: str | None = None,
) -> Request[HashList]:
    """Make a list, and return it.

    Args:
        name: lower-case letters, digits and hyphens.
        owner: who vetted it; absent means the node's organisation.
        purpose: absent means `known`.
        subject: absent means `child`, and `harmless` for a known-harmless list.
        threshold_bits: largest PDQ distance that counts as a match; absent means 31.
        idempotency_key: your own name of this request, if you want to repeat it from another process.
    """
    body = given(
        name=name, owner=owner, purpose=purpose, subject=subject, threshold_bits=threshold_bits
    )
    return Request(
        operation="add_list",
        method="POST",
        path=LISTS,
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body(body),
        statuses=frozenset({201}),
        read=tagged(HashList),
    )


def show_list(list: str) -> Request[HashList]:  # noqa: A002 - the word of the service
    """Return one list, by its id or name."""
    return Request(
        operation="show_list",
        method="GET",
        path=LIST,
        names={"list": list},
        read=tagged(HashList),
    )


def show_list_if_changed(
    list: str,  # noqa: A002 - the word of the service
    etag: str,
) -> Request[HashList | None]:
    """Return one list, or nothing where it is still in the state that an ETag names."""
    return Request(
        operation="show_list",
        method="GET",
        path=LIST,
        names={"list": list},
        headers=unless(etag),
        statuses=frozenset({200, _NOT_MODIFIED}),
        read=if_changed(HashList),
    )


def count_list(list: str) -> Request[ListCounts]:  # noqa: A002 - the word of the service
    """Return how much a list holds; of millions of entries that takes seconds."""
    return Request(
        operation="count_list",
        method="GET",
        path=f"{LIST}/counts",
        names={"list": list},
        read=reading(ListCounts),
    )


def change_list(
    list: str,  # noqa: A002 - the word of the service
    *,
    subject: Literal["child", "adult", "harmless"] | None = None,
    threshold_bits: int | None = None,
    standing: Literal["proposed", "confirmed", "published", "disputed", "suspended"] | None = None,
    if_match: str | None = None,
    idempotency_key: str | None = None,
) -> Request[HashList]:
    """Change what is said about a list, and return it; what is absent stays.

    Args:
        list: its id or name.
        subject: what its entries show, where they do not say it themselves.
        threshold_bits: largest PDQ distance that counts as a match.
        standing: entries match while the list is confirmed or published.
        if_match: ETag of the state that you saw; where it is another by now, nothing is changed.
        idempotency_key: your own name of this request.
    """
    body = given(subject=subject, threshold_bits=threshold_bits, standing=standing)
    return Request(
        operation="change_list",
        method="PATCH",
        path=LIST,
        names={"list": list},
        headers=(SENT_JSON, *write_headers(idempotency_key, if_match)),
        content=json_body(body),
        read=tagged(HashList),
    )


def withdraw_list(
    list: str,  # noqa: A002 - the word of the service
    *,
    if_match: str | None = None,
    idempotency_key: str | None = None,
) -> Request[None]:
    """Withdraw a list with all its entries: they stay on record, and match no more."""
    return Request(
        operation="withdraw_list",
        method="DELETE",
        path=LIST,
        names={"list": list},
        headers=write_headers(idempotency_key, if_match),
        statuses=frozenset({204}),
        read=nothing,
    )


def export_list(
    list: str,  # noqa: A002 - the word of the service
    *,
    format: Literal["csv", "vics", "plain"] = "csv",  # noqa: A002 - the word of the service
) -> Request[Any]:
    """Give all active entries of a list while they come, in one of the field's formats.

    Use it in a `with` block, and throw away what came of it if it raises TornAnswerError.
    """
    return Request(
        operation="export_list",
        method="GET",
        path=f"{LIST}/export",
        names={"list": list},
        query=query(format=format),
        read=nothing,
    )


def tagged(shape: type[T]) -> Callable[[Reply], T]:
    """Return what reads a record together with its ETag."""
    read_plain = reading(shape)

    def read(reply: Reply) -> T:
        record: Any = read_plain(reply)  # Any: structs know their fields, not their type variable
        tagged_record: T = msgspec.structs.replace(record, etag=reply.headers.get("etag"))
        return tagged_record

    return read


def if_changed(shape: type[T]) -> Callable[[Reply], T | None]:
    """Return what reads a record, or that it is unchanged."""
    read_tagged = tagged(shape)
    return lambda reply: None if reply.status == _NOT_MODIFIED else read_tagged(reply)


def unless(etag: str) -> Named:
    """Return the header that asks for a record only where it is not in this state."""
    return (("If-None-Match", header_value(etag)),)
