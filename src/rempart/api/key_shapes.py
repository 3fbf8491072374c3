"""What API keys look like in requests and answers, as msgspec types."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from rempart.model.clock import to_text
from rempart.node.service import LONGEST_OVERLAP_HOURS, NewKey, ShownKey

RoleWord: TypeAlias = Literal[
    "match", "list-reader", "list-editor", "reviewer", "operator", "auditor"
]
_Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Identifier: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=36, max_length=36, extra_json_schema={"format": "uuid"})
]


class KeyWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new key is to be."""

    roles: Annotated[list[RoleWord], msgspec.Meta(min_length=1, max_length=6)]
    lists: Annotated[
        Annotated[list[_Identifier], msgspec.Meta(min_length=1, max_length=1000)] | None,
        msgspec.Meta(description="Ids of the lists that it may touch; absent means every list."),
    ] = None
    label: Annotated[
        _Name | None, msgspec.Meta(description="What it is called; absent: its principal's name.")
    ] = None
    principal: Annotated[
        _Name | None,
        msgspec.Meta(
            description="Name of the service that acts with it; keys of one name share it."
        ),
    ] = None
    expires_at: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="Moment from which it is refused; absent means no end."),
    ] = None
    requests_per_minute: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None,
        msgspec.Meta(description="Pace, 0 for no limit; absent means the node's setting."),
    ] = None
    queries_per_day: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)] | None,
        msgspec.Meta(description="Budget, 0 for no limit; absent means the node's setting."),
    ] = None


class RotationWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a key is to be replaced."""

    overlap_hours: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=LONGEST_OVERLAP_HOURS,
            description="How long both hold; 0 ends the old one at once.",
        ),
    ] = 24


class KeyView(msgspec.Struct, frozen=True):
    """A key; never its text."""

    id: str
    label: str
    principal: str
    roles: list[str]
    lists: list[str] | None
    state: Literal["holds", "ending", "expired", "revoked"]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    replaced_by: str | None
    requests_per_minute: int | None
    queries_per_day: int | None
    used_today: int


class KeyPage(msgspec.Struct, frozen=True):
    """Every key that was ever made, in the order of their making."""

    keys: list[KeyView]


class KeyMade(msgspec.Struct, frozen=True):
    """A key that was made."""

    id: str
    label: str
    principal: str
    roles: list[str]
    lists: list[str] | None
    expires_at: str | None
    key: Annotated[
        str | None,
        msgspec.Meta(description="The key, shown this once; absent when the request is replayed."),
    ]


def key_view(shown: ShownKey) -> KeyView:
    """Return a key as it is answered."""
    key = shown.key
    return KeyView(
        id=str(key.id),
        label=key.label,
        principal=key.principal.subject,
        roles=list(key.roles),
        lists=_lists(key.lists),
        state=shown.state.value,
        created_at=to_text(key.created_at),
        expires_at=_moment(key.expires_at),
        revoked_at=_moment(key.revoked_at),
        replaced_by=None if key.replaced_by is None else str(key.replaced_by),
        requests_per_minute=key.requests_per_minute,
        queries_per_day=key.queries_per_day,
        used_today=shown.used_today,
    )


def key_made(new: NewKey) -> KeyMade:
    """Return a new key as it is answered once."""
    key = new.key
    return KeyMade(
        id=str(key.id),
        label=key.label,
        principal=key.principal.subject,
        roles=list(key.roles),
        lists=_lists(key.lists),
        expires_at=_moment(key.expires_at),
        key=new.text,
    )


def _lists(lists: "frozenset[object] | None") -> list[str] | None:
    return None if lists is None else sorted(str(each) for each in lists)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
