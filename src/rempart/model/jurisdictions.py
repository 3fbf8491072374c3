"""Codes of jurisdictions: states by ISO 3166-1, their parts by ISO 3166-2."""

import re
from typing import Final, NewType

Jurisdiction = NewType("Jurisdiction", str)
"""`FR`, `GB-SCT`, `US-CA`: a code in the written form of ISO 3166; whether it is assigned is not said."""

_CODE: Final = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", re.ASCII)


def parse_jurisdiction(text: str) -> Jurisdiction | None:
    """Return the code that a text writes, or None where it is no code of ISO 3166-1 alpha-2 or 3166-2."""
    return Jurisdiction(text) if _CODE.fullmatch(text) is not None else None


def state_of(code: Jurisdiction) -> Jurisdiction:
    """Return the code of the state that a part belongs to; a state's own code stays as it is."""
    return Jurisdiction(code[:2])
