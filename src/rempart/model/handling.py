"""Handling: what may be done with a record, most restrictive by default."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Marking(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST)."""

    RED = "red"
    AMBER_STRICT = "amber+strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


class Use(StrEnum):
    """One thing that a receiver may want to do with a record; absent from the flags means no."""

    DETECT = "detect"
    INVESTIGATE = "investigate"
    CONTACT_THIRD_PARTY = "contact-third-party"
    ACT_VISIBLY = "act-visibly"
    COURT = "court"
    PASS_ON = "pass-on"  # noqa: S105 - a use, no password
    STATISTICS = "statistics"
    TRAIN = "train"


class Standing(StrEnum):
    """Where a list or an entry is in its life."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    PUBLISHED = "published"
    DISPUTED = "disputed"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Subject(StrEnum):
    """Whom the media shows, as the list's operator stated it."""

    CHILD = "child"
    ADULT = "adult"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True)
class Handling:
    """Limits on a list or an entry. The defaults allow this node to detect, and nothing else.

    Attributes:
        audience: organisations that may read it; empty means this node's own organisation only.
        marking: Traffic Light Protocol marking.
        uses: what it may be used for.
        purpose: why it was shared, from the sharing envelope's closed list.
        legal_basis: country, article and version of the ground for holding it; absent where not stated.
        expires_at: moment after which it is not used any more; absent means no end was stated.
        retention_days: how long a withdrawn copy is kept; absent means the node's setting.
    """

    audience: tuple[str, ...] = ()
    marking: Marking = Marking.RED
    uses: tuple[Use, ...] = (Use.DETECT,)
    purpose: str = "detection-removal"
    legal_basis: str | None = None
    expires_at: datetime | None = None
    retention_days: int | None = None
