"""What is asked and answered about the history, keys, the audit log and the service itself, as frozen values."""

from typing import Any

import msgspec

from rempart.client.match_shapes import Match


class Disposition(msgspec.Struct, frozen=True):
    """What a person said of a match: `true`, `false` or `unclear`, and why; the highest version holds."""

    version: int
    value: str
    reason: str
    at: str
    principal: str


class RecordedMatch(msgspec.Struct, frozen=True):
    """A match with the look-up that found it.

    Attributes:
        principal: who asked.
        disposition: what holds of it; absent where nobody said anything.
    """

    match: Match
    lookup: str
    at: str
    expires_at: str
    principal: str
    reference: str | None
    disposition: Disposition | None


class MatchHistory(msgspec.Struct, frozen=True):
    """A match with everything that was said of it, the first first."""

    match: RecordedMatch
    dispositions: list[Disposition]


class MatchPage(msgspec.Struct, frozen=True):
    """Some of the history, newest first."""

    matches: list[RecordedMatch]
    next_cursor: str | None


class Key(msgspec.Struct, frozen=True):
    """A key; never its text.

    Attributes:
        lists: ids of the lists that it is limited to; absent means every list.
        state: `holds`, `ending`, `expired` or `revoked`.
    """

    id: str
    label: str
    principal: str
    roles: list[str]
    lists: list[str] | None
    state: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    replaced_by: str | None
    requests_per_minute: int | None
    queries_per_day: int | None
    used_today: int


class KeyPage(msgspec.Struct, frozen=True):
    """Every key that was ever made, in the order of their making."""

    keys: list[Key]


class NewKey(msgspec.Struct, frozen=True):
    """A key that was made.

    Attributes:
        key: its text, shown this once. Absent where the answer to the first try was lost: then nobody has it;
            revoke the key and make another.
    """

    id: str
    label: str
    principal: str
    roles: list[str]
    lists: list[str] | None
    expires_at: str | None
    key: str | None

    def __repr__(self) -> str:
        """Say which key it is, without its text."""
        return f"NewKey(id={self.id!r}, label={self.label!r})"


class Event(msgspec.Struct, frozen=True):
    """One event of the audit log: what was done, when, by whom.

    Attributes:
        subject: what the principal is called.
        details: what changed; empty once it was erased.
    """

    index: int
    id: str
    kind: str
    at: str
    principal: str
    subject: str
    details: dict[str, Any]  # JSON values
    is_erased: bool


class EventPage(msgspec.Struct, frozen=True):
    """Some events; may be fewer than were asked for, or none, while there are more."""

    events: list[Event]
    next_after: int | None


class Alive(msgspec.Struct, frozen=True):
    """That the process answers."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether the service can do its work, and what it waits for; false while it waits."""

    status: str
    waits_for: list[str]

    def __bool__(self) -> bool:
        """Tell whether it is ready."""
        return self.status == "ready"
