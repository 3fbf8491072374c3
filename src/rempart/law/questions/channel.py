"""Which power can one state use towards another, on which article, with which deadlines and refusals?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from rempart.law.articles import INSTRUMENT_TITLES, article_of, deadlines, provision, treaty_parts
from rempart.law.book import LawBook
from rempart.law.questions.crime import Deed, crime_record, crime_step, penalty_step
from rempart.law.questions.dual import dual_step
from rempart.law.rules.cooperation import (
    action_against_content,
    assistance_with_dual_criminality,
    channel_conclusion,
    needs_dual_criminality,
    order_inside_the_union,
    other_grounds,
    power_between,
    preservation_clock,
    preservation_without_dual_criminality,
    refusal_under_reservation,
    reservation_29_4,
    second_protocol,
    spontaneous_information,
    united_states_preservation,
    urgent_channel,
)
from rempart.law.rules.extradition import (
    declared_limits,
    extraditable,
    extradition_conclusion,
    multilateral_basis,
)
from rempart.law.rules.joining import shown_beside
from rempart.law.rules.reporting import removal_order_content
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Answer, Need, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_E_EVIDENCE: Final = "e-evidence"
_DSA: Final = "dsa"
_US: Final = Jurisdiction("US")
_US_LAW: Final = "us-federal"
_US_SECTION: Final = "18 USC 2703"


@dataclass(frozen=True, slots=True)
class _Articles:
    """The articles of one instrument that serve a need."""

    instrument: str
    names: tuple[str, ...]


_TREATY_POWERS: Final[Mapping[Need, tuple[_Articles, ...]]] = MappingProxyType(
    {
        Need.PRESERVATION: (
            _Articles("budapest", ("16", "29")),
            _Articles("un-cybercrime", ("25", "42")),
        ),
        Need.SUBSCRIBER: (
            _Articles("budapest", ("18", "25", "31")),
            _Articles("cets224", ("7",)),
        ),
        Need.TRAFFIC: (
            _Articles("budapest", ("25", "30", "31", "33")),
            _Articles("cets224", ("8",)),
        ),
        Need.CONTENT: (_Articles("budapest", ("25", "31", "34")),),
        Need.EMERGENCY: (
            _Articles("budapest", ("25", "35")),
            _Articles("cets224", ("9", "10")),
            _Articles("un-cybercrime", ("41",)),
        ),
        Need.SPONTANEOUS: (_Articles("budapest", ("26",)),),
        Need.EXTRADITION: (
            _Articles("budapest", ("24",)),
            _Articles("lanzarote", ("38",)),
            _Articles("opsc", ("5",)),
        ),
        Need.MLA: (
            _Articles("budapest", ("25", "27", "31")),
            _Articles("lanzarote", ("38",)),
            _Articles("opsc", ("6",)),
            _Articles("un-cybercrime", ("40",)),
        ),
        Need.JOINT_TEAM: (_Articles("cets224", ("12",)),),
        Need.TAKEDOWN: (),
    }
)

_UNION_ORDERS: Final[Mapping[Need, tuple[str, ...]]] = MappingProxyType(
    {
        Need.PRESERVATION: ("11",),
        Need.SUBSCRIBER: ("1", "5", "10"),
        Need.TRAFFIC: ("1", "5", "10"),
        Need.CONTENT: ("1", "5", "10"),
        Need.EMERGENCY: ("1", "10"),
    }
)
_SERIOUS_ONLY: Final = frozenset({Need.TRAFFIC, Need.CONTENT})
_ONLY_FOR_ITS_OFFENCES: Final = frozenset({"lanzarote", "opsc"})
"""Treaties whose co-operation is for the offences that they establish; Budapest art. 25(1) is for all evidence."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Who asks whom for what."""

    requesting: Jurisdiction
    requested: Jurisdiction
    deed: Deed
    need: Need

    def given(self, **more: object) -> dict[str, object]:
        return {
            "from": self.requesting,
            "to": self.requested,
            "on": self.deed.on,
            "need": self.need.value,
            "conduct": self.deed.conduct.value,
            **more,
        }

    @property
    def on(self) -> date:
        return self.deed.on

    @property
    def states(self) -> tuple[Jurisdiction, Jurisdiction]:
        return self.requesting, self.requested


@dataclass(frozen=True, slots=True)
class _Power:
    """One power: the step that tells whether it stands, and the provisions and time limits behind it."""

    instrument: str
    step: Step
    provisions: tuple[Fact, ...]
    limits: tuple[Fact, ...]


def find_channel(
    book: LawBook, requesting: Jurisdiction, requested: Jurisdiction, deed: Deed, need: Need
) -> LawAnswer:
    """Answer whether a power can be used, with articles, deadlines, grounds of refusal and what to attach."""
    pair = _Pair(requesting, requested, deed, need)
    powers = list(_powers(book, pair))
    refusals = _refusals(book, pair, powers)
    if need is Need.EXTRADITION:
        last = _extradition(book, pair, powers)
    else:
        last = channel_conclusion.apply(
            pair.given(
                powers=len(powers),
                refusals=len(refusals),
                is_free_of_refusal=_is_free(powers, refusals),
            ),
            uses=(
                *(each.step for each in powers),
                *(step for _, step in refusals),
                *_besides(book, pair, powers),
            ),
        )
    question = {
        "kind": "channel",
        "from": requesting,
        "to": requested,
        "need": need.value,
        **deed.asked(),
    }
    standing = [each for each in powers if each.step.finding.answer is Answer.YES]
    return book.answer(
        question,
        last,
        dual=dual_step(book, requesting, requested, deed).finding.answer.value,
        instruments=[each.instrument for each in standing],
        powers=[_power_record(each) for each in powers],
        deadlines=[_deadline_record(fact, pair.on) for each in standing for fact in each.limits],
        refusal_grounds=_grounds_record(pair, refusals),
        attach=_listed(standing, "attach"),
        reservations=list(_reservations(book, pair)),
        contacts=list(_contacts(book, requested, pair.on)),
        states=_states(book, pair),
    )


def _besides(book: LawBook, pair: _Pair, powers: Sequence[_Power]) -> list[Step]:
    """Return what decides nothing: dual criminality, a preservation's clock, an order's content, facts shown."""
    dual = dual_step(book, pair.requesting, pair.requested, pair.deed)
    shown = _shown(book, pair)
    if pair.need is Need.PRESERVATION:
        limits = [
            fact
            for each in powers
            if each.step.finding.answer is Answer.YES
            for fact in each.limits
        ]
        return [preservation_clock.apply(pair.given(), facts=limits), dual, shown]
    if pair.need is Need.TAKEDOWN:
        facts = provision(book.library, _DSA, "9")
        return [removal_order_content.apply(pair.given(), facts=facts), dual, shown]
    return [dual, shown]


def _shown(book: LawBook, pair: _Pair) -> Step:
    """Cite the reservations and contact points that the record shows."""
    topics = ("contact.police", "contact.hotline")
    facts = [fact for topic in topics for fact in book.law_of(pair.requested, topic, pair.on)]
    for state in dict.fromkeys(state_of(each) for each in pair.states):
        facts += book.library.facts(state, "treaty.budapest.reservation")
    return shown_beside.apply({}, facts=facts)


def _is_free(powers: Sequence[_Power], refusals: Sequence[tuple[str, Step]]) -> bool:
    """Tell whether an order inside the Union stands, which the treaty's grounds of refusal do not touch."""
    return bool(refusals) and any(
        each.step.finding.answer is Answer.YES and each.instrument == _E_EVIDENCE for each in powers
    )


def _powers(book: LawBook, pair: _Pair) -> Iterator[_Power]:
    for articles in _TREATY_POWERS[pair.need]:
        power = _treaty_power(book, pair, articles)
        if power is not None:
            yield power
    if pair.need in _UNION_ORDERS:
        yield _union_order(book, pair)
    if pair.need is Need.PRESERVATION and state_of(pair.requested) == _US:
        yield _us_preservation(book, pair)
    if pair.need is Need.TAKEDOWN:
        yield _takedown(book, pair)


def _treaty_power(book: LawBook, pair: _Pair, articles: _Articles) -> _Power | None:
    treaty = Treaty(articles.instrument)
    parts = treaty_parts(book.library, treaty, pair.deed.conduct, pair.deed.material)
    if articles.instrument in _ONLY_FOR_ITS_OFFENCES and not parts:
        return None
    provisions = tuple(
        fact for name in articles.names for fact in provision(book.library, treaty.value, name)
    )
    limits = tuple(
        fact for name in articles.names for fact in deadlines(book.library, treaty.value, name)
    )
    uses = [book.party(state, treaty, pair.on) for state in pair.states]
    rule = second_protocol if treaty is Treaty.CETS224 else power_between
    bound = rule.apply(
        pair.given(instrument=treaty.value),
        facts=(*provisions, *limits),
        uses=uses,
        article=_article(articles),
    )
    step = bound
    if pair.need is Need.SPONTANEOUS:
        step = spontaneous_information.apply(pair.given(), uses=(bound,))
    elif pair.need is Need.EMERGENCY and treaty is Treaty.BUDAPEST:
        step = urgent_channel.apply(pair.given(), uses=(bound,))
    return _Power(treaty.value, step, provisions, limits)


def _article(articles: _Articles) -> str:
    title = INSTRUMENT_TITLES[articles.instrument]
    word = "art." if len(articles.names) == 1 else "arts"
    return f"{title} {word} {', '.join(articles.names)}"


def _member(book: LawBook, state: Jurisdiction, on: date, instrument: str) -> Step:
    """Read whether an act of the Union binds a state on a day: its own rule first, else membership."""
    topic = f"eu.bound.{instrument}"
    if book.library.law_of(state, topic):
        return book.fact(state, topic, on)
    return book.fact(state, "eu.member", on)


def _union_order(book: LawBook, pair: _Pair) -> _Power:
    names = _UNION_ORDERS[pair.need]
    provisions = tuple(
        fact for name in names for fact in provision(book.library, _E_EVIDENCE, name)
    )
    limits = tuple(
        fact
        for name in names
        for fact in deadlines(book.library, _E_EVIDENCE, name)
        if (fact.fields.get("unit") == "hours") == (pair.need is Need.EMERGENCY)
    )
    members = [_member(book, state, pair.on, _E_EVIDENCE) for state in pair.states]
    crime = crime_step(book, pair.requesting, pair.deed, with_treaties=False)
    penalty = penalty_step(book, pair.requesting, pair.deed)
    step = order_inside_the_union.apply(
        pair.given(needs_serious_offence=pair.need in _SERIOUS_ONLY),
        facts=(*provisions, *limits),
        uses=(*members, book.act(_E_EVIDENCE, pair.on), crime, penalty),
    )
    return _Power(_E_EVIDENCE, step, provisions, limits)


def _us_preservation(book: LawBook, pair: _Pair) -> _Power:
    provisions = tuple(
        fact
        for fact in provision(book.library, _US_LAW, _US_SECTION)
        if fact.fields.get("paragraph") == "(f)"
    )
    limits = deadlines(book.library, _US_LAW, _US_SECTION)
    parties = [book.party(state, Treaty.BUDAPEST, pair.on) for state in pair.states]
    step = united_states_preservation.apply(
        pair.given(), facts=(*provisions, *limits), uses=parties
    )
    return _Power(_US_LAW, step, provisions, limits)


def _takedown(book: LawBook, pair: _Pair) -> _Power:
    provisions = tuple(fact for name in ("9", "16") for fact in provision(book.library, _DSA, name))
    members = [_member(book, state, pair.on, _DSA) for state in pair.states]
    step = action_against_content.apply(
        pair.given(),
        facts=provisions,
        uses=(
            *members,
            book.act(_DSA, pair.on),
            crime_step(book, pair.requested, pair.deed, with_treaties=False),
        ),
    )
    return _Power(_DSA, step, provisions, ())


def _refusals(book: LawBook, pair: _Pair, powers: Sequence[_Power]) -> list[tuple[str, Step]]:
    """Return the grounds on which the requested state may refuse, each with the step that weighs it."""
    budapest = next((each.step for each in powers if each.instrument == "budapest"), None)
    if budapest is None:
        return []
    grounds = []
    if pair.need is Need.PRESERVATION:
        exception = refusal_under_reservation.apply(
            pair.given(
                is_treaty_offence=bool(_budapest_parts(book, pair.deed)),
                can_be_reserved=pair.deed.can_be_reserved,
            ),
            uses=_limits_of_requested(book, pair),
        )
        step = preservation_without_dual_criminality.apply(pair.given(), uses=(budapest, exception))
        grounds.append(("dual-criminality", step))
    elif needs_dual_criminality(pair.need):
        dual = dual_step(book, pair.requesting, pair.requested, pair.deed)
        step = assistance_with_dual_criminality.apply(pair.given(), uses=(dual,))
        grounds.append(("dual-criminality", step))
    return grounds


def _limits_of_requested(book: LawBook, pair: _Pair) -> tuple[Step, Step, Step]:
    """Return the reservation under art. 29(4), the one on art. 9, and a lower age declared under art. 9(3)."""
    to, deed = pair.requested, pair.deed
    parts = _budapest_parts(book, deed)
    return (
        reservation_29_4.apply(
            {}, uses=(book.reservation(to, Treaty.BUDAPEST, "29(4)", ("29",), pair.on),)
        ),
        book.reservation(to, Treaty.BUDAPEST, "9(4)", parts, pair.on, deed.age),
        book.reservation(to, Treaty.BUDAPEST, "9(3)", ("9(2)",), pair.on, deed.age),
    )


def _budapest_parts(book: LawBook, deed: Deed) -> tuple[str, ...]:
    return treaty_parts(book.library, Treaty.BUDAPEST, deed.conduct, deed.material)


def _extradition(book: LawBook, pair: _Pair, powers: Sequence[_Power]) -> Step:
    budapest = powers[0].step
    threshold = extraditable.apply(
        pair.given(is_treaty_offence=bool(_budapest_parts(book, pair.deed))),
        uses=(
            budapest,
            dual_step(book, *pair.states, pair.deed),
            *(penalty_step(book, state, pair.deed) for state in pair.states),
        ),
    )
    basis = multilateral_basis.apply(pair.given(), uses=[each.step for each in powers])
    declared = [
        fact
        for state, article in ((pair.requested, "24("), (pair.requesting, "24(7)"))
        for fact in book.library.facts(state_of(state), "treaty.budapest.reservation")
        if str(fact.fields["article"]).startswith(article)
    ]
    limits = declared_limits.apply(pair.given(), facts=declared)
    shown = _shown(book, pair)
    return extradition_conclusion.apply(pair.given(), uses=(threshold, basis, limits, shown))


def _grounds_record(pair: _Pair, refusals: Sequence[tuple[str, Step]]) -> list[dict[str, object]]:
    """Return the grounds of refusal; those that only a person can weigh stand last and weaken nothing."""
    grounds = list(refusals)
    if (
        pair.need in _TREATY_POWERS
        and _TREATY_POWERS[pair.need]
        and pair.need is not Need.SPONTANEOUS
    ):
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


def _power_record(power: _Power) -> dict[str, object]:
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


def _deadline_record(fact: Fact, on: date) -> dict[str, object]:
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


def _listed(powers: Iterable[_Power], name: str) -> list[dict[str, object]]:
    return [
        {"instrument": power.instrument, "article": article_of(fact), "what": fact.fields[name]}
        for power in powers
        for fact in power.provisions
        if name in fact.fields
    ]


def _reservations(book: LawBook, pair: _Pair) -> Iterator[dict[str, object]]:
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


def _contacts(book: LawBook, state: Jurisdiction, on: date) -> Iterator[dict[str, object]]:
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


def _states(book: LawBook, pair: _Pair) -> dict[str, object]:
    return {
        state: crime_record(book, state, pair.deed, crime_step(book, state, pair.deed))
        for state in pair.states
    }
