"""Reading facts on a day: what holds, and why it may not decide."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.schema import UNKNOWN
from rempart.model.law import Answer, Confidence, Message, Parameter, message
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact, FactValue

_SUREST_FIRST: Final = list(Confidence)
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
_SPOKEN_OF: Final = ("state", "topic", "conduct", "material", "treaty")
_WRITTEN: Final = frozenset({Answer.YES.value, Answer.NO.value, Answer.PARTLY.value})


def day_of(case: Case) -> date:
    """Return the day that the question is about."""
    return cast("date", case.given["on"])


def text_of(case: Case, name: str) -> str:
    """Return a text that the question gave."""
    return cast("str", case.given[name])


def named(case: Case, *names: str, **more: Parameter) -> dict[str, Parameter]:
    """Return what a text speaks of: texts that the question gave, and more."""
    return {**{name: text_of(case, name) for name in names}, **more}


def surest(facts: Iterable[Fact]) -> Fact | None:
    """Return the fact of the highest confidence, the first by id among equals; None without one."""
    return min(
        facts, key=lambda each: (_SUREST_FIRST.index(each.confidence), each.id), default=None
    )


def holding(facts: Iterable[Fact], day: date) -> list[Fact]:
    """Return the facts that reach a day."""
    return [fact for fact in facts if fact.reaches(day)]


@rule("F-1", "the fact's own legal basis")
def fact_on_the_day(case: Case) -> Finding:
    """Read what the facts of one topic say on a day.

    `yes`, `no` and `partly` are taken over; any other value that may decide gives `yes`, with the value.
    `partly` asks whether the case is within the part. A day out of reach, a fact of low or unknown confidence,
    and facts that disagree give `check`; `unsure` is then what one of them says.
    """
    day, family = day_of(case), text_of(case, "family")
    standing = holding(case.facts, day)
    best = surest(standing)
    if best is None:
        return _unread(case, "fact.out-of-reach" if case.facts else "fact.none", family)
    unsure = {"unsure": _denial_first(standing)}
    if any(fact.value != best.value for fact in standing):
        return _unread(case, "fact.disagree", family, unsure)
    if best.value == UNKNOWN or best.confidence is Confidence.UNKNOWN:
        return _unread(case, "fact.unknown", family, unsure)
    if not best.confidence.is_usable:
        return _unread(case, "fact.unsure", family, unsure)
    value = best.value
    answer = Answer(str(value)) if value in _WRITTEN else Answer.YES
    values = {
        "value": value,
        "basis": best.basis,
        "confidence": best.confidence.value,
        "fact": best.id,
    }
    why = message("fact.read", state=best.subject, topic=best.topic, value=str(value))
    asks = (_ask_part(case, best),) if answer is Answer.PARTLY else ()
    return Finding(answer, why, asks=asks, values=values)


def _denial_first(standing: Iterable[Fact]) -> FactValue:
    """Return what facts say that may not decide; a `no` among them first, since it stands against a proof."""
    return min(
        (fact.value for fact in standing), key=lambda each: (each != Answer.NO.value, str(each))
    )


def _ask_part(case: Case, fact: Fact) -> Message:
    on = day_of(case).isoformat()
    return message("ask.in-part", on=on, state=fact.subject, topic=fact.topic)


def _unread(case: Case, code: str, family: str, values: Mapping[str, object] = _NOTHING) -> Finding:
    params = named(case, *(name for name in _SPOKEN_OF if name in case.given))
    on = day_of(case).isoformat()
    return Finding(
        Answer.CHECK,
        message(code, on=on, **params),
        asks=(message(f"ask.{family}", on=on, **params),),
        values=values,
    )
