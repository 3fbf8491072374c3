"""Who is bound by which treaty on a day, and what was reserved."""

from collections.abc import Mapping
from datetime import date
from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.reading import day_of, holding, named, surest, text_of
from rempart.law.schema import UNKNOWN
from rempart.model.law import Answer, Message, Parameter, message
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

_BOUND: Final = frozenset({"ratification", "accession"})
_NOT_IN_FORCE: Final = frozenset({"not in force", "not adopted", "expired"})
_IN_FORCE: Final = frozenset({"in force", "applies"})


@rule(
    "TR-1",
    "Budapest art. 36(3), Lanzarote art. 45(3), OPSC art. 14(1): entry into force of the treaty",
)
def treaty_in_force(case: Case) -> Finding:
    """Tell whether the treaty itself was in force on the day; before the first day known of it, it was not."""
    day, treaty = day_of(case), text_of(case, "treaty")
    usable = [fact for fact in case.facts if fact.confidence.is_usable]
    standing = holding(case.facts, day)
    values = {fact.value for fact in standing}
    if any(fact.confidence.is_usable for fact in standing):
        if values <= _IN_FORCE:
            return Finding(Answer.YES, message("treaty.in-force", treaty=treaty))
        if values <= _NOT_IN_FORCE:
            return Finding(Answer.NO, message("treaty.not-in-force", treaty=treaty))
    elif not standing and usable and all(_is_after(fact, day) for fact in usable):
        return Finding(Answer.NO, message("treaty.not-yet-in-force", treaty=treaty))
    ask = message("ask.treaty-in-force", treaty=treaty, on=day.isoformat())
    return Finding(Answer.CHECK, message("treaty.state-unknown", treaty=treaty), asks=(ask,))


def _is_after(fact: Fact, day: date) -> bool:
    return fact.holds_from is not None and day < fact.holds_from


@rule(
    "PA-1",
    "Budapest arts 36(4), 37(2); Lanzarote arts 45(4), 46(3); OPSC art. 14(2): a state's own entry into force",
)
def state_bound(case: Case) -> Finding:
    """Tell whether the state was bound on the day.

    With a sure day of entry into force that day decides; between days that disagree, a lawyer. Without one, a
    sure status decides from its as-of day on, unless an unsure day of entry is later. A depositary's list that
    shows no ratification proves that there was none before its day.
    """
    day = day_of(case)
    parties = [fact for fact in case.facts if fact.topic.endswith(".party")]
    dates = [fact for fact in case.facts if fact.topic.endswith(".in-force")]
    status = _status(parties, day)
    if status is None or not status.confidence.is_usable or status.value == UNKNOWN:
        return _ask_party(case, "party.status-unknown")
    about = named(case, "state", "treaty")
    if status.value not in _BOUND:
        return Finding(Answer.NO, message("party.not", **about), notes=_read_on(status, day, about))
    dates = _current(dates, day)
    entry = surest(dates)
    if entry is not None and entry.confidence.is_usable:
        return _by_entry(case, entry, dates)
    if status.reaches(day) and not any(cast("date", each.value) > day for each in dates):
        return Finding(Answer.YES, message("party.by-status", **about))
    return _ask_party(case, "party.dates-unsure")


def _read_on(status: Fact, day: date, about: Mapping[str, Parameter]) -> tuple[Message, ...]:
    """Return the day of the list that shows no ratification, where the question is about a later one."""
    if status.as_of is None or day <= status.as_of.date:
        return ()
    read = status.as_of.date.isoformat()
    return (message("note.list-read-on", read=read, **about),)


def _status(parties: list[Fact], day: date) -> Fact | None:
    """Return the status of the day; before the first one, the first, since what it denies was not there earlier."""
    standing = holding(parties, day)
    if standing:
        return _agreed(standing)
    later = [fact for fact in parties if fact.holds_from is not None and day < fact.holds_from]
    return min(later, key=lambda each: (each.holds_from, each.id), default=None)


def _agreed(standing: list[Fact]) -> Fact | None:
    best = surest(standing)
    if any((each.value in _BOUND) != (standing[0].value in _BOUND) for each in standing):
        return None
    return None if any(each.value == UNKNOWN for each in standing) else best


def _current(facts: list[Fact], day: date) -> list[Fact]:
    """Return the facts that reach a day, else those not ended before it, else all: what they say was once so."""
    not_ended = [fact for fact in facts if fact.holds_to is None or day <= fact.holds_to]
    return holding(not_ended, day) or not_ended or facts


def _by_entry(case: Case, entry: Fact, dates: list[Fact]) -> Finding:
    day, first = day_of(case), cast("date", entry.value)
    told = [cast("date", each.fields.get("alternative", each.value)) for each in dates]
    told += [cast("date", each.value) for each in dates]
    about = named(case, "state", "treaty")
    values: dict[str, object] = {"in_force": first.isoformat()}
    for name in ("signed", "ratified"):
        if name in entry.fields:
            values[name] = cast("date", entry.fields[name]).isoformat()
    if day < min(told):
        why = message("party.not-yet", since=first.isoformat(), **about)
        return Finding(Answer.NO, why, values=values)
    if day < max(told):
        return _ask_party(case, "party.sources-disagree")
    if all(each.holds_to is not None and day > each.holds_to for each in dates):
        return Finding(Answer.NO, message("party.no-longer", **about), values=values)
    return Finding(
        Answer.YES, message("party.since", since=first.isoformat(), **about), values=values
    )


def _ask_party(case: Case, code: str) -> Finding:
    about = named(case, "state", "treaty")
    ask = message("ask.party", on=day_of(case).isoformat(), **about)
    return Finding(Answer.CHECK, message(code, **about), asks=(ask,))


@rule("PA-2", "territorial scope of the treaty: Budapest art. 38, Lanzarote art. 47")
def part_bound(case: Case) -> Finding:
    """Tell whether the treaty of a state holds in one part of it."""
    code, day = text_of(case, "code"), day_of(case)
    about = named(case, "treaty", state=code)
    standing = holding(case.facts, day)
    within, without = _naming(standing, "applies_in", code), _naming(standing, "not_in", code)
    if within and not without and any(each.confidence.is_usable for each in within):
        return Finding(Answer.YES, message("territory.applies", **about))
    if without and not within and any(each.confidence.is_usable for each in without):
        return Finding(Answer.NO, message("territory.not", **about))
    if not within and not without and not case.given["has_own_law"]:
        return Finding(Answer.YES, message("territory.part-of-state", **about))
    ask = message("ask.territory", on=day.isoformat(), **about)
    return Finding(Answer.CHECK, message("territory.unknown", **about), asks=(ask,))


def _naming(facts: list[Fact], field: str, code: str) -> list[Fact]:
    return [fact for fact in facts if code in cast("tuple[str, ...]", fact.fields.get(field, ()))]


@rule("RS-1", "reservations: Budapest arts 9(4), 22(2), 29(4); Lanzarote arts 20(3)-(4), 25(3)")
def reserved(case: Case) -> Finding:
    """Tell whether a state limited parts of a treaty: `yes` with what it limits, `no` where the absence was read.

    Given `provisions`, the parts in question, and `allowed_by`, the article that allows a reservation. A state
    about which nothing was read is not known to be free of reservations: `check`, with `is_named` where one is
    named that may not decide.
    """
    day = day_of(case)
    parts = set(cast("tuple[str, ...]", case.given["provisions"]))
    age = cast("int | None", case.given.get("age"))
    about = named(case, "state", "treaty")
    known = [fact for fact in case.facts if _limits(fact, parts, text_of(case, "allowed_by"), age)]
    current = [fact for fact in known if fact.holds_to is None or day <= fact.holds_to]
    standing = [fact for fact in current if fact.reaches(day) and fact.confidence.is_usable]
    if standing:
        effects = tuple(str(fact.value) for fact in standing)
        why = message("reservation.in-force", article=text_of(case, "allowed_by"), **about)
        notes: tuple[Message, ...] = tuple(
            message(
                "note.reserved",
                article=str(each.fields["article"]),
                effect=str(each.value),
                **about,
            )
            for each in standing
        )
        values = {
            "effects": effects,
            "child_from": _age_of(standing),
            "for_some_only": all(_is_for_some(each) for each in standing),
        }
        return Finding(Answer.YES, why, notes=notes, values=values)
    if not current and (known or _absence(case, day) or _is_read_otherwise(case, day)):
        return Finding(Answer.NO, message("reservation.none", **about))
    ask = message(
        "ask.reservation", article=text_of(case, "allowed_by"), on=day.isoformat(), **about
    )
    return Finding(
        Answer.CHECK,
        message("reservation.not-read", **about),
        asks=(ask,),
        values={"is_named": bool(current)},
    )


def may_be_reserved(reservation: Finding) -> bool:
    """Tell whether a reservation is in force, or one is named that is not sure or does not reach the day."""
    return reservation.answer is Answer.YES or reservation.values.get("is_named") is True


def _limits(fact: Fact, parts: set[str], article: str, age: int | None) -> bool:
    if not fact.topic.endswith(".reservation"):
        return False
    start = fact.fields.get("child_from")
    if age is not None and isinstance(start, int) and age < start:
        return False  # it speaks of older persons only
    if fact.fields["article"] != article and fact.fields["article"] not in parts:
        return False
    named_parts = cast("tuple[str, ...]", fact.fields["applies_to"])
    return any(
        part == each or part.startswith(f"{each}(") for part in parts for each in named_parts
    )


def _is_for_some(fact: Fact) -> bool:
    """Tell whether it speaks of some persons only: from an age on, or where they consent."""
    return "child_from" in fact.fields or fact.fields.get("consent") is True


def _is_read_otherwise(case: Case, day: date) -> bool:
    """Tell whether a reservation under the same article was read that leaves the parts in question alone."""
    return any(
        fact.fields["article"] == text_of(case, "allowed_by")
        for fact in holding(case.facts, day)
        if fact.topic.endswith(".reservation") and fact.confidence.is_usable
    )


def _absence(case: Case, day: date) -> bool:
    texts = [fact for fact in case.facts if fact.topic.endswith(".reservations")]
    article = text_of(case, "allowed_by")
    whole = article.split("(", 1)[0]
    for fact in holding(texts, day):
        none_on = cast("tuple[str, ...]", fact.fields.get("none_on", ()))
        if fact.confidence.is_usable and {"*", article, whole} & set(none_on):
            return True
    return False


def _age_of(facts: list[Fact]) -> int | None:
    return next(
        (cast("int", each.fields["child_from"]) for each in facts if "child_from" in each.fields),
        None,
    )
