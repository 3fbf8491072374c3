"""An audit of the law data: what contradicts itself, what is missing, what is old; and that no release changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from rempart.law.audit_report import AuditFinding, AuditReport, Coverage, Severity
from rempart.law.contradictions import disagreeing, in_the_future, old_rows, upside_down
from rempart.law.library import LawLibrary, LawShelf
from rempart.law.schema import UNKNOWN
from rempart.law.state_topics import EXPECTED_TOPICS, family_of
from rempart.law.treaty_dates import party_without_statute, wrong_dates
from rempart.law.versions import OVERLAY
from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction
from rempart.model.law import Confidence, message
from rempart.model.law_facts import Fact

_BAD_FIRST: Final = list(Severity)


def audit(library: LawLibrary, today: date, max_age_days: int) -> AuditReport:
    """Look through the facts of one data version and return all that was found, contradictions first.

    Args:
        library: the facts.
        today: the day of the audit.
        max_age_days: how long ago a source may speak before its fact is told as old.
    """
    facts = library.all_facts()
    states = _states(library)
    found = [
        *(each for state in states for each in wrong_dates(library, state)),
        *(each for state in states for each in party_without_statute(library, state)),
        *upside_down(facts),
        *in_the_future(facts, today),
        *(each for group in _by_topic(facts) for each in disagreeing(group)),
        *old_rows(facts, today, max_age_days),
    ]
    return AuditReport(
        data_version=library.version,
        data_hash=library.hash,
        has_overlay=library.has_overlay,
        on=today,
        max_age_days=max_age_days,
        findings=tuple(sorted(found, key=_rank)),
        coverage=tuple(each for state in states for each in _coverage(library, state, today)),
        counts=_counts(library, facts),
    )


def check_releases(shelf: LawShelf) -> tuple[AuditFinding, ...]:
    """Return a finding for each data version whose facts are not those that it was released with.

    A released version is never changed: facts are only superseded or corrected by a later version. A version
    without a hash is not released yet, which is a note. An operator's overlay is left out: it is no release.
    """
    own = [fact for fact in shelf.every_fact() if fact.recorded != OVERLAY]
    plain = LawShelf(shelf.versions, False, shelf.own_law, tuple(own))  # noqa: FBT003 - its own order
    return tuple(
        finding
        for version in shelf.versions
        for finding in _release(version.id, version.hash, plain.library(version.id).hash)
    )


def _release(version: str, pinned: str, found: str) -> Iterator[AuditFinding]:
    if not pinned:
        text = message("audit.release-not-pinned", version=version, found=found)
        yield AuditFinding(Severity.NOTE, version, (), text)
    elif pinned != found:
        text = message("audit.release-changed", version=version, pinned=pinned, found=found)
        yield AuditFinding(Severity.CONTRADICTION, version, (), text)


def _rank(finding: AuditFinding) -> tuple[int, str, str, tuple[str, ...]]:
    return _BAD_FIRST.index(finding.severity), finding.code, finding.subject, finding.facts


def _states(library: LawLibrary) -> list[Jurisdiction]:
    codes = (parse_jurisdiction(each) for each in library.subjects())
    return [code for code in codes if code is not None]


def _by_topic(facts: Iterable[Fact]) -> Iterable[Sequence[Fact]]:
    groups: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.subject, fact.topic].append(fact)
    return groups.values()


def _coverage(library: LawLibrary, state: Jurisdiction, today: date) -> Iterator[Coverage]:
    families: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for topic in EXPECTED_TOPICS:
        known = _how_known(library.law_of(state, topic), today)
        families[family_of(topic)][known] += 1
    for family, counted in families.items():
        yield Coverage(
            state,
            family,
            known=counted["known"],
            unsure=counted["unsure"],
            unknown=counted["unknown"],
            none=counted["none"],
        )


def _how_known(facts: Sequence[Fact], today: date) -> str:
    if not facts:
        return "none"
    if all(_is_unknown(fact) for fact in facts):
        return "unknown"
    sure = (fact.confidence.is_usable and not _is_unknown(fact) for fact in facts)
    is_known = any(
        is_sure and fact.reaches(today) for is_sure, fact in zip(sure, facts, strict=True)
    )
    return "known" if is_known else "unsure"


def _is_unknown(fact: Fact) -> bool:
    return fact.value == UNKNOWN or fact.confidence is Confidence.UNKNOWN


def _counts(library: LawLibrary, facts: Sequence[Fact]) -> Mapping[str, int]:
    confidences = Counter(fact.confidence for fact in facts)
    states = _states(library)
    reviewed = sum(fact.reviewer is not None for fact in facts)
    return {
        "facts": len(facts),
        "jurisdictions": len(states),
        "instruments": len(library.subjects()) - len(states),
        **{each.value: confidences[each] for each in Confidence},
        "says_unknown": sum(fact.value == UNKNOWN for fact in facts),
        "reviewed": reviewed,
        "without_reviewer": len(facts) - reviewed,
        "of_overlay": sum(fact.recorded == OVERLAY for fact in facts),
    }
