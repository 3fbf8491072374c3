"""What is known of one state?"""

from collections.abc import Iterator
from datetime import date
from typing import Final, cast

from rempart.law.book import LawBook
from rempart.law.questions.citations import as_of_values, citation, cited, deciding_fact
from rempart.law.questions.crime import Deed, crime_step
from rempart.law.rules.reading import holding
from rempart.law.rules.surveys import topics_answered
from rempart.law.schema import TOPICS
from rempart.law.state_topics import EXPECTED_TOPICS, by_scope, has_one_value
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Answer, Conduct, Material, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_CRIME: Final = "crime."
_CONTACT: Final = "contact."
_TREATY: Final = "treaty."
_IN_TREATIES: Final = (".party", ".in-force")
_RESERVATION: Final = ".reservation"


def profile(book: LawBook, state: Jurisdiction, on: date) -> LawAnswer:
    """Return all that is known of a state on a day: `yes` every topic is answered, `check` none, else `partly`.

    A topic that every state should have stands there with its question also where nothing is known.
    """
    topics = list(_topics(book, state, on))
    treaties = [(each, book.party(state, each, on)) for each in Treaty]
    reservations = list(_reservations(book, state, on))
    steps = [
        *(step for _, step in topics),
        *(step for _, step in treaties),
        *(step for _, step in reservations),
    ]
    last = topics_answered.apply({"state": state}, uses=steps)
    rows = [_topic_row(topic, step, on) for topic, step in topics]
    return book.answer(
        {"kind": "country", "state": state, "on": on.isoformat()},
        last,
        counts=last.finding.values["counts"],
        topics=[row for row in rows if not str(row["topic"]).startswith(_CONTACT)],
        treaties=[_treaty_row(treaty, step, on) for treaty, step in treaties],
        reservations=[_reservation_row(fact, step) for fact, step in reservations],
        contacts=[row for row in rows if str(row["topic"]).startswith(_CONTACT)],
    )


def _topics(book: LawBook, state: Jurisdiction, on: date) -> Iterator[tuple[str, Step]]:
    """Yield a step for each topic, and for each scope of one; those of treaties and reservations apart."""
    for topic in TOPICS:
        if topic.endswith((*_IN_TREATIES, _RESERVATION)):
            continue
        facts = _facts(book, state, topic)
        if topic.startswith(_CRIME) and (facts or topic in EXPECTED_TOPICS):
            conduct = Conduct(topic.removeprefix(_CRIME))
            deed = Deed(conduct, Material.REAL_CHILD, on)
            yield topic, crime_step(book, state, deed, with_treaties=False)
        elif facts:
            for name, group in _groups(topic, facts, on):
                yield topic, book.fact_among(group, state, topic, on, scope=name)
        elif topic in EXPECTED_TOPICS:
            yield topic, book.fact_among((), state, topic, on, scope="")


def _facts(book: LawBook, state: Jurisdiction, topic: str) -> tuple[Fact, ...]:
    if topic.startswith(_TREATY):
        return book.library.facts(state_of(state), topic)
    return book.library.law_of(state, topic)


def _groups(topic: str, facts: tuple[Fact, ...], on: date) -> list[tuple[str, tuple[Fact, ...]]]:
    """Return the facts that make one row each: by scope, or one by one where a state may have several."""
    if has_one_value(topic):
        groups = [(str(scope), group) for scope, group in by_scope(facts).items()]
        current = [each for each in groups if not _has_ended(each[1], on)]
        return current or groups
    standing = holding(facts, on)
    return [(each.id, (each,)) for each in standing] or [("", facts)]


def _has_ended(facts: tuple[Fact, ...], on: date) -> bool:
    return all(fact.holds_to is not None and fact.holds_to < on for fact in facts)


def _reservations(book: LawBook, state: Jurisdiction, on: date) -> Iterator[tuple[Fact, Step]]:
    for treaty in Treaty:
        topic = f"{_TREATY}{treaty.value}{_RESERVATION}"
        for fact in book.library.facts(state_of(state), topic):
            yield fact, book.fact_among((fact,), state, topic, on, scope=fact.id)


def _topic_row(topic: str, step: Step, on: date) -> dict[str, object]:
    finding = step.finding
    fact = _fact_of(topic, step, on)
    return {
        "topic": topic,
        "value": _value(topic, step, fact),
        "answer": finding.answer.value,
        **citation(fact),
        "detail": None if fact is None else fact.detail,
        "fields": {} if fact is None else dict(fact.fields),
        "why": finding.why,
        "asks": list(finding.asks),
    }


def _fact_of(topic: str, step: Step, on: date) -> Fact | None:
    if topic.startswith(_CRIME):
        return deciding_fact(step)
    return cited(step.facts, step.finding.values.get("fact"), on)


def _value(topic: str, step: Step, fact: Fact | None) -> object:
    """Return the fact's own value; an offence that a penalty proves has none and takes the answer."""
    if fact is not None and fact.topic == topic:
        return fact.value
    return None if step.finding.answer is Answer.CHECK else step.finding.answer.value


def _treaty_row(treaty: Treaty, step: Step, on: date) -> dict[str, object]:
    finding = step.finding
    facts = [fact for each in step.uses for fact in each.facts if fact.subject != treaty.value]
    status = cited([fact for fact in facts if fact.topic.endswith(".party")], None, on)
    return {
        "instrument": treaty.value,
        "status": None if status is None else status.value,
        "answer": finding.answer.value,
        **{name: finding.values.get(name) for name in ("signed", "ratified", "in_force")},
        **citation(status),
        "why": finding.why,
        "asks": list(finding.asks),
    }


def _reservation_row(fact: Fact, step: Step) -> dict[str, object]:
    return {
        "instrument": fact.topic.removeprefix(_TREATY).removesuffix(_RESERVATION),
        "article": fact.fields["article"],
        "applies_to": list(cast("tuple[str, ...]", fact.fields["applies_to"])),
        "effect": fact.value,
        "answer": step.finding.answer.value,
        "status": fact.fields.get("status"),
        "fact": fact.id,
        "source": fact.source,
        "as_of": as_of_values(fact),
        "confidence": fact.confidence.value,
        "why": step.finding.why,
        "asks": list(step.finding.asks),
    }
