"""Names of banks and of lists: what HMA's clients call a list, and what this node calls a bank."""

import re
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Final

from rempart.model.identifiers import ListId
from rempart.model.lists import HashList
from rempart.node.hma.errors import BadRequestError

LONGEST_BANK_NAME: Final = 255
_BANK: Final = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)
_LONGEST_LIST_NAME: Final = 63
_SUFFIX_DIGITS: Final = 8


def check_bank_name(name: str) -> None:
    """Let the name of a bank pass.

    Raises:
        BadRequestError: it is none.
    """
    if len(name) > LONGEST_BANK_NAME or _BANK.fullmatch(name) is None:
        msg = (
            "Bank names consist of upper-case letters, digits and underscores, do not begin with a digit, "
            f"and have at most {LONGEST_BANK_NAME} characters"
        )
        raise BadRequestError(msg)


def list_name_for(bank: str, taken: Collection[str]) -> str:
    """Return the list name of a new bank: `EXERCISE_A` becomes `exercise-a`.

    A name that is too long, begins with an underscore or is taken ends with the beginning of its SHA-256, so that
    the same bank on another node of the same client gets the same list name.

    Args:
        bank: a bank's name.
        taken: names of the owner's lists.
    """
    plain = bank.lower().replace("_", "-")
    if len(plain) <= _LONGEST_LIST_NAME and not plain.startswith("-") and plain not in taken:
        return plain
    digest = sha256(bank.encode()).hexdigest()
    room = _LONGEST_LIST_NAME - _SUFFIX_DIGITS - 1
    base = plain.strip("-")[:room].rstrip("-") or "bank"
    for start in range(0, len(digest), _SUFFIX_DIGITS):
        name = f"{base}-{digest[start : start + _SUFFIX_DIGITS]}"
        if name not in taken:
            return name
    msg = "Every list name for this bank is taken"
    raise BadRequestError(msg)


def bank_names(lists: Iterable[HashList], named: Mapping[ListId, str]) -> dict[ListId, str]:
    """Return the bank name of every list.

    Args:
        lists: the lists that are banks.
        named: the names that clients gave, by list; a list without one is called by its own name in upper case.
    """
    names: dict[ListId, str] = {}
    taken = set(named.values())
    for each in sorted(lists, key=lambda one: one.id.bytes):
        name = named.get(each.id) or _upper(each, taken)
        names[each.id] = name
        taken.add(name)
    return names


def _upper(each: HashList, taken: Collection[str]) -> str:
    name = each.name.upper().replace("-", "_")
    if name[0].isdigit():
        name = f"_{name}"
    if name not in taken:
        return name
    digits = each.id.hex.upper()
    longer = [f"{name}_{digits[-_SUFFIX_DIGITS:]}", f"{name}_{digits}"]
    # A client may have called a bank anything; among so many candidates one is free.
    longer += [f"{name}_{digits}_{number}" for number in range(len(taken))]
    return next(candidate for candidate in longer if candidate not in taken)
