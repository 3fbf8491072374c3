"""All facts of one data version, with an operator's overlay on top, found by subject and topic."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import msgspec

from rempart.law.errors import LawDataRefusedError, Mistake, UnknownVersionError
from rempart.law.reading import LawFile, ReadFact, read_facts
from rempart.law.versions import DataVersion
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law_facts import Fact

OVERLAY: Final = "overlay"
"""What `recorded` says in an operator's own files."""


@dataclass(frozen=True, slots=True)
class LawLibrary:
    """The facts that one data version sees.

    Attributes:
        version: the data version's identifier.
        hash: SHA-256, in hex, of every fact that the version sees, the overlay's included.
        has_overlay: whether an operator's overlay was loaded.
        inherits: codes of territories that do not take over the law of their state.
    """

    version: str
    hash: str
    has_overlay: bool
    own_law: frozenset[Jurisdiction]
    _facts: Mapping[tuple[str, str], tuple[Fact, ...]]

    def facts(self, subject: str, topic: str) -> tuple[Fact, ...]:
        """Return every fact of a subject and topic, by id; also those that do not reach a certain day."""
        return self._facts.get((subject, topic), ())

    def law_of(self, code: Jurisdiction, topic: str) -> tuple[Fact, ...]:
        """Return a jurisdiction's facts; a part without its own takes over its state's, unless it has its own law."""
        own = self.facts(code, topic)
        state = state_of(code)
        if own or state == code or code in self.own_law:
            return own
        return self.facts(state, topic)

    def subjects(self) -> list[str]:
        """Return every subject that has facts."""
        return sorted({subject for subject, _ in self._facts})

    def all_facts(self) -> list[Fact]:
        """Return every fact, by id."""
        return sorted((fact for facts in self._facts.values() for fact in facts), key=_by_id)


@dataclass(frozen=True, slots=True)
class LawShelf:
    """Every fact of every data version, read and checked once; a library is what one version sees of it."""

    versions: tuple[DataVersion, ...]
    has_overlay: bool
    own_law: frozenset[Jurisdiction]
    _read: tuple[Fact, ...]

    def every_fact(self) -> tuple[Fact, ...]:
        """Return every fact as its file has it, by id; also those that no version sees any more."""
        return self._read

    def library(self, version: str | None = None) -> LawLibrary:
        """Return the facts that a version sees; without a name the newest version.

        Raises:
            UnknownVersionError: there is no version of that name.
        """
        names = [each.id for each in self.versions]
        wanted = version if version is not None else names[-1]
        if wanted not in names:
            message = f"There is no law data version {wanted}."
            raise UnknownVersionError(message, hint=f"Take one of: {', '.join(names)}.")
        seen = {*names[: names.index(wanted) + 1], OVERLAY}
        visible = _visible([fact for fact in self._read if fact.recorded in seen])
        return LawLibrary(
            version=wanted,
            hash=hash_facts(visible),
            has_overlay=self.has_overlay,
            own_law=self.own_law,
            _facts=_indexed(visible),
        )


def open_shelf(
    files: Sequence[LawFile],
    *,
    overlay: Sequence[LawFile],
    versions: Sequence[DataVersion],
    own_law: Iterable[Jurisdiction],
    subjects: Iterable[str],
) -> LawShelf:
    """Read every file and check the facts against each other.

    Args:
        files: the shipped files.
        overlay: an operator's own files.
        versions: the data versions, oldest first.
        own_law: territories that do not take over the law of their state.
        subjects: every subject that may have facts.

    Raises:
        LawDataRefusedError: there are mistakes; all of them are told.
    """
    mistakes: list[Mistake] = []
    shipped = _read_all(files, mistakes)
    own = _read_all(overlay, mistakes)
    known = frozenset(subjects)
    names = {each.id for each in versions}
    mistakes += _wrong_versions(shipped, names) + _wrong_versions(own, {OVERLAY})
    mistakes += _wrong_among([*shipped, *own], known)
    if mistakes:
        raise LawDataRefusedError(mistakes)
    return LawShelf(
        versions=tuple(versions),
        has_overlay=bool(own),
        own_law=frozenset(own_law),
        _read=tuple(sorted((each.fact for each in (*shipped, *own)), key=_by_id)),
    )


def hash_facts(facts: Iterable[Fact]) -> str:
    """Return the SHA-256, in hex, of facts in the order of their ids; one changed sign changes it."""
    encoder = msgspec.json.Encoder(order="sorted", enc_hook=dict)
    digest = hashlib.sha256()
    for fact in sorted(facts, key=_by_id):
        digest.update(encoder.encode(fact))
        digest.update(b"\n")
    return digest.hexdigest()


def _by_id(fact: Fact) -> str:
    return fact.id


def _read_all(files: Iterable[LawFile], mistakes: list[Mistake]) -> list[ReadFact]:
    read = []
    for file in files:
        facts, found = read_facts(file)
        read += facts
        mistakes += found
    return read


def _wrong_versions(read: Iterable[ReadFact], names: set[str]) -> list[Mistake]:
    expected = "one of " + ", ".join(sorted(names))
    return [
        each.mistake("recorded", f"{each.fact.recorded} is no data version here.", expected)
        for each in read
        if each.fact.recorded not in names
    ]


def _wrong_among(read: Sequence[ReadFact], subjects: frozenset[str]) -> list[Mistake]:
    mistakes = []
    by_id: dict[str, ReadFact] = {}
    for each in read:
        if each.fact.id in by_id:
            mistakes.append(each.mistake("id", "The id stands twice.", "an id never used before"))
        by_id[each.fact.id] = each
        if each.fact.subject not in subjects:
            expected = "a jurisdiction of jurisdictions.toml or an instrument"
            mistakes.append(each.mistake("id", f"{each.fact.subject} is not known.", expected))
    for each in read:
        mistakes += _wrong_successor(each, by_id)
    return mistakes


def _wrong_successor(each: ReadFact, by_id: Mapping[str, ReadFact]) -> list[Mistake]:
    fact = each.fact
    named = fact.supersedes or fact.corrects
    if named is None:
        return []
    key = "supersedes" if fact.supersedes else "corrects"
    old = by_id.get(named)
    if old is None or (old.fact.subject, old.fact.topic) != (fact.subject, fact.topic):
        return [each.mistake(key, f"{named} is no fact of this topic.", "an id of the same topic")]
    if fact.supersedes and not _begins_later(fact, old.fact):
        message = "It does not begin after the fact that it supersedes."
        return [each.mistake(key, message, "a later valid_from, or `corrects` for a mistake")]
    return []


def _begins_later(fact: Fact, old: Fact) -> bool:
    if fact.holds_from is None:
        return False
    return old.holds_from is None or fact.holds_from > old.holds_from


def _visible(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out what was corrected, and end what was superseded."""
    by_id = {fact.id: fact for fact in facts}
    corrected = {fact.corrects for fact in facts}
    kept = [fact for fact in facts if fact.id not in corrected]
    ends: dict[str, date] = {}
    for fact in kept:
        old = _superseded_by(fact, by_id)
        if old is not None and fact.holds_from is not None:
            end = fact.holds_from - timedelta(days=1)
            ends[old] = min(end, ends.get(old, end))
    return [_ended(fact, ends.get(fact.id)) for fact in kept]


def _superseded_by(fact: Fact, by_id: Mapping[str, Fact]) -> str | None:
    """Return what a fact supersedes; a correction takes over what the corrected fact superseded."""
    seen = set()
    while fact.supersedes is None and fact.corrects is not None and fact.id not in seen:
        seen.add(fact.id)
        fact = by_id.get(fact.corrects, fact)
    return fact.supersedes


def _ended(fact: Fact, end: date | None) -> Fact:
    if end is None or (fact.holds_to is not None and fact.holds_to <= end):
        return fact
    return replace(fact, holds_to=end)


def _indexed(facts: Iterable[Fact]) -> dict[tuple[str, str], tuple[Fact, ...]]:
    index: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        index[fact.subject, fact.topic].append(fact)
    return {key: tuple(sorted(group, key=_by_id)) for key, group in index.items()}
