"""Answers to questions of law, with the steps that lead to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rempart.model.law import Answer, Message
from rempart.model.law_facts import Fact


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found.

    Attributes:
        why: the reason, as a text for people.
        asks: what a lawyer must answer.
        notes: what the reader should know besides.
        values: what later rules and the record need, as JSON values.
    """

    answer: Answer
    why: Message
    asks: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One rule applied: to facts, to what earlier steps found, and to what the question gave.

    Attributes:
        rule: the rule's identifier.
        article: the article that the rule stands for, or the legal basis of the fact that it reads.
        given: what the question gave to the rule; JSON values, a day as a `date`.
    """

    rule: str
    article: str
    facts: tuple[Fact, ...]
    uses: tuple["Step", ...]
    given: Mapping[str, object]
    finding: Finding


@dataclass(frozen=True, slots=True)
class LawAnswer:
    """The answer to one question.

    Attributes:
        question: the question as JSON values, first its kind.
        last: the step that gives the answer; the others hang below it.
        parts: what only this kind of question gives (`duties`, `deadlines`, ...), as JSON values; a text for people
            stands in it as a `Message`.
        has_overlay: whether facts of an operator's overlay were loaded.
    """

    question: Mapping[str, object]
    last: Step
    data_version: str
    data_hash: str
    has_overlay: bool
    parts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def answer(self) -> Answer:
        """The answer itself."""
        return self.last.finding.answer

    def steps(self) -> list[Step]:
        """Return every step once, each behind the steps that it uses."""
        return list(_in_order(self.last, set()))


def _in_order(step: Step, seen: set[int]) -> Iterator[Step]:
    if id(step) in seen:
        return
    seen.add(id(step))
    for used in step.uses:
        yield from _in_order(used, seen)
    yield step
