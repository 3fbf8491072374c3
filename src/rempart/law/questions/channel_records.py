"""What a channel shows beside its answer, as JSON values."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from rempart.law.articles import article_of
from rempart.law.book import LawBook
from rempart.law.questions.crime import crime_record, crime_step
from rempart.law.questions.powers import Pair, Power, has_treaty_powers
from rempart.law.rules.cooperation import other_grounds
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Need
from rempart.model.law_answers import Step
from rempart.model.law_facts import Fact


def ground_records(pair: Pair, refusals: Sequence[tuple[str, Step]]) -> list[dict[str, object]]:
    """Return the grounds of refusal; those that only a person can weigh stand last and weaken nothing."""
    grounds = list(refusals)
    if has_treaty_powers(pair.need) and pair.need is not Need.SPONTANEOUS:
        grounds.append(("essential-interests", other_grounds.apply(pair.given())))
    return [
        {
            "ground": name,
            "article": step.article,
            "answer": step.finding.answer.value,
            "why": step.finding.why,
            "asks": step.finding.asks,
        }
        for name, step in grounds
    ]


def power_record(power: Power) -> dict[str, object]:
    """Return one power with its provisions."""
    return {
        "instrument": power.instrument,
        "article": power.step.article,
        "answer": power.step.finding.answer.value,
        "why": power.step.finding.why,
        "provisions": [
            {
                "article": article_of(fact),
                "requires": fact.value,
                "source": fact.source,
                "confidence": fact.confidence.value,
                "fact": fact.id,
            }
            for fact in power.provisions
        ],
    }


def deadline_record(fact: Fact, on: date) -> dict[str, object]:
    """Return one time limit, and whether its fact reaches the day."""
    return {
        "what": fact.value,
        "value": fact.fields["amount"],
        "unit": fact.fields["unit"],
        "from": fact.fields.get("from"),
        "article": article_of(fact),
        "instrument": fact.subject,
        "confidence": fact.confidence.value,
        "in_reach": fact.reaches(on),
        "fact": fact.id,
    }


def listed_in(powers: Iterable[Power], name: str) -> list[dict[str, object]]:
    """Return what the provisions of some powers list under a field, for example what a request must hold."""
    return [
        {"instrument": power.instrument, "article": article_of(fact), "what": fact.fields[name]}
        for power in powers
        for fact in power.provisions
        if name in fact.fields
    ]


def reservation_records(book: LawBook, pair: Pair) -> Iterator[dict[str, object]]:
    """Yield what either state reserved under the Budapest Convention about arts 9, 24 and 29."""
    for state in dict.fromkeys(pair.states):
        for fact in book.library.facts(state_of(state), "treaty.budapest.reservation"):
            if str(fact.fields["article"]).startswith(("9(", "24(", "29(")):
                yield {
                    "state": state,
                    "article": fact.fields["article"],
                    "applies_to": fact.fields["applies_to"],
                    "effect": fact.value,
                    "in_reach": fact.reaches(pair.on),
                    "source": fact.source,
                    "confidence": fact.confidence.value,
                    "fact": fact.id,
                }


def contact_records(book: LawBook, state: Jurisdiction, on: date) -> Iterator[dict[str, object]]:
    """Yield the contact points of a state: police, then hotline."""
    for kind in ("police", "hotline"):
        for fact in book.library.law_of(state, f"contact.{kind}"):
            yield {
                "kind": kind,
                "name": fact.value,
                "url": fact.fields.get("url"),
                "confidence": fact.confidence.value,
                "in_reach": fact.reaches(on),
                "fact": fact.id,
            }


def crime_records(book: LawBook, pair: Pair) -> dict[str, object]:
    """Return for each of the two states whether the deed is a crime there."""
    return {
        state: crime_record(book, state, pair.deed, crime_step(book, state, pair.deed))
        for state in pair.states
    }
