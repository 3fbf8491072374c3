"""What a known-harmless list may suppress: never a digest match, and never silently.

The rules, from the architecture ("Suppression must never hide a child"):

* a harmless digest suppresses perceptual matches only;
* a harmless PDQ suppresses a perceptual match only where it is nearer than the known entry;
* a digest match on a known list is never suppressed;
* where lists disagree without one outweighing the other, the conflict is flagged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rempart.model.fingerprint import DIGEST_BYTES
from rempart.model.identifiers import EntryId
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS, Conflict, KnownFingerprint

_STRENGTH: Final = {kind: rank for rank, kind in enumerate(DIGEST_BYTES)}


@dataclass(frozen=True, slots=True)
class Hit:
    """One stored fingerprint within its list's threshold of one file."""

    known: KnownFingerprint
    distance_bits: int
    transform: str | None
    quality: int | None
    from_partial: bool

    @property
    def is_digest(self) -> bool:
        """Whether equal bytes hit, not a similar picture."""
        return self.known.kind in DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Judgement:
    """Known hits, best first, each with the harmless list that suppresses it or None; and conflicts."""

    known_hits: tuple[tuple[Hit, str | None], ...]
    conflicts: tuple[Conflict, ...]


def judge(hits: Sequence[Hit]) -> Judgement:
    """Keep the best hit of each known entry and decide which of them a harmless list suppresses."""
    known = _best_by_entry(hit for hit in hits if hit.known.purpose is ListPurpose.KNOWN)
    harmless = _best_by_entry(
        hit for hit in hits if hit.known.purpose is ListPurpose.KNOWN_HARMLESS
    )
    harmless_digests = [hit for hit in harmless if hit.is_digest]
    harmless_pictures = [hit for hit in harmless if not hit.is_digest]
    judged: list[tuple[Hit, str | None]] = []
    conflicts: dict[Conflict, None] = {}
    for hit in known:
        if hit.is_digest:
            judged.append((hit, None))
            _flag(conflicts, "digest-known-and-harmless", hit, harmless_digests)
            _flag(conflicts, "known-digest-near-harmless", hit, harmless_pictures)
            continue
        nearer = [each for each in harmless_pictures if each.distance_bits < hit.distance_bits]
        outweighing = [*harmless_digests, *nearer]
        judged.append((hit, outweighing[0].known.list_name if outweighing else None))
        if not outweighing:
            equal = [each for each in harmless_pictures if each.distance_bits == hit.distance_bits]
            _flag(conflicts, "perceptual-tie", hit, equal)
    return Judgement(known_hits=tuple(judged), conflicts=tuple(conflicts))


def _flag(conflicts: dict[Conflict, None], code: str, known: Hit, harmless: Iterable[Hit]) -> None:
    for each in harmless:
        conflict = Conflict(
            code=code, known_list=known.known.list_name, harmless_list=each.known.list_name
        )
        conflicts[conflict] = None


def _best_by_entry(hits: Iterable[Hit]) -> list[Hit]:
    best: dict[EntryId, Hit] = {}
    for hit in hits:
        present = best.get(hit.known.entry_id)
        if present is None or _order(hit) < _order(present):
            best[hit.known.entry_id] = hit
    return sorted(best.values(), key=_order)


def _order(hit: Hit) -> tuple[int, int, int, bool, int, str, int]:
    """Sort digests first, the strongest before all; then the nearest, the whole before the torn."""
    return (
        0 if hit.is_digest else 1,
        _STRENGTH.get(hit.known.kind, 0),
        hit.distance_bits,
        hit.from_partial,
        TRANSFORMS.index(hit.transform) if hit.transform is not None else 0,
        hit.known.list_name,
        hit.known.number,
    )
