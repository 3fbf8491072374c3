"""The history of matches for callers: every look into it is an event, and so is what a person says of a match."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rempart.model.clock import to_text
from rempart.model.identifiers import ListId, MatchId, PrincipalId
from rempart.model.service import Disposition, DispositionValue, LookupMatch
from rempart.node.looks import MATCHES_READ, note_look
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode
from rempart.node.service.caller import Caller
from rempart.node.service.errors import DraftRefusedError, RecordAbsentError
from rempart.node.service.writes import WriteRequest, Written, write_once
from rempart.store import StoreWriter

LONGEST_REASON: Final = 4_000
_MATCH: Final = "match"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which matches are wanted; what is absent limits nothing."""

    list_id: ListId | None = None
    since: datetime | None = None
    until: datetime | None = None
    disposition: DispositionValue | None = None
    is_undisposed: bool = False
    principal_id: PrincipalId | None = None

    def told(self) -> dict[str, object]:
        """Return the filter as the event of a look tells it."""
        told = {
            "list": self.list_id and str(self.list_id),
            "since": self.since and to_text(self.since),
            "until": self.until and to_text(self.until),
            "disposition": "none"
            if self.is_undisposed
            else self.disposition and self.disposition.value,
            "principal": self.principal_id and str(self.principal_id),
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of the history, newest first."""

    matches: Sequence[LookupMatch]
    has_more: bool


class ReviewDesk:
    """Shows what was matched, and takes what persons say of it."""

    def __init__(self, node: OpenNode) -> None:
        """Take the node whose history this is."""
        self._node = node

    def page(
        self, caller: Caller, wanted: HistoryFilter, *, after: MatchId | None, limit: int
    ) -> HistoryPage:
        """Return matches of lists in the caller's scope; that they were looked at is on record when this returns."""
        found = self._node.store.lookups.page(
            after=after,
            limit=limit + 1,
            lists=caller.lists,
            list_id=wanted.list_id,
            since=wanted.since,
            until=wanted.until,
            disposition=wanted.disposition,
            is_undisposed=wanted.is_undisposed,
            principal_id=wanted.principal_id,
        )
        page = HistoryPage(found[:limit], len(found) > limit)
        self._note(caller, {"filters": wanted.told(), "count": len(page.matches)})
        return page

    def show(self, caller: Caller, match_id: MatchId) -> tuple[LookupMatch, Sequence[Disposition]]:
        """Return one match with everything that was said of it; the look is on record when this returns.

        Raises:
            RecordAbsentError: there is none in the caller's scope.
        """
        found = self._find(caller, match_id)
        self._note(caller, {"match": str(match_id), "count": 1})
        return found, self._node.store.lookups.dispositions(match_id)

    def dispose(
        self,
        request: WriteRequest,
        caller: Caller,
        match_id: MatchId,
        *,
        value: DispositionValue,
        reason: str,
        answering: Callable[[Disposition], Written],
    ) -> Written:
        """Take what a person says of a match.

        Raises:
            RecordAbsentError: there is none in the caller's scope.
            DraftRefusedError: the reason cannot be kept.
        """
        found = self._find(caller, match_id)
        if not is_plain_name(reason.replace("\n", " ")) or len(reason) > LONGEST_REASON:
            message = "The reason is empty, too long, has blanks around it or cannot be shown."
            raise DraftRefusedError(
                message, hint=f"Say why, in at most {LONGEST_REASON} characters."
            )

        def act(writer: StoreWriter) -> Written:
            said = writer.lookups.dispose(match_id, value, reason)
            writer.record(
                "match.disposed",
                {
                    "match": str(match_id),
                    "list": str(found.match.list_id),
                    "value": value.value,
                    "version": said.version,
                },
            )
            return answering(said)

        return write_once(self._node, request, act)

    def _find(self, caller: Caller, match_id: MatchId) -> LookupMatch:
        found = self._node.store.lookups.get(match_id, lists=caller.lists)
        if found is None:
            raise RecordAbsentError(_MATCH)
        return found

    def _note(self, caller: Caller, details: Mapping[str, object]) -> None:
        note_look(self._node, MATCHES_READ, details, by=caller.principal)
