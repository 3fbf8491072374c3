"""The topics of a state: which each state should have, and which facts of one topic speak of the same thing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from rempart.law.schema import TOPICS
from rempart.model.law import Conduct, Material, Treaty
from rempart.model.law_facts import Fact, FactValue

Scope: TypeAlias = tuple[tuple[str, FactValue], ...]
"""What narrows a fact: ages, conducts, whom a duty binds. Facts of one topic and scope speak of the same thing."""

_CLASSES: Final = (
    Material.APPARENT_MINOR,
    Material.REALISTIC_IMAGE,
    Material.SELF_MADE_CONSENSUAL,
    Material.TEXT_AUDIO,
)

EXPECTED_TOPICS: Final = (
    "statute",
    "age-of-child",
    *(f"crime.{each.value}" for each in Conduct),
    *(f"penalty.{each.value}" for each in Conduct),
    *(f"material.{each.value}" for each in _CLASSES),
    "report.duty",
    "report.recipient",
    "report.within",
    "report.preserve",
    "contact.hotline",
    "contact.police",
    "icmec",
    *(f"treaty.{each.value}.party" for each in Treaty),
    *(f"treaty.{each.value}.reservations" for each in Treaty),
)
"""What should be known of every state; other topics are there only where a state has something special."""

_ONE_VALUE_FAMILIES: Final = frozenset(
    {"statute", "age", "crime", "material", "eu", "icmec", "party"}
)
_ONE_VALUE_TOPICS: Final = frozenset({"report.duty", "status"})
_NARROWING: Final = (
    "child_from",
    "child_below",
    "conducts",
    "consent",
    "applies_to",
    "condition",
)


def family_of(topic: str) -> str:
    """Return the group that a topic belongs to."""
    return TOPICS[topic].family


def has_one_value(topic: str) -> bool:
    """Tell whether facts of a topic and scope exclude each other; a state may have several penalties or contacts."""
    return topic in _ONE_VALUE_TOPICS or family_of(topic) in _ONE_VALUE_FAMILIES


def scope_of(fact: Fact) -> Scope:
    """Return what narrows a fact, in a fixed order."""
    return tuple((name, fact.fields[name]) for name in _NARROWING if name in fact.fields)


def by_scope(facts: Iterable[Fact]) -> Mapping[Scope, tuple[Fact, ...]]:
    """Return the facts of one topic in groups that speak of the same thing."""
    groups: defaultdict[Scope, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[scope_of(fact)].append(fact)
    return {scope: tuple(group) for scope, group in groups.items()}
