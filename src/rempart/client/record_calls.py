"""The operations on the history of matches, and on API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from rempart.client.list_calls import PAGE, SENT_JSON
from rempart.client.record_shapes import (
    Disposition,
    Key,
    KeyPage,
    MatchHistory,
    MatchPage,
    NewKey,
    RecordedMatch,
)
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

_MATCHES: Final = "/v1/matches"
_MATCH: Final = "/v1/matches/{match}"
_KEYS: Final = "/v1/keys"
_KEY: Final = "/v1/keys/{key}"
_MADE: Final = frozenset({201})


def show_matches(
    *,
    limit: int = 100,
    cursor: str | None = None,
    list: str | None = None,  # noqa: A002 - the word of the service
    since: datetime | None = None,
    until: datetime | None = None,
    disposition: Literal["true", "false", "unclear", "none"] | None = None,
    principal: str | None = None,
) -> Request[MatchPage]:
    """Return a page of what was matched, newest first; every look is on record.

    Args:
        limit: most matches of the page, up to 1000.
        cursor: `next_cursor` of the page before, with the same filters.
        list: matches with this list: its id or name.
        since: matches made at this moment or later.
        until: matches made before this moment.
        disposition: matches of which a person said this, or of which nobody said anything.
        principal: matches that this principal asked for.
    """
    return Request(
        operation="show_matches",
        method="GET",
        path=_MATCHES,
        query=query(
            limit=limit,
            cursor=cursor,
            list=list,
            since=since,
            until=until,
            disposition=disposition,
            principal=principal,
        ),
        read=reading(MatchPage),
    )


def every_match(
    *,
    list: str | None = None,  # noqa: A002 - the word of the service
    since: datetime | None = None,
    until: datetime | None = None,
    disposition: Literal["true", "false", "unclear", "none"] | None = None,
    principal: str | None = None,
) -> Pages[RecordedMatch]:
    """Iterate over what was matched, newest first; filters as in `show_matches`; every page is a look on record."""
    return Pages(
        lambda cursor: show_matches(
            limit=PAGE,
            cursor=cursor,
            list=list,
            since=since,
            until=until,
            disposition=disposition,
            principal=principal,
        ),
        lambda page: page.matches,
        lambda page: page.next_cursor,
    )


def show_match(match: str) -> Request[MatchHistory]:
    """Return one match with everything that was said of it; the look is on record."""
    return Request(
        operation="show_match",
        method="GET",
        path=_MATCH,
        names={"match": match},
        read=reading(MatchHistory),
    )


def dispose_match(
    match: str,
    value: Literal["true", "false", "unclear"],
    reason: str,
    *,
    idempotency_key: str | None = None,
) -> Request[Disposition]:
    """Say what a match is, and why; what was said before stays on record."""
    return Request(
        operation="dispose_match",
        method="POST",
        path=f"{_MATCH}/disposition",
        names={"match": match},
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body({"value": value, "reason": reason}),
        read=reading(Disposition),
    )


def show_keys() -> Request[KeyPage]:
    """Return every key that was ever made."""
    return Request(operation="show_keys", method="GET", path=_KEYS, read=reading(KeyPage))


def show_key(key: str) -> Request[Key]:
    """Return one key, by its id."""
    return Request(
        operation="show_key", method="GET", path=_KEY, names={"key": key}, read=reading(Key)
    )


def create_key(
    roles: Sequence[str],
    *,
    lists: Sequence[str] | None = None,
    label: str | None = None,
    principal: str | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    queries_per_day: int | None = None,
    idempotency_key: str | None = None,
) -> Request[NewKey]:
    """Make a key, and return it with its text, which is shown this once.

    Args:
        roles: `match`, `list-reader`, `list-editor`, `reviewer`, `operator`, `auditor`; one or several.
        lists: ids of the lists that it may touch; absent means every list.
        label: what it is called; absent means its principal's name.
        principal: name of the service that acts with it; keys of one name share it.
        expires_at: moment from which it is refused; absent means no end.
        requests_per_minute: pace, 0 for no limit; absent means the node's setting.
        queries_per_day: budget, 0 for no limit; absent means the node's setting.
        idempotency_key: your own name of this request.
    """
    body = given(
        roles=roles,
        lists=lists,
        label=label,
        principal=principal,
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        queries_per_day=queries_per_day,
    )
    return Request(
        operation="create_key",
        method="POST",
        path=_KEYS,
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body(body),
        statuses=_MADE,
        read=reading(NewKey),
    )


def revoke_key(key: str, *, idempotency_key: str | None = None) -> Request[None]:
    """Let a key hold no longer, in all workers within a second."""
    return Request(
        operation="revoke_key",
        method="DELETE",
        path=_KEY,
        names={"key": key},
        headers=write_headers(idempotency_key),
        statuses=frozenset({204}),
        read=nothing,
    )


def rotate_key(
    key: str, *, overlap_hours: int = 24, idempotency_key: str | None = None
) -> Request[NewKey]:
    """Make a key with the same rights, and let the old one expire after some hours; 0 ends it at once."""
    return Request(
        operation="rotate_key",
        method="POST",
        path=f"{_KEY}/rotate",
        names={"key": key},
        headers=(SENT_JSON, *write_headers(idempotency_key)),
        content=json_body({"overlap_hours": overlap_hours}),
        statuses=_MADE,
        read=reading(NewKey),
    )
