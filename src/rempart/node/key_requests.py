"""What an operator says of a new API key, checked before anything is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from rempart.access import GRANTABLE_ROLES
from rempart.model.identifiers import ListId
from rempart.node.catalogue import find_list
from rempart.node.errors import KeyRequestError
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode

KEY_ROLES: Final = tuple(role.value for role in GRANTABLE_ROLES)
"""The roles that a key can be given."""

LARGEST_REQUESTS_PER_MINUTE: Final = 1_000_000_000
LARGEST_QUERIES_PER_DAY: Final = 1_000_000_000_000
LONGEST_KEY_NAME: Final = 200
ANONYMOUS_SUBJECT: Final = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """What a new key is to be.

    Attributes:
        roles: at least one of `KEY_ROLES`.
        lists: the lists that it may touch; absent means every list.
        label: what it is called; absent means its principal's name.
        principal: name of the service that acts with it; keys of one name share it. Absent means its label, or
            else a new name.
        expires_at: moment from which it is refused; absent means no end.
        requests_per_minute: pace, 0 for no limit; absent means the node's setting.
        queries_per_day: budget, 0 for no limit; absent means the node's setting.
    """

    roles: tuple[str, ...]
    lists: tuple[ListId, ...] | None = None
    label: str | None = None
    principal: str | None = None
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    queries_per_day: int | None = None


def check_key_request(request: KeyRequest, *, now: datetime) -> None:
    """Refuse a request for a key that would be of no use, or of more than was meant.

    Raises:
        KeyRequestError: the first thing that is wrong with it.
    """
    unknown = [role for role in request.roles if role not in KEY_ROLES]
    if unknown or not request.roles:
        what = f"There is no role {unknown[0][:40]!r}." if unknown else "The key has no role."
        raise KeyRequestError(what, hint=f"The roles are: {', '.join(KEY_ROLES)}.")
    if request.lists is not None and not request.lists:
        message = "The key is limited to lists, but to none."
        raise KeyRequestError(message, hint="Name a list, or leave the limit away.")
    if request.expires_at is not None and request.expires_at <= now:
        message = "The key would have expired already."
        raise KeyRequestError(message, hint="Give a moment in the future.")
    _check_names(request)
    _check_number("requests per minute", request.requests_per_minute, LARGEST_REQUESTS_PER_MINUTE)
    _check_number("queries per day", request.queries_per_day, LARGEST_QUERIES_PER_DAY)


def lists_named(node: OpenNode, names: tuple[str, ...]) -> tuple[ListId, ...] | None:
    """Return the lists that a key is to be limited to, by name or identifier; nothing where none is named.

    Raises:
        ListUnknownError: there is no such list.
        AmbiguousListError: several owners use the name: give the identifier.
    """
    if not names:
        return None
    return tuple(dict.fromkeys(_list_named(node, name) for name in names))


def _list_named(node: OpenNode, name: str) -> ListId:
    try:
        wanted = UUID(name)
    except ValueError:
        return find_list(node, name, None).id
    for each in node.store.lists():
        if each.id == wanted:
            return each.id
    return find_list(node, name, None).id


def _check_names(request: KeyRequest) -> None:
    for what, name in (("label", request.label), ("principal", request.principal)):
        if name is not None and (len(name) > LONGEST_KEY_NAME or not is_plain_name(name)):
            message = f"The {what} is empty, too long, has blanks around it or cannot be shown."
            raise KeyRequestError(message, hint=f"Use at most {LONGEST_KEY_NAME} characters.")
        if name == ANONYMOUS_SUBJECT:
            message = f"The {what} {name!r} stands for callers without a key."
            raise KeyRequestError(message, hint="Take another name.")


def _check_number(what: str, number: int | None, largest: int) -> None:
    if number is not None and not 0 <= number <= largest:
        message = f"The number of {what} is outside its limits."
        raise KeyRequestError(message, hint=f"Use 0, for no limit, to {largest}.")
