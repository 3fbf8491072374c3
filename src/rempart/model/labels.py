"""Label: a classification by an agreed scheme, always with the scheme's name, version and region."""

from dataclasses import dataclass
from typing import Final

UNMAPPED: Final = "unmapped"
"""Scheme of a raw category that no label map of the operator gave a meaning: unknown, to be reviewed."""


@dataclass(frozen=True, slots=True)
class Label:
    """One classification of one entry.

    Attributes:
        scheme: the scheme's name, or `unmapped` for a raw value whose meaning nobody has stated.
        scheme_version: the scheme's version; absent where unknown.
        region: ISO 3166 code or profile name that the value belongs to; absent where unknown.
        value: the class within the scheme, or the raw value as received.
    """

    scheme: str
    scheme_version: str | None
    region: str | None
    value: str
