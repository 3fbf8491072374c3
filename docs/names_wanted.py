# ruff: noqa: INP001 - beside the script that uses it, no package
"""Says which codes of closed lists must have a name in every language."""

from functools import cache
from typing import Final, cast

import rempart.decide  # noqa: F401 - registers its rules
from rempart.law import instruments, open_law
from rempart.law.audit_report import Severity
from rempart.law.derivation import RULES
from rempart.law.fact_changes import KINDS as CHANGES
from rempart.law.names import topic_pattern
from rempart.law.rules.gaps import GapStatus
from rempart.law.schema import TOPICS, UNITS
from rempart.law.state_topics import EXPECTED_TOPICS, family_of
from rempart.model.handling import Subject
from rempart.model.law import (
    Answer,
    Conduct,
    Confidence,
    DutyBearer,
    Material,
    Need,
    Role,
)
from rempart.model.law_facts import Fact, Precision

_QUESTIONS: Final = (
    "crime",
    "dual",
    "channel",
    "jurisdiction",
    "party",
    "duties",
    "gaps",
    "country",
    "compare",
    "changes",
)
_DUTIES: Final = ("report", "preserve", "remove", "do-not-inform", "erase", "allowed")
_CONDITIONS: Final = ("preservation-order", "voluntary-detection")
"""Conditions that the program names itself; the others stand in the facts."""


def names_wanted() -> dict[str, set[str]]:
    """Return the codes that must have a name, by their kind. Places have theirs in `jurisdictions.toml`."""
    lists = {
        "answer": Answer,
        "change": CHANGES,
        "conduct": Conduct,
        "confidence": Confidence,
        "duty": _DUTIES,
        "instrument": instruments(),
        "kind": (*DutyBearer, "anyone"),
        "list-subject": Subject,
        "material": Material,
        "need": Need,
        "precision": Precision,
        "question": _QUESTIONS,
        "refusal": ("dual-criminality", "essential-interests"),
        "role": Role,
        "rule": RULES,
        "status": GapStatus,
        "topic": {topic_pattern(topic)[0] for topic in TOPICS},
        "unit": UNITS,
        "severity": Severity,
        "family": {family_of(topic) for topic in EXPECTED_TOPICS},
        "value": _values(),
        "event": _in_facts("from"),
        "condition": {*_in_facts("condition"), *_CONDITIONS},
    }
    return {kind: {str(code) for code in codes} for kind, codes in lists.items()}


def _values() -> set[str]:
    """Return the values that facts of some topics must choose from, and those that instruments have as a status."""
    statuses = {str(fact.value) for fact in _facts() if fact.topic == "status"}
    choices = {choice for topic in TOPICS.values() for choice in topic.choices}
    return (choices | statuses) - set(Material)


def _in_facts(name: str) -> set[str]:
    """Return every text that a field of a fact holds."""
    return {cast("str", fact.fields[name]) for fact in _facts() if name in fact.fields}


@cache
def _facts() -> list[Fact]:
    return open_law().library().all_facts()
