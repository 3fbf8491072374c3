"""Which power can one state use towards another, on which article, with which deadlines and refusals?"""

from collections.abc import Sequence

from rempart.law.articles import provisions, treaty_parts
from rempart.law.book import LawBook
from rempart.law.questions.channel_records import (
    contact_records,
    crime_records,
    deadline_record,
    ground_records,
    listed_in,
    power_record,
    reservation_records,
)
from rempart.law.questions.crime import Deed, penalty_step
from rempart.law.questions.dual import dual_step
from rempart.law.questions.powers import DSA, E_EVIDENCE, Pair, Power, powers_between
from rempart.law.rules.cooperation import (
    assistance_with_dual_criminality,
    channel_conclusion,
    needs_dual_criminality,
    preservation_clock,
    preservation_without_dual_criminality,
    refusal_under_reservation,
    reservation_29_4,
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


def find_channel(
    book: LawBook, requesting: Jurisdiction, requested: Jurisdiction, deed: Deed, need: Need
) -> LawAnswer:
    """Answer whether a power can be used, with articles, deadlines, grounds of refusal and what to attach."""
    pair = Pair(requesting, requested, deed, need)
    powers = list(powers_between(book, pair))
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
        powers=[power_record(each) for each in powers],
        deadlines=[deadline_record(fact, pair.on) for each in standing for fact in each.limits],
        refusal_grounds=ground_records(pair, refusals),
        attach=listed_in(standing, "attach"),
        reservations=list(reservation_records(book, pair)),
        contacts=list(contact_records(book, requested, pair.on)),
        states=crime_records(book, pair),
    )


def _besides(book: LawBook, pair: Pair, powers: Sequence[Power]) -> list[Step]:
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
        facts = provisions(book.library, DSA, "9")
        return [removal_order_content.apply(pair.given(), facts=facts), dual, shown]
    return [dual, shown]


def _shown(book: LawBook, pair: Pair) -> Step:
    """Cite the reservations and contact points that the record shows."""
    topics = ("contact.police", "contact.hotline")
    facts = [fact for topic in topics for fact in book.law_of(pair.requested, topic, pair.on)]
    for state in dict.fromkeys(state_of(each) for each in pair.states):
        facts += book.library.facts(state, "treaty.budapest.reservation")
    return shown_beside.apply({}, facts=facts)


def _is_free(powers: Sequence[Power], refusals: Sequence[tuple[str, Step]]) -> bool:
    """Tell whether an order inside the Union stands, which the treaty's grounds of refusal do not touch."""
    return bool(refusals) and any(
        each.step.finding.answer is Answer.YES and each.instrument == E_EVIDENCE for each in powers
    )


def _refusals(book: LawBook, pair: Pair, powers: Sequence[Power]) -> list[tuple[str, Step]]:
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


def _limits_of_requested(book: LawBook, pair: Pair) -> tuple[Step, Step, Step]:
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


def _extradition(book: LawBook, pair: Pair, powers: Sequence[Power]) -> Step:
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
