"""What the history of matches looks like in requests and answers, as msgspec types."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from rempart.api.list_shapes import Cursor, Limit
from rempart.api.shapes import MatchView
from rempart.model.clock import to_text
from rempart.model.records import match_fields
from rempart.model.service import Disposition, LookupMatch

DispositionWord = Literal["true", "false", "unclear"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class MatchesQuery(msgspec.Struct, frozen=True):
    """What of the history is wanted."""

    limit: Limit = 100
    cursor: Cursor = None
    list: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None,
        msgspec.Meta(description="Matches with this list: its id or name."),
    ] = None
    since: Annotated[
        Moment | None, msgspec.Meta(description="Matches made at this moment or later.")
    ] = None
    until: Annotated[
        Moment | None, msgspec.Meta(description="Matches made before this moment.")
    ] = None
    disposition: Annotated[
        Literal["true", "false", "unclear", "none"] | None,
        msgspec.Meta(
            description="Matches of which a person said this, or of which nobody said anything."
        ),
    ] = None
    principal: Annotated[
        Annotated[str, msgspec.Meta(min_length=36, max_length=36)] | None,
        msgspec.Meta(description="Matches that this principal asked for."),
    ] = None


class DispositionView(msgspec.Struct, frozen=True):
    """What a person said of a match; the highest version holds."""

    version: int
    value: DispositionWord
    reason: str
    at: str
    principal: str


class RecordedMatch(msgspec.Struct, frozen=True):
    """A match with the look-up that found it."""

    match: MatchView
    lookup: str
    at: str
    expires_at: str
    principal: Annotated[str, msgspec.Meta(description="Who asked.")]
    reference: str | None
    disposition: DispositionView | None


class MatchHistory(msgspec.Struct, frozen=True):
    """A match with everything that was said of it, the first first."""

    match: RecordedMatch
    dispositions: list[DispositionView]


class MatchPage(msgspec.Struct, frozen=True):
    """Some of the history, newest first."""

    matches: list[RecordedMatch]
    next_cursor: str | None


class DispositionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of a match."""

    value: DispositionWord
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


def disposition_view(said: Disposition) -> DispositionView:
    """Return what was said as it is answered."""
    return DispositionView(
        version=said.version,
        value=said.value.value,
        reason=said.reason,
        at=to_text(said.at),
        principal=str(said.principal_id),
    )


def recorded_view(
    found: LookupMatch,
) -> dict[str, Any]:  # Any: JSON values, in the shape of `RecordedMatch`
    """Return a match of the history as it is answered."""
    said = found.disposition
    return {
        "match": match_fields(found.match),
        "lookup": str(found.lookup_id),
        "at": to_text(found.at),
        "expires_at": to_text(found.expires_at),
        "principal": str(found.principal_id),
        "reference": found.reference,
        "disposition": None if said is None else disposition_view(said),
    }
