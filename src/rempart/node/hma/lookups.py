"""Look-ups of one signal: what matches, under the numbers and bank names that HMA's clients know."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, Protocol

from rempart.match import Findings, Matcher, single_query
from rempart.model.fingerprint import Fingerprint
from rempart.model.identifiers import ListId, PrincipalId
from rempart.model.match import Match
from rempart.node.hma.banks import Banks, BankView
from rempart.node.node import OpenNode
from rempart.node.service.caller import Caller

_COIN_BYTES: Final = 8


class Matching(Protocol):
    """What matches and keeps the history."""

    def matcher(self) -> Matcher:
        """Return a matcher over the present state of the index."""
        ...

    def record(
        self, found: Sequence[tuple[str | None, Findings]], principal_id: PrincipalId
    ) -> "Future[None] | None":
        """Hand what was found to the history."""
        ...


@dataclass(frozen=True, slots=True)
class LookupRules:
    """What a client asks of a look-up.

    Attributes:
        banks: names of the banks that count; None means every one, and unknown names count for nothing.
        seed: decides for banks of which a share is matched; without it the looked-up value decides.
        bypass_coinflip: whether such banks count in any case. A bank with share 0 is suspended and never counts.
    """

    banks: frozenset[str] | None
    seed: str | None
    bypass_coinflip: bool


@dataclass(frozen=True, slots=True)
class LookupHit:
    """One content that matches."""

    bank: str
    alias: int
    distance: int

    def as_json(self) -> dict[str, object]:
        """Return the hit as clients read it; the distance is a text."""
        return {"bank_content_id": self.alias, "distance": str(self.distance)}


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What matches one signal.

    Attributes:
        hits: the nearest first.
        recorded: done when the matches are on record; the answer waits for it.
    """

    hits: tuple[LookupHit, ...] = ()
    recorded: "Future[None] | None" = None

    def by_bank(self) -> dict[str, list[dict[str, object]]]:
        """Return the hits by bank, as clients read them."""
        found: dict[str, list[dict[str, object]]] = {}
        for each in self.hits:
            found.setdefault(each.bank, []).append(each.as_json())
        return found


class Lookups:
    """Looks signals up in the live index."""

    def __init__(self, node: OpenNode, banks: Banks, matching: Matching) -> None:
        self._node = node
        self._banks = banks
        self._matching = matching

    def look_up(self, fingerprint: Fingerprint, caller: Caller, rules: LookupRules) -> LookupAnswer:
        """Return the contents that a signal matches within a caller's scope, and hand them to the history.

        What a known-harmless list suppresses is left out: a client could not tell it from a match.
        """
        (findings,) = self._matching.matcher().match_many(
            [single_query(fingerprint)], visible=caller.lists
        )
        matches = [each for each in findings.matches if each.suppressed_by is None]
        if not matches:
            return LookupAnswer()
        banks = self._banks.matched(caller.lists)
        coin = _coin(fingerprint, rules)
        shown = [each for each in matches if _counts(banks.get(each.list_id), rules, coin)]
        if not shown:
            return LookupAnswer()
        hits = self._hits(shown, banks)
        answered = replace(findings, matches=tuple(shown))
        recorded = self._matching.record([(None, answered)], caller.principal.id)
        return LookupAnswer(hits, recorded)

    def _hits(
        self, matches: Sequence[Match], banks: Mapping[ListId, BankView]
    ) -> tuple[LookupHit, ...]:
        aliases = self._node.store.banks.aliases({each.entry_id for each in matches})
        nearest: dict[int, LookupHit] = {}
        for each in matches:
            alias = aliases[each.entry_id]
            hit = LookupHit(banks[each.list_id].name, alias, each.distance)
            if alias not in nearest or hit.distance < nearest[alias].distance:
                nearest[alias] = hit
        return tuple(sorted(nearest.values(), key=lambda hit: (hit.distance, hit.alias)))


def _counts(bank: BankView | None, rules: LookupRules, coin: float) -> bool:
    if bank is None or (rules.banks is not None and bank.name not in rules.banks):
        return False
    return rules.bypass_coinflip or bank.ratio > coin


def _coin(fingerprint: Fingerprint, rules: LookupRules) -> float:
    """Return a number from 0 to below 1 that the same seed, or without one the same value, always gives."""
    source = fingerprint.value if rules.seed is None else rules.seed.encode(errors="replace")
    digest = blake2b(source, digest_size=_COIN_BYTES, person=b"hma-coin").digest()
    # 53 bits are what a float holds: the quotient is below 1 without rounding.
    return (int.from_bytes(digest) >> 11) / (1 << 53)
