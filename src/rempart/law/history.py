"""One fact with all that came before it and after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rempart.law.library import LawShelf
from rempart.model.law_facts import Fact


@dataclass(frozen=True, slots=True)
class Stage:
    """One fact of a history.

    Attributes:
        fact: as it stands in its file.
        seen: as the data version sees it, with its end where a later fact supersedes it; absent where the version
            does not see it, since it came later or was corrected.
    """

    fact: Fact
    seen: Fact | None


def history_of(shelf: LawShelf, fact_id: str, version: str | None = None) -> tuple[Stage, ...]:
    """Return a fact with those that it supersedes or corrects and those that supersede or correct it.

    They stand in the order in which they were recorded. Empty where no fact has the identifier.

    Raises:
        UnknownVersionError: there is no version of that name.
    """
    facts = {each.id: each for each in shelf.every_fact()}
    library = shelf.library(version)
    names = [each.id for each in shelf.versions]
    if fact_id not in facts:
        return ()
    seen = {each.id: each for each in library.facts(facts[fact_id].subject, facts[fact_id].topic)}
    linked = [facts[each] for each in _linked(fact_id, tuple(facts.values()))]
    return tuple(
        Stage(each, seen.get(each.id))
        for each in sorted(linked, key=lambda each: _age(each, names))
    )


def _age(fact: Fact, names: Sequence[str]) -> tuple[int, str]:
    """Return where a fact stands in time: by data version, an overlay last."""
    return (names.index(fact.recorded) if fact.recorded in names else len(names), fact.id)


def _linked(fact_id: str, facts: Sequence[Fact]) -> set[str]:
    linked, pending = {fact_id}, [fact_id]
    while pending:
        current = pending.pop()
        near = {
            name
            for each in facts
            for name in (each.id, each.supersedes, each.corrects)
            if name is not None and current in {each.id, each.supersedes, each.corrects}
        }
        pending += near - linked
        linked |= near
    return linked
