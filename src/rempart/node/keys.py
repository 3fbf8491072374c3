"""API keys: make, show, revoke, rotate. Each is a write with one event, which tells no key and no digest."""

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from rempart.keys import API_KEY_ENTROPY_BYTES, api_key_digest, api_key_text
from rempart.model.clock import to_text
from rempart.model.identifiers import KeyId, PrincipalId
from rempart.model.principals import Principal, PrincipalKind
from rempart.model.service import ApiKey
from rempart.node.errors import KeyEndedError
from rempart.node.key_requests import ANONYMOUS_SUBJECT, KeyRequest, check_key_request
from rempart.node.node import OpenNode
from rempart.node.own_principals import ensure_principal
from rempart.node.secrets import Secrets, ensure_keys
from rempart.store import StoreWriter, UnknownRecordError

SERVICE_ISSUER: Final = "rempart"
"""Who vouches for the principals of keys: the node itself."""

_LAST_MOMENT: Final = datetime(9999, 12, 30, tzinfo=UTC)

LONGEST_OVERLAP_HOURS: Final = 24 * 366


class KeyState(StrEnum):
    """Whether a key holds."""

    HOLDS = "holds"
    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. Its text is here for the only time."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DrawnText:
    """The text of a key that is about to be made, and the digest under which it is kept."""

    text: str = field(repr=False)
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A request for a key that was checked, and what was drawn for it."""

    request: KeyRequest
    drawn: DrawnText


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as operators see it.

    Attributes:
        state: `ending` once another key took its place, until it expires.
        used_today: queries charged on this day in UTC, those included that workers took ahead; of a key with a
            budget.
    """

    key: ApiKey
    state: KeyState
    used_today: int


def node_secrets(node: OpenNode) -> Secrets:
    """Open a node's secrets; those that every node has are made where they are missing."""
    return ensure_keys(
        node.folder,
        node.store,
        settings=node.settings,
        principal=node.principal,
        clock=node.clock,
        identifiers=node.identifiers,
    )


def create_key(
    node: OpenNode, request: KeyRequest, *, principal: Principal | None = None
) -> NewKey:
    """Make an API key.

    Args:
        node: the node that it opens.
        request: what it is to be.
        principal: who makes it; absent means the node's local principal.

    Raises:
        KeyRequestError: the request cannot be met as it stands.
        UnknownRecordError: it names a list that the store does not know.
    """
    draft = draft_key(node, request)
    with node.store.write(
        principal=principal or node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        return keep_key(node, writer, draft)


def draft_key(node: OpenNode, request: KeyRequest) -> KeyDraft:
    """Check a request and draw a key for it; nothing is written but the secrets of a node that has none yet.

    Raises:
        KeyRequestError: the request cannot be met as it stands.
    """
    check_key_request(request, now=node.clock.now())
    return KeyDraft(request, draw_key_text(node))


def keep_key(node: OpenNode, writer: StoreWriter, draft: KeyDraft) -> NewKey:
    """Keep a drawn key within a write, and record it.

    Raises:
        UnknownRecordError: the request names a list that the store does not know.
    """
    request = draft.request
    subject = request.principal or request.label or f"service-{os.urandom(6).hex()}"
    key = writer.keys.add(
        principal_id=_service_principal(node, writer, subject),
        label=request.label or subject,
        digest=draft.drawn.digest,
        roles=tuple(dict.fromkeys(request.roles)),
        lists=request.lists,
        expires_at=request.expires_at,
        requests_per_minute=request.requests_per_minute,
        queries_per_day=request.queries_per_day,
    )
    writer.record("key.created", _rights(key))
    return NewKey(key, draft.drawn.text)


def list_keys(node: OpenNode) -> tuple[ShownKey, ...]:
    """Return every key that was ever made, in the order of their making."""
    now = node.clock.now()
    return tuple(_shown(node, key, now) for key in node.store.keys.all())


def find_key(node: OpenNode, key_id: KeyId) -> ShownKey:
    """Return one key.

    Raises:
        UnknownRecordError: there is none.
    """
    key = node.store.keys.get(key_id)
    if key is None:
        message = f"There is no key {key_id}."
        raise UnknownRecordError(message, hint="See `rempart keys list`.")
    return _shown(node, key, node.clock.now())


def revoke_key(node: OpenNode, key_id: KeyId, *, principal: Principal | None = None) -> ShownKey:
    """Let a key hold no longer, in all workers within a second; a key that was revoked before stays so.

    Raises:
        UnknownRecordError: there is none.
    """
    present = find_key(node, key_id)
    if present.state is KeyState.REVOKED:
        return present
    with node.store.write(
        principal=principal or node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.keys.revoke(key_id)
        writer.record("key.revoked", {"key": str(key_id)})
    return find_key(node, key_id)


def rotate_key(
    node: OpenNode, key_id: KeyId, *, overlap_hours: int, principal: Principal | None = None
) -> NewKey:
    """Make a key with the same rights as another, which then expires after an overlap.

    The new key lives as long as the old one was made to; its budget is its own.

    Args:
        node: the node that both open.
        key_id: the old key.
        overlap_hours: how long both hold, so that callers can change over; 0 ends the old one at once.
        principal: who does it; absent means the node's local principal.

    Raises:
        UnknownRecordError: there is no such key.
        KeyEndedError: it holds no longer, or another key took its place already.
    """
    drawn = draw_key_text(node)
    with node.store.write(
        principal=principal or node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        return keep_rotated_key(node, writer, key_id, drawn, overlap_hours=overlap_hours)


def keep_rotated_key(
    node: OpenNode, writer: StoreWriter, key_id: KeyId, drawn: DrawnText, *, overlap_hours: int
) -> NewKey:
    """Put a drawn key in the place of another within a write, and record it; see `rotate_key`."""
    old = find_key(node, key_id).key
    _refuse_ended(node, old)
    now = node.clock.now()
    new = writer.keys.add(
        principal_id=old.principal.id,
        label=old.label,
        digest=drawn.digest,
        roles=old.roles,
        lists=None if old.lists is None else tuple(old.lists),
        expires_at=old.expires_at and _as_long_as(old, old.expires_at, now),
        requests_per_minute=old.requests_per_minute,
        queries_per_day=old.queries_per_day,
    )
    ends_at = now + timedelta(hours=overlap_hours)
    writer.keys.replace(old.id, new.id, ends_at=ends_at)
    writer.record(
        "key.rotated", {"replaced": str(old.id), "ends_at": to_text(ends_at), **_rights(new)}
    )
    return NewKey(new, drawn.text)


def anonymous_principal(node: OpenNode) -> Principal:
    """Return who is on record for callers without a key; made on first need.

    Raises:
        ValueError: this is a live node, which has no such callers.
    """
    if not node.store.node.is_exercise:
        msg = "a live node has no anonymous callers"
        raise ValueError(msg)
    return ensure_principal(node, SERVICE_ISSUER, ANONYMOUS_SUBJECT, store=node.store)


def draw_key_text(node: OpenNode) -> DrawnText:
    """Draw the text of a key, with the digest under which it is kept."""
    text = api_key_text(os.urandom(API_KEY_ENTROPY_BYTES))
    return DrawnText(text, api_key_digest(text, mac_secret=node_secrets(node).api_key_mac()))


def _service_principal(node: OpenNode, writer: StoreWriter, subject: str) -> PrincipalId:
    # Nobody else can write meanwhile, so what is not there now will not be there when this write ends.
    found = node.store.find_principal(SERVICE_ISSUER, subject)
    if found is None:
        found = writer.add_principal(
            issuer=SERVICE_ISSUER, subject=subject, kind=PrincipalKind.SERVICE
        )
    return found.id


def _as_long_as(old: ApiKey, expires_at: datetime, now: datetime) -> datetime:
    """Return until when a key of the same length would hold, were it made now; never later than can be written."""
    return now + min(expires_at - old.created_at, _LAST_MOMENT - now)


def _refuse_ended(node: OpenNode, key: ApiKey) -> None:
    state = _state(key, node.clock.now())
    if state is not KeyState.HOLDS:
        message = f"The key {key.id} is {state}: it cannot be rotated."
        raise KeyEndedError(message, hint="Make a new key with `rempart keys create`.")


def _shown(node: OpenNode, key: ApiKey, now: datetime) -> ShownKey:
    day: date = now.date()
    return ShownKey(key, _state(key, now), node.store.keys.used_today(key.id, day))


def _state(key: ApiKey, now: datetime) -> KeyState:
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is not None and key.expires_at <= now:
        return KeyState.EXPIRED
    return KeyState.HOLDS if key.replaced_by is None else KeyState.ENDING


def _rights(key: ApiKey) -> dict[str, object]:
    return {
        "key": str(key.id),
        "principal": str(key.principal.id),
        "roles": list(key.roles),
        "list_ids": None if key.lists is None else sorted(str(each) for each in key.lists),
        "expires_at": None if key.expires_at is None else to_text(key.expires_at),
        "requests_per_minute": key.requests_per_minute,
        "queries_per_day": key.queries_per_day,
    }
