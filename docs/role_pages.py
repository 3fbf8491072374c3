# ruff: noqa: INP001 - beside the script that uses it, no package
"""Writes the reference page of roles by asking the policies themselves."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from rempart.access import GRANTABLE_ROLES, Access, Action, Role
from rempart.model.identifiers import ListId

MEANINGS: Final[dict[Action, str]] = {
    Action.MATCH: "match fingerprints",
    Action.SCAN: "send a file to be fingerprinted and matched",
    Action.LIST_LISTS: "see which lists there are, with their counts",
    Action.READ_ENTRIES: "see the entries of a list with their fingerprints, which no answer to a match shows",
    Action.EXPORT_ENTRIES: "take a whole list away",
    Action.EDIT_ENTRIES: "add, change, withdraw, suspend entries of a list",
    Action.CREATE_LIST: "make a list",
    Action.CHANGE_LIST: "change what is said about a list, or withdraw it",
    Action.READ_MATCHES: "look into the history of matches",
    Action.DISPOSE_MATCH: "say of a match that it was true, false or unclear",
    Action.MANAGE_KEYS: "make, see, rotate and revoke API keys",
    Action.MANAGE_EXCHANGES: "set up exchanges and fetch from them",
    Action.READ_AUDIT: "read the audit log with its proofs",
    Action.READ_METRICS: "read the metrics",
}

_ABOUT: Final = (
    "What each role may do: the answers of the policies in `src/rempart/access/policies`, whose comments say why."
    " A key can have several roles, and then the rights of all of them."
    " [Who may do what](../explanation/who-may-do-what.md) explains the rest."
)
_UNLIMITED: Final = "A key for every list may:"
_LIMITED: Final = (
    "A key that is limited to lists (`--list`) may the same on these lists, and nothing on others: they are answered"
    " as lists that do not exist. What concerns the whole node it may not:"
)
_ANONYMOUS: Final = (
    "`anonymous` is whoever calls the HMA routes of an exercise node without a key, where the operator switched that"
    " on. No key can be given that role."
)
_LIST: Final = ListId(UUID(int=1))


def roles_page(note: str) -> str:
    """Return the page of roles and actions."""
    access = Access.load()
    return (
        "\n\n".join(
            [
                note,
                "# Roles",
                _ABOUT,
                _UNLIMITED,
                _table(access),
                _LIMITED,
                "\n".join(f"* `{action.value}`" for action in node_wide(access)),
                _ANONYMOUS,
            ]
        )
        + "\n"
    )


def node_wide(access: Access) -> Iterator[Action]:
    """Yield the actions that somebody may, but nobody who is limited to lists."""
    every_role = frozenset(Role)
    for action in Action:
        without, within = (
            access.decide_at_all(roles=every_role, all_lists=all_lists, action=action).allowed
            for all_lists in (True, False)
        )
        if without and not within:
            yield action


def _table(access: Access) -> str:
    roles = (*GRANTABLE_ROLES, Role.ANONYMOUS)
    head = ["action", "meaning", *(f"`{role.value}`" for role in roles)]
    lines = [head, ["---"] * len(head)]
    for action in Action:
        marks = ["yes" if _may(access, role, action) else "" for role in roles]
        lines.append([f"`{action.value}`", MEANINGS[action], *marks])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _may(access: Access, role: Role, action: Action) -> bool:
    return any(
        access.decide(
            roles=frozenset({role}), all_lists=True, list_ids=(), action=action, list_id=list_id
        ).allowed
        for list_id in (None, _LIST)
    )
