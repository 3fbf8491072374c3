"""Match a batch of queries: search all of it at once, explain and record what hit, and decide where that was asked.

A query that hits nothing needs no store at all. Which ones hit is found first, for the whole batch in a few calls of
native code; only those become queries of the matcher, with everything that a match is explained with.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from rempart.match import Findings, Frames, Matcher, owners_near
from rempart.model.fingerprint import PDQ, VPDQ
from rempart.model.identifiers import (
    ListId,
    LookupId,
    PrincipalId,
)
from rempart.model.service import Lookup
from rempart.node.identity import UnrelatedIdentifiers
from rempart.node.live_index import LiveIndex
from rempart.node.matching import Place, live_matcher
from rempart.node.node import OpenNode
from rempart.node.service.history import HistoryWriter
from rempart.node.service.queries import Batch

if TYPE_CHECKING:
    from rempart.node.law.deciding import Record
    from rempart.node.service.deciding import SharedDesk


@dataclass(frozen=True, slots=True)
class Found:
    """What one batch found.

    Attributes:
        findings: by position of the query; who is missing found nothing.
        decisions: by position, where the batch has a context: one for every match that nothing suppresses.
        recorded: done when every match is on record; the answer waits for it.
    """

    findings: Mapping[int, Findings]
    decisions: "Mapping[int, Sequence[Record]] | None"
    recorded: Future[None] | None


@dataclass(frozen=True, slots=True)
class HitBatch:
    """Queries of one caller who may see every list, and the positions of those that hit."""

    batch: Batch
    hits: Sequence[int]
    principal_id: PrincipalId


class MatchDesk:
    """Matches against the live index; may be used from several threads."""

    def __init__(self, node: OpenNode, live: LiveIndex, history: HistoryWriter) -> None:
        """Join what matching needs."""
        self._node = node
        self._live = live
        self._history = history

    def hits(self, batch: Batch) -> list[int]:
        """Return the positions of the queries that may match something; asks the index alone, never the store."""
        snapshot = self._live.current()
        found: set[int] = set()
        for kind, (values, owners) in batch.columns.items():
            if kind in {PDQ, VPDQ}:
                frames = Frames(values, np.array(owners))
                radius = snapshot.largest_threshold_bits
                found |= owners_near(snapshot.index, frames, radius=radius)
                continue
            positions = snapshot.index.equal(kind, values)[0]
            if len(positions):
                found.update(owners[position] for position in positions.tolist())
        return sorted(found)

    def nothing(self, *, asks_decisions: bool) -> Found:
        """Return that a batch found nothing."""
        return Found({}, {} if asks_decisions else None, None)

    def match(
        self,
        batch: Batch,
        hits: Sequence[int] | None,
        *,
        principal_id: PrincipalId,
        visible: frozenset[ListId] | None,
        desk: "SharedDesk | None" = None,
    ) -> Found:
        """Explain the queries that hit, hand every match to the history, and decide where there is a desk.

        Args:
            batch: the queries.
            hits: positions that `hits` returned; absent where nobody has searched yet.
            principal_id: who asks.
            visible: the lists that the caller may see; absent means every list.
            desk: decides on the matches; absent where nobody asked.
        """
        findings: dict[int, Findings] = {}
        hits = self.hits(batch) if hits is None else hits
        if hits:
            matcher = self.matcher([(at, len(batch)) for at in hits])
            matched = matcher.match_many([batch.query(at) for at in hits], visible=visible)
            findings = dict(zip(hits, matched, strict=True))
        matches = {at: found for at, found in findings.items() if found.matches}
        recorded = self.record(
            [(batch.reference(at), found) for at, found in matches.items()], principal_id
        )
        decisions = None
        if desk is not None:
            decisions = {at: desk.decide(found.matches) for at, found in matches.items()}
        return Found(findings, decisions, recorded)

    def match_together(self, asked: Sequence[HitBatch]) -> tuple[list[Found], Future[None] | None]:
        """Explain the hits of several requests at once, and hand every match to the history as one record.

        Returns:
            What each request found, in their order; and what is done when all of it is on record.
        """
        queries = [each.batch.query(at) for each in asked for at in each.hits]
        places = [(at, len(each.batch)) for each in asked for at in each.hits]
        matched = iter(self.matcher(places).match_many(queries))
        found: list[Found] = []
        lookups: list[Lookup] = []
        for each in asked:
            findings = dict(zip(each.hits, matched, strict=False))
            named = [(each.batch.reference(at), one) for at, one in findings.items() if one.matches]
            lookups += self._lookups(named, each.principal_id)
            found.append(Found(findings, None, None))
        return found, self._history.record(lookups) if lookups else None

    def record(
        self, found: Sequence[tuple[str | None, Findings]], principal_id: PrincipalId
    ) -> Future[None] | None:
        """Hand what was found to the history.

        Args:
            found: reference of each query with its findings, which hold a match.
            principal_id: who asked.

        Returns:
            What is done when it is on record; nothing where nothing was found.
        """
        return self._history.record(self._lookups(found, principal_id)) if found else None

    def _lookups(
        self, found: Sequence[tuple[str | None, Findings]], principal_id: PrincipalId
    ) -> list[Lookup]:
        node = self._node
        now = node.clock.now()
        identifiers = UnrelatedIdentifiers(node.clock)
        expires_at = now + timedelta(days=node.settings.history_days)
        return [
            Lookup(
                id=LookupId(identifiers.new()),
                at=now,
                expires_at=expires_at,
                principal_id=principal_id,
                matches=each.matches,
                reference=reference,
            )
            for reference, each in found
        ]

    def matcher(self, places: Sequence[Place] = ((0, 1),)) -> Matcher:
        """Return a matcher over the present state of the index, for one call.

        Args:
            places: of each query of that call, where it stands in its request.
        """
        return live_matcher(self._live, self._node, places.__getitem__)
