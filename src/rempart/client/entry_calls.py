"""The operations on entries of a list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from rempart.client.list_calls import LIST, PAGE, SENT_JSON, if_changed, tagged, unless
from rempart.client.list_shapes import EntriesTaken, Entry, EntryPage, NewEntry, RecordKept
from rempart.client.requests import (
    Pages,
    Request,
    given,
    json_body,
    nothing,
    query,
    reading,
    write_headers,
)

_ENTRIES: Final = f"{LIST}/entries"
_ENTRY: Final = f"{_ENTRIES}/{{entry}}"


def show_entries(
    list: str,  # noqa: A002 - the word of the service
    *,
    limit: int = 100,
    cursor: str | None = None,
    standing: str | None = None,
    kind: str | None = None,
    value: str | None = None,
    source_id: str | None = None,
) -> Request[EntryPage]:
    """Return a page of a list's entries, in the order in which they came; `every_entry` follows the pages for you.

    Args:
        list: its id or name.
        limit: most entries of the page, up to 1000.
        cursor: `next_cursor` of the page before, with the same filters.
        standing: absent means all that are not withdrawn.
        kind: entries with a fingerprint of this kind.
        value: entries with this fingerprint; needs `kind`.
        source_id: entries that a source knows by this identifier of its own.
    """
    return Request(
        operation="show_entries",
        method="GET",
        path=_ENTRIES,
        names={"list": list},
        query=query(
            limit=limit,
            cursor=cursor,
            standing=standing,
            kind=kind,
            value=value,
            source_id=source_id,
        ),
        read=reading(EntryPage),
    )


def every_entry(
    list: str,  # noqa: A002 - the word of the service
    *,
    standing: str | None = None,
    kind: str | None = None,
    value: str | None = None,
    source_id: str | None = None,
) -> Pages[Entry]:
    """Iterate over a list's entries, in the order in which they came; filters as in `show_entries`."""
    return Pages(
        lambda cursor: show_entries(
            list,
            limit=PAGE,
            cursor=cursor,
            standing=standing,
            kind=kind,
            value=value,
            source_id=source_id,
        ),
        lambda page: page.entries,
        lambda page: page.next_cursor,
    )


def put_entries(
    list: str,  # noqa: A002 - the word of the service
    entries: Sequence[NewEntry],
    *,
    source: str | None = None,
    idempotency_key: str | None = None,
) -> Request[EntriesTaken]:
    """Add entries to a list or change them, and return what became of each; one that is refused keeps no other out.

    Args:
        list: its id or name.
        entries: at most 10,000.
        source: whose claims these are; absent means the list's owner.
        idempotency_key: your own name of this request.
    """
    return Request(
        operation="put_entries",
        method="POST",
        path=_ENTRIES,
        names={"list": list},
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body(given(entries=entries, source=source)),
        read=reading(EntriesTaken),
    )


def show_entry(list: str, entry: str) -> Request[Entry]:  # noqa: A002 - the word of the service
    """Return one entry, withdrawn or not."""
    return Request(
        operation="show_entry",
        method="GET",
        path=_ENTRY,
        names={"list": list, "entry": entry},
        read=tagged(Entry),
    )


def show_entry_if_changed(
    list: str,  # noqa: A002 - the word of the service
    entry: str,
    etag: str,
) -> Request[Entry | None]:
    """Return one entry, or nothing where it is still in the state that an ETag names."""
    return Request(
        operation="show_entry",
        method="GET",
        path=_ENTRY,
        names={"list": list, "entry": entry},
        headers=unless(etag),
        statuses=frozenset({200, 304}),
        read=if_changed(Entry),
    )


def change_entry(
    list: str,  # noqa: A002 - the word of the service
    entry: str,
    said: NewEntry,
    *,
    source: str | None = None,
    if_match: str | None = None,
    idempotency_key: str | None = None,
) -> Request[RecordKept]:
    """Replace what a source says of an entry.

    Its `source_id`, or without one its strongest fingerprint, has to stay: by that it is known.

    Args:
        list: the list's id or name.
        entry: its id.
        said: what is said from now on.
        source: who says it; absent means the list's owner.
        if_match: ETag of the state that you saw; where it is another by now, nothing is changed.
        idempotency_key: your own name of this request.
    """
    body = {**msgspec.to_builtins(said), **given(source=source)}
    return Request(
        operation="change_entry",
        method="PUT",
        path=_ENTRY,
        names={"list": list, "entry": entry},
        headers=(SENT_JSON, *write_headers(idempotency_key, if_match)),
        content=json_body(body),
        read=reading(RecordKept),
    )


def withdraw_entry(
    list: str,  # noqa: A002 - the word of the service
    entry: str,
    *,
    source: str | None = None,
    if_match: str | None = None,
    idempotency_key: str | None = None,
) -> Request[None]:
    """Withdraw an entry, or the claim of one source on it; without a claim it matches no more."""
    return Request(
        operation="withdraw_entry",
        method="DELETE",
        path=_ENTRY,
        names={"list": list, "entry": entry},
        query=query(source=source),
        headers=write_headers(idempotency_key, if_match),
        statuses=frozenset({204}),
        read=nothing,
    )


def suspend_entry(
    list: str,  # noqa: A002 - the word of the service
    entry: str,
    *,
    until: datetime | None = None,
    idempotency_key: str | None = None,
) -> Request[None]:
    """Let an entry not be matched until a moment, or until somebody resumes it."""
    return Request(
        operation="suspend_entry",
        method="POST",
        path=f"{_ENTRY}/suspend",
        names={"list": list, "entry": entry},
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body(given(until=until)),
        statuses=frozenset({204}),
        read=nothing,
    )


def resume_entry(
    list: str,  # noqa: A002 - the word of the service
    entry: str,
    *,
    idempotency_key: str | None = None,
) -> Request[None]:
    """Let a suspended entry be matched again."""
    return Request(
        operation="resume_entry",
        method="POST",
        path=f"{_ENTRY}/resume",
        names={"list": list, "entry": entry},
        headers=write_headers(idempotency_key),
        statuses=frozenset({204}),
        read=nothing,
    )
