"""What the match service keeps besides lists: keys, look-ups with what they found, answers to writes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rempart.model.identifiers import KeyId, ListId, LookupId, MatchId, PrincipalId
from rempart.model.match import Match
from rempart.model.principals import Principal


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of the service: who it stands for, and what it may do; never the key itself.

    Attributes:
        principal: who acts when the key is used.
        label: what the operator calls it.
        digest: keyed hash of the key's text.
        roles: at least one.
        lists: the lists it may touch; absent means every list.
        expires_at: moment from which it is refused; absent means no end.
        revoked_at: moment at which it was revoked; absent while it holds.
        replaced_by: the key that took its place.
        requests_per_minute: pace; absent means the node's setting.
        queries_per_day: budget; absent means the node's setting.
    """

    id: KeyId
    principal: Principal
    label: str
    digest: bytes = field(repr=False)
    roles: tuple[str, ...]
    lists: frozenset[ListId] | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    replaced_by: KeyId | None = None
    requests_per_minute: int | None = None
    queries_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """One query of the service that found something.

    Attributes:
        at: when it was answered.
        expires_at: end of its retention.
        principal_id: who asked.
        matches: what it found, suppressed matches included; at least one.
        reference: the asker's own word for it, which may be personal data.
    """

    id: LookupId
    at: datetime
    expires_at: datetime
    principal_id: PrincipalId
    matches: tuple[Match, ...]
    reference: str | None = None


class DispositionValue(StrEnum):
    """What a person says of a match."""

    TRUE = "true"
    FALSE = "false"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a person said of one match. The highest version holds; earlier ones stay on record.

    Attributes:
        version: counted from 1.
        reason: why, in the person's words.
    """

    match_id: MatchId
    version: int
    value: DispositionValue
    reason: str
    at: datetime
    principal_id: PrincipalId


@dataclass(frozen=True, slots=True)
class LookupMatch:
    """One match of the history with the look-up that found it.

    Attributes:
        at: when the look-up was answered.
        principal_id: who asked.
        disposition: the one that holds; absent where nobody said anything.
    """

    match: Match
    lookup_id: LookupId
    at: datetime
    expires_at: datetime
    principal_id: PrincipalId
    reference: str | None = None
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer that a write gave, kept so that the same request again gets the same.

    Attributes:
        status: HTTP status of the answer.
        answer: its body.
    """

    principal_id: PrincipalId
    token: str
    status: int
    answer: bytes
    at: datetime
