"""Which facts differ between two data versions, and how they came to."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction
from rempart.model.law_facts import Fact

KINDS: Final = ("added", "corrected", "superseded", "changed", "removed")
"""What may have happened to a fact. Shipped facts are never changed or removed; those of an overlay may be."""


def changed_facts(
    before: Mapping[str, Fact], after: Mapping[str, Fact], states: Collection[Jurisdiction]
) -> dict[str, list[dict[str, object]]]:
    """Return what happened to facts between two versions, as JSON values by kind.

    Args:
        before: the older version's facts by id.
        after: the newer version's facts by id.
        states: whose facts count; facts of instruments always do.
    """
    found: dict[str, list[dict[str, object]]] = {kind: [] for kind in KINDS}
    replaced = {fact.corrects for fact in after.values()}
    for name in sorted(before.keys() | after.keys()):
        fact = after.get(name, before.get(name))
        if fact is None or not _counts(fact.subject, states):
            continue
        kind = _kind(before.get(name), after.get(name), replaced)
        if kind is not None:
            found[kind].append(_entry(fact, kind, before))
    return found


def fact_values(fact: Fact | None) -> dict[str, object] | None:
    """Return what a fact says, for how long and how surely, as JSON values; None where it is not there."""
    if fact is None:
        return None
    return {
        "topic": fact.topic,
        "value": fact.value,
        "basis": fact.basis,
        "source": fact.source,
        "holds_from": fact.holds_from,
        "holds_to": fact.holds_to,
        "confidence": fact.confidence.value,
        "fields": dict(fact.fields),
        "recorded": fact.recorded,
    }


def _counts(subject: str, states: Collection[Jurisdiction]) -> bool:
    code = parse_jurisdiction(subject)
    return code is None or code in states


def _kind(old: Fact | None, new: Fact | None, replaced: Collection[str | None]) -> str | None:
    if old is not None and new is not None:
        return _kind_of_both(old, new)
    if old is not None:
        return None if old.id in replaced else "removed"
    if new is not None and new.corrects is not None:
        return "corrected"
    if new is not None and new.supersedes is not None:
        return "superseded"
    return "added"


def _kind_of_both(old: Fact, new: Fact) -> str | None:
    """Return `changed` for other content; an end that a superseding fact set is told with that fact."""
    return None if replace(old, holds_to=new.holds_to) == new else "changed"


def _entry(fact: Fact, kind: str, before: Mapping[str, Fact]) -> dict[str, object]:
    named = {"corrected": fact.corrects, "superseded": fact.supersedes}.get(kind)
    old = before.get(fact.id if named is None else named)
    values = fact_values(fact if kind != "removed" else None)
    return {"id": fact.id, "replaces": named, "old": fact_values(old), "new": values}
