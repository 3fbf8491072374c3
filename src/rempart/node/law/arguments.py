"""What a caller writes in a question of law, read once and completely."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from rempart.law import gazetteer
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Role
from rempart.node.errors import LawArgumentError

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ROLES: Final = ", ".join(each.value for each in Role)
_SHOWN: Final = 60


def parse_day(text: str) -> date:
    """Return the day that a text writes as ISO 8601.

    Raises:
        LawArgumentError: it is no day in the form 2024-05-07.
    """
    if _DAY.fullmatch(text) is not None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass  # the right form, and no day of the calendar
    message = f"{text[:_SHOWN]!r} is no day."
    raise LawArgumentError(message, hint="Write year, month and day, such as 2024-05-07.")


def parse_roles(texts: Sequence[str]) -> Mapping[Role, tuple[Jurisdiction, ...]]:
    """Return the countries of each role of a case, in the order given, each once.

    Args:
        texts: `ROLE=CODE`, or several codes behind a comma each: `child=PH,VN`.

    Raises:
        LawArgumentError: a text has another form, or names no role.
        UnknownJurisdictionError: a code is not assigned.
    """
    roles: dict[Role, dict[Jurisdiction, None]] = {}
    for text in texts:
        name, equals, codes = text.partition("=")
        if not equals or name not in list(Role):
            message = f"{text[:_SHOWN]!r} is no role with a country."
            raise LawArgumentError(
                message, hint=f"Write ROLE=CODE, such as host=DE; a role is one of: {_ROLES}."
            )
        found = roles.setdefault(Role(name), {})
        found.update((gazetteer().check(code), None) for code in codes.split(","))
    return {role: tuple(codes) for role, codes in roles.items()}
