"""Joining what several rules found."""

from collections.abc import Iterable, Sequence

from rempart.law.derivation import Case, rule
from rempart.model.law import Answer, Message, all_of, message
from rempart.model.law_answers import Finding


def merged(groups: Iterable[Iterable[Message]]) -> tuple[Message, ...]:
    """Return every text once, in the order of its first occurrence."""
    seen: list[Message] = []
    for group in groups:
        seen += [each for each in group if each not in seen]
    return tuple(seen)


def asks_of(found: Sequence[Finding]) -> tuple[Message, ...]:
    """Return every question for a lawyer once."""
    return merged(each.asks for each in found)


def notes_of(found: Sequence[Finding]) -> tuple[Message, ...]:
    """Return every note once."""
    return merged(each.notes for each in found)


@rule("J-1", "every condition must hold")
def all_conditions(case: Case) -> Finding:
    """Join conditions: no beats check, check beats partly, partly beats yes.

    The first of the weakest gives the reason; where all hold, the last one, which is the most special.
    """
    answer = all_of(each.answer for each in case.found)
    deciding = [each for each in case.found if each.answer is answer]
    weakest = deciding[-1] if answer is Answer.YES else deciding[0]
    values: dict[str, object] = {}
    for each in reversed(case.found):
        values |= each.values
    return Finding(
        answer, weakest.why, asks=asks_of(case.found), notes=notes_of(case.found), values=values
    )


@rule("J-2", "facts that are shown beside the answer")
def shown_beside(case: Case) -> Finding:
    """Cite facts that the record shows and that decide nothing: contact points, recipients, other reservations."""
    return Finding(Answer.YES, message("beside.shown", count=len(case.facts)))
