"""Rules, the steps that apply them, and the proof that a derivation leads to its answer.

A rule is a small pure function: it sees the facts that it is given, what earlier steps found and what the
question gave, and nothing else. So the steps written under an answer are enough to compute it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from rempart.model.law_answers import Finding, Step
from rempart.model.law_facts import Fact


class Case(NamedTuple):
    """What one rule looks at.

    Attributes:
        found: the findings of the steps that it builds on, in their order.
        given: what the question gave; a day is a `date`.
    """

    facts: tuple[Fact, ...]
    found: tuple[Finding, ...]
    given: Mapping[str, object]


RuleFunction: TypeAlias = Callable[[Case], Finding]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its identifier, the article that it stands for, and what it does."""

    id: str
    article: str
    find: RuleFunction

    def apply(
        self,
        given: Mapping[str, object],
        *,
        facts: Sequence[Fact] = (),
        uses: Sequence[Step] = (),
        article: str | None = None,
    ) -> Step:
        """Apply the rule and return the step, which says all that went into it.

        Args:
            given: what the question gives.
            facts: what it looks at.
            uses: the steps that it builds on.
            article: the legal basis where the facts name it better than the rule does.
        """
        used = tuple(uses)
        case = Case(tuple(facts), tuple(each.finding for each in used), given)
        return Step(
            rule=self.id,
            article=article or self.article,
            facts=case.facts,
            uses=used,
            given=given,
            finding=self.find(case),
        )


RULES: Final[dict[str, Rule]] = {}
"""Every rule by its identifier."""


def rule(identifier: str, article: str) -> Callable[[RuleFunction], Rule]:
    """Register a function as the rule of an article."""

    def register(function: RuleFunction) -> Rule:
        if identifier in RULES:
            message = f"the rule {identifier} stands twice"
            raise ValueError(message)
        RULES[identifier] = Rule(identifier, article, function)
        return RULES[identifier]

    return register
