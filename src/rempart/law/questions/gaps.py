"""How far is a state from an instrument?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from rempart.law.articles import article_of
from rempart.law.book import LawBook
from rempart.law.questions.citations import citation, deciding_fact
from rempart.law.questions.crime import Deed, crime_step
from rempart.law.rules.gaps import bound_as_member, distance, obligation_met
from rempart.law.rules.joining import all_conditions
from rempart.law.rules.treaties import treaty_in_force
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Conduct, Material, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

MEASURED_INSTRUMENTS: Final = (
    Treaty.BUDAPEST.value,
    Treaty.LANZAROTE.value,
    Treaty.OPSC.value,
    Treaty.UN_CYBERCRIME.value,
    "directive-2011-93",
)
"""The instruments with offences that the data know conduct by conduct."""

_OFFENCE: Final = "offence"
_TREATIES: Final = frozenset(each.value for each in Treaty)
_ALLOWING: Final = re.compile(r"art\. (\d+\(\d+\))", re.ASCII)
_MATERIAL_OF: Final = {
    "def_apparent_minor": Material.APPARENT_MINOR,
    "def_realistic_image": Material.REALISTIC_IMAGE,
}
_CONDUCTS_OF_CLASSES: Final = (Conduct.DISTRIBUTION, Conduct.POSSESSION)
"""A class of material counts for all conducts; these two stand for them, one of giving and one of having."""


@dataclass(frozen=True, slots=True)
class _Obligation:
    """One thing that an instrument obliges its parties to punish."""

    provision: Fact
    conduct: Conduct
    material: Material
    parts: tuple[str, ...]

    @property
    def article(self) -> str:
        return self.parts[0]


def measure_gaps(book: LawBook, state: Jurisdiction, instrument: str, on: date) -> LawAnswer:
    """Answer how far a state's law is from the offences of an instrument: `yes` where every one is met.

    States that are not bound are measured as well, and the answer says so. `no`: an obligation is not met;
    `check`: a lawyer must answer something first; `partly`: some are met in part or reserved.

    Args:
        book: the law.
        state: a state or a part of one.
        instrument: one of MEASURED_INSTRUMENTS; of another one nothing can be measured, which gives `check`.
        on: the day.
    """
    party = _party(book, state, instrument, on)
    obligations = list(_obligations(book, instrument, on))
    steps = [_measure(book, state, each, on, party) for each in obligations]
    unmeasured = _not_measured(book, instrument, on)
    beyond = tuple(article_of(fact) for fact in unmeasured)
    given = {"on": on, "state": state, "instrument": instrument, "not_measured": beyond}
    last = distance.apply(given, facts=unmeasured, uses=(party, *steps))
    question = {"kind": "gaps", "state": state, "instrument": instrument, "on": on.isoformat()}
    return book.answer(
        question,
        last,
        party={"answer": party.finding.answer.value, "why": party.finding.why},
        obligations=[_row(*each) for each in zip(obligations, steps, strict=True)],
        counts=last.finding.values["counts"],
        not_measured=list(beyond),
    )


def _row(obligation: _Obligation, step: Step) -> dict[str, object]:
    finding = step.finding
    return {
        "article": obligation.article,
        "conduct": obligation.conduct.value,
        "material": obligation.material.value,
        "requires": str(obligation.provision.value),
        "status": finding.values["status"],
        "answer": finding.answer.value,
        **citation(deciding_fact(step.uses[0])),
        "why": finding.why,
        "asks": list(finding.asks),
        "notes": list(finding.notes),
    }


def _obligations(book: LawBook, instrument: str, on: date) -> Iterator[_Obligation]:
    provisions = _provisions(book, instrument, on)
    for fact in provisions:
        article = article_of(fact)
        for name in _conducts(fact):
            yield _Obligation(fact, Conduct(name), Material.REAL_CHILD, (article,))
        for subject in cast("tuple[str, ...]", fact.fields.get("about", ())):
            if subject in _MATERIAL_OF:
                for conduct in _CONDUCTS_OF_CLASSES:
                    offences = [each for each in provisions if conduct.value in _conducts(each)]
                    parts = (article, *map(article_of, offences))
                    yield _Obligation(fact, conduct, _MATERIAL_OF[subject], parts)


def _conducts(provision: Fact) -> tuple[str, ...]:
    """Return the conducts that a provision obliges to punish; none for one that is no offence."""
    if provision.fields.get("kind") != _OFFENCE:
        return ()
    return cast("tuple[str, ...]", provision.fields.get("conducts", ()))


def _provisions(book: LawBook, instrument: str, on: date) -> list[Fact]:
    """Return the provisions to measure against, in their order.

    An instrument measures also on days before it was in force, so a provision counts until it ends; one that
    supersedes another counts from its own first day.
    """
    return sorted(
        (
            fact
            for fact in book.library.facts(instrument, "provision")
            if (fact.holds_to is None or on <= fact.holds_to)
            and (fact.supersedes is None or fact.reaches(on))
        ),
        key=lambda fact: int(fact.id.rpartition(".")[2]),
    )


def _not_measured(book: LawBook, instrument: str, on: date) -> list[Fact]:
    """Return the offences that have no conduct here, such as sexual abuse itself."""
    return [
        fact
        for fact in _provisions(book, instrument, on)
        if fact.fields.get("kind") == _OFFENCE and not _conducts(fact)
    ]


def _measure(
    book: LawBook, state: Jurisdiction, obligation: _Obligation, on: date, party: Step
) -> Step:
    instrument = obligation.provision.subject
    deed = Deed(obligation.conduct, obligation.material, on)
    uses = [crime_step(book, state, deed), party]
    allowed = str(obligation.provision.fields.get("allowed_reservations", ""))
    if instrument in _TREATIES:
        found = _ALLOWING.search(allowed)
        article = obligation.article if found is None else found[1]
        treaty = Treaty(instrument)
        uses.append(book.reservation(state, treaty, article, obligation.parts, on))
    given = {
        "on": on,
        "state": state,
        "instrument": instrument,
        "article": obligation.article,
        "conduct": obligation.conduct.value,
        "material": obligation.material.value,
        "can_be_reserved": bool(allowed) or _is_spoken_of(book, state, obligation),
    }
    return obligation_met.apply(
        given,
        facts=(obligation.provision,),
        uses=uses,
        article=f"{instrument} art. {obligation.article}",
    )


def _is_spoken_of(book: LawBook, state: Jurisdiction, obligation: _Obligation) -> bool:
    """Tell whether any reservation known of the state, sure or not, names a part of the obligation."""
    topic = f"treaty.{obligation.provision.subject}.reservation"
    return any(
        part == named or part.startswith(f"{named}(")
        for fact in book.library.facts(state_of(state), topic)
        for named in (str(fact.fields["article"]), *_applies_to(fact))
        for part in obligation.parts
    )


def _applies_to(reservation: Fact) -> tuple[str, ...]:
    return cast("tuple[str, ...]", reservation.fields["applies_to"])


def _party(book: LawBook, state: Jurisdiction, instrument: str, on: date) -> Step:
    """Tell whether an instrument binds a state: a treaty its parties, an act of the Union its members."""
    if instrument in _TREATIES:
        return book.party(state, Treaty(instrument), on)
    in_force = treaty_in_force.apply(
        {"on": on, "treaty": instrument}, facts=book.library.facts(instrument, "status")
    )
    steps = [book.fact(state, "eu.member", on)]
    topic = f"eu.bound.{instrument}"
    if book.library.law_of(state, topic):
        steps.append(book.fact(state, topic, on))
    bound = bound_as_member.apply({"state": state, "instrument": instrument}, uses=steps)
    return all_conditions.apply({}, uses=(in_force, bound))
