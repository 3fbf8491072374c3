"""All facts of one data version, with an operator's overlay on top, found by subject and topic."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, cast

import msgspec

from rempart.law._linking import corrected_by, mistakes_among
from rempart.law.errors import LawDataRefusedError, Mistake, UnknownVersionError
from rempart.law.reading import LawFile, Row, read_rows
from rempart.law.versions import OVERLAY, DataVersion
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law_facts import Fact

_OFFENCE: Final = "offence"


@dataclass(frozen=True, slots=True)
class LawLibrary:
    """The facts that one data version sees.

    Attributes:
        version: the data version's identifier.
        hash: SHA-256, in hex, of every fact that the version sees, the overlay's included.
        has_overlay: whether an operator's overlay was loaded.
        own_law: codes of territories that do not take over the law of their state.
    """

    version: str
    hash: str
    has_overlay: bool
    own_law: frozenset[Jurisdiction]
    _facts: Mapping[tuple[str, str], tuple[Fact, ...]]
    _offences: dict[str, dict[str, tuple[Fact, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )

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

    def offences(self, instrument: str, conduct: str) -> tuple[Fact, ...]:
        """Return the provisions of an instrument that oblige to punish a conduct; found once for each instrument."""
        index = self._offences.get(instrument)
        if index is None:
            groups: defaultdict[str, list[Fact]] = defaultdict(list)
            for fact in self.facts(instrument, "provision"):
                if fact.fields.get("kind") == _OFFENCE:
                    for each in cast("tuple[str, ...]", fact.fields.get("conducts", ())):
                        groups[each].append(fact)
            index = self._offences[instrument] = {
                each: tuple(facts) for each, facts in groups.items()
            }
        return index.get(conduct, ())

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
    names = [each.id for each in versions]
    mistakes += mistakes_among(shipped, own, names, frozenset(subjects))
    if mistakes:
        raise LawDataRefusedError(mistakes)
    read = (row.fact for row in (*shipped, *own) if row.fact is not None)
    return LawShelf(
        versions=tuple(versions),
        has_overlay=bool(own),
        own_law=frozenset(own_law),
        _read=tuple(sorted(read, key=_by_id)),
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


def _read_all(files: Iterable[LawFile], mistakes: list[Mistake]) -> list[Row]:
    return [row for file in files for row in read_rows(file, mistakes)]


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
    return [_ended(fact, _end_of(fact, by_id, ends)) for fact in kept]


def _superseded_by(fact: Fact, by_id: Mapping[str, Fact]) -> str | None:
    """Return what a fact supersedes; a correction takes over what the corrected fact superseded."""
    named = (each.supersedes for each in corrected_by(fact, by_id))
    return next((each for each in named if each is not None), None)


def _end_of(fact: Fact, by_id: Mapping[str, Fact], ends: Mapping[str, date]) -> date | None:
    """Return the day before a fact is superseded; a correction ends as the corrected fact would have."""
    found = (ends[each.id] for each in corrected_by(fact, by_id) if each.id in ends)
    return min(found, default=None)


def _ended(fact: Fact, end: date | None) -> Fact:
    if end is None or (fact.holds_to is not None and fact.holds_to <= end):
        return fact
    return replace(fact, holds_to=end)


def _indexed(facts: Iterable[Fact]) -> dict[tuple[str, str], tuple[Fact, ...]]:
    index: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        index[fact.subject, fact.topic].append(fact)
    return {key: tuple(sorted(group, key=_by_id)) for key, group in index.items()}
