"""Checks facts against each other: identifiers, data versions, and what supersedes or corrects what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby

from rempart.law.errors import Mistake
from rempart.law.reading import Row
from rempart.law.versions import OVERLAY
from rempart.model.law_facts import Fact


def mistakes_among(
    shipped: Sequence[Row],
    overlay: Sequence[Row],
    versions: Sequence[str],
    subjects: frozenset[str],
) -> list[Mistake]:
    """Return every mistake that only shows beside other facts, other files or the list of versions.

    Args:
        shipped: what the shipped files hold.
        overlay: what an operator's files hold.
        versions: the data versions, oldest first.
        subjects: every subject that may have facts.
    """
    rows = (*shipped, *overlay)
    by_id = {row.good["id"]: row for row in reversed(rows) if "id" in row.good}
    ages = {name: age for age, name in enumerate([*versions, OVERLAY])}
    found = chain(
        _unknown_subjects(rows, subjects),
        _unknown_versions(shipped, versions),
        _unknown_versions(overlay, [OVERLAY]),
        _same_ids(rows, by_id),
        *(_wrong_link(row, by_id, ages) for row in rows),
        _wrong_order(row for row in rows if row.fact is not None),
    )
    return list(found)


def corrected_by(fact: Fact, by_id: Mapping[str, Fact]) -> list[Fact]:
    """Return a fact, the one that it corrects, the one that this one corrects, and so on."""
    line = [fact]
    while (name := line[-1].corrects) is not None:
        older = by_id.get(name)
        if older is None or older in line:
            break
        line.append(older)
    return line


def _unknown_subjects(rows: Iterable[Row], subjects: frozenset[str]) -> Iterator[Mistake]:
    """Tell each file of an unknown subject once."""
    for file, held in groupby(rows, key=lambda row: row.file):
        subject = next(held).subject
        if subject is not None and subject not in subjects:
            expected = "a jurisdiction of jurisdictions.toml or an instrument"
            yield file.mistake("subject", f"{subject} is not known.", expected)


def _unknown_versions(rows: Iterable[Row], names: Iterable[str]) -> Iterator[Mistake]:
    known = set(names)
    expected = "one of " + ", ".join(sorted(known))
    for row in rows:
        recorded = row.good.get("recorded")
        if recorded is not None and recorded not in known:
            yield row.mistake("recorded", f"{recorded} is no data version here.", expected)


def _same_ids(rows: Iterable[Row], first: Mapping[str, Row]) -> Iterator[Mistake]:
    for row in rows:
        if "id" in row.good and first[row.good["id"]] is not row:
            yield row.mistake("id", "The id stands twice.", "an id never used before")


def _wrong_link(row: Row, by_id: Mapping[str, Row], ages: Mapping[str, int]) -> Iterator[Mistake]:
    """Tell a fact that replaces none of its topic, or one that came later than itself."""
    for key in ("supersedes", "corrects"):
        name = row.good.get(key)
        if name is None or "topic" not in row.good:
            continue
        old = by_id.get(name)
        if old is None or _about(old, row) != _about(row, row):
            yield row.mistake(key, f"{name} is no fact of this topic.", "an id of the same topic")
        elif key == "corrects" and (old is row or _corrects_in_a_ring(row, by_id)):
            yield row.mistake(key, "It corrects itself in the end.", "a fact that came before it")
        elif _age(old, ages) > _age(row, ages):
            message = f"{name} was recorded later than this fact."
            yield row.mistake(key, message, "a fact of this data version or an earlier one")


def _about(row: Row, other: Row) -> tuple[object, object]:
    """Return subject and topic; what is not well formed is taken to be like the other's."""
    return row.subject or other.subject, row.good.get("topic", other.good["topic"])


def _age(row: Row, ages: Mapping[str, int]) -> int:
    return ages.get(row.good.get("recorded", ""), 0)


def _corrects_in_a_ring(row: Row, by_id: Mapping[str, Row]) -> bool:
    seen = {row.good.get("id")}
    older = by_id.get(row.good["corrects"])
    while older is not None and older.good["id"] not in seen:
        seen.add(older.good["id"])
        older = by_id.get(older.good.get("corrects", ""))
    return older is not None and older.good["id"] == row.good.get("id")


def _wrong_order(rows: Iterable[Row]) -> Iterator[Mistake]:
    """Tell a fact that supersedes one that does not begin before it, corrections of both included."""
    known = [(row, row.fact) for row in rows if row.fact is not None]
    facts = {fact.id: fact for _, fact in known}
    corrections: dict[str, list[Fact]] = {}
    for _, fact in known:
        for older in corrected_by(fact, facts):
            corrections.setdefault(older.id, []).append(fact)
    for row, fact in known:
        line = corrected_by(fact, facts)
        named = next((each.supersedes for each in line if each.supersedes is not None), None)
        replaced = corrections.get(named, []) if named is not None else []
        late = [each for each in replaced if not _begins_later(fact, each)]
        if late:
            key = "supersedes" if fact.supersedes is not None else "corrects"
            message = f"It does not begin after {late[0].id}, which it supersedes."
            expected = "a later valid_from, or `corrects` for a mistake"
            yield row.mistake(key, message, expected)


def _begins_later(fact: Fact, old: Fact) -> bool:
    if fact.holds_from is None:
        return False
    return old.holds_from is None or fact.holds_from > old.holds_from
