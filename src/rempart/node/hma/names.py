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
_IDENTIFIED: Final = re.compile(r"__[0-9A-F]{32}\Z", re.ASCII)
"""How the name of a bank ends that a list's identifier stands in; kept for such lists."""


def check_bank_name(name: str) -> None:
    """Let a name pass that a client gives to a bank.

    Raises:
        BadRequestError: it is none, or has the form that is kept for lists that no client has named.
    """
    if len(name) > LONGEST_BANK_NAME or _BANK.fullmatch(name) is None:
        msg = (
            "Bank names consist of upper-case letters, digits and underscores, do not begin with a digit, "
            f"and have at most {LONGEST_BANK_NAME} characters"
        )
        raise BadRequestError(msg)
    if _IDENTIFIED.search(name) is not None:
        msg = "Names of banks that end with two underscores and 32 hexadecimal digits are kept for lists of others"
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


def own_bank_name(hash_list: HashList, own: str) -> str:
    """Return what a list is called that no client has named; no other list is ever called so.

    It follows from facts that never change. A list of the node's own organisation has its own name in upper case;
    an owner has no two lists of one name. Every other list has its identifier at the end, and no client can give a
    bank a name of that form.

    Args:
        hash_list: the list.
        own: name of the node's organisation.
    """
    name = _upper(hash_list.name)
    if hash_list.owner == own and _IDENTIFIED.search(name) is None:
        return name
    return _identified(hash_list)


def bank_names(
    lists: Iterable[HashList], named: Mapping[ListId, str], *, own: str
) -> dict[ListId, str]:
    """Return the bank name of every list; which other lists are asked for makes no difference.

    Args:
        lists: the lists that are banks.
        named: the names that are fixed, by list, of all lists of the node.
        own: name of the node's organisation.
    """
    taken = set(named.values())
    names = {}
    for each in lists:
        name = named.get(each.id) or own_bank_name(each, own)
        if each.id not in named and name in taken:
            name = _identified(each)  # a client gave the plain name to another bank before
        names[each.id] = name
    return names


def _upper(name: str) -> str:
    plain = name.upper().replace("-", "_")
    return f"_{plain}" if plain[0].isdigit() else plain


def _identified(hash_list: HashList) -> str:
    return f"{_upper(hash_list.name)}__{hash_list.id.hex.upper()}"
