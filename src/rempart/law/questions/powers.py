"""Which powers do treaties and acts of law give one state towards another for a need?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from rempart.law.articles import INSTRUMENT_TITLES, deadlines, provisions, treaty_parts
from rempart.law.book import LawBook
from rempart.law.questions.crime import Deed, crime_step, penalty_step
from rempart.law.rules.cooperation import (
    action_against_content,
    order_inside_the_union,
    power_between,
    second_protocol,
    spontaneous_information,
    united_states_preservation,
    urgent_channel,
)
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Need, Treaty
from rempart.model.law_answers import Step
from rempart.model.law_facts import Fact

E_EVIDENCE: Final = "e-evidence"
DSA: Final = "dsa"
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
class Pair:
    """Who asks whom for what."""

    requesting: Jurisdiction
    requested: Jurisdiction
    deed: Deed
    need: Need

    def given(self, **more: object) -> dict[str, object]:
        """Return what the question gives to a rule."""
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
        """The day that the question is about."""
        return self.deed.on

    @property
    def states(self) -> tuple[Jurisdiction, Jurisdiction]:
        """The requesting and the requested state."""
        return self.requesting, self.requested


@dataclass(frozen=True, slots=True)
class Power:
    """One power: the step that tells whether it stands, and the provisions and time limits behind it."""

    instrument: str
    step: Step
    provisions: tuple[Fact, ...]
    limits: tuple[Fact, ...]


def has_treaty_powers(need: Need) -> bool:
    """Tell whether treaties speak of a need, and so of refusing it."""
    return bool(_TREATY_POWERS[need])


def powers_between(book: LawBook, pair: Pair) -> Iterator[Power]:
    """Yield the powers that serve the need, also those that do not stand on the day."""
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


def _treaty_power(book: LawBook, pair: Pair, articles: _Articles) -> Power | None:
    treaty = Treaty(articles.instrument)
    parts = treaty_parts(book.library, treaty, pair.deed.conduct, pair.deed.material)
    if articles.instrument in _ONLY_FOR_ITS_OFFENCES and not parts:
        return None
    stated = provisions(book.library, treaty.value, *articles.names)
    limits = deadlines(book.library, treaty.value, *articles.names)
    uses = [book.party(state, treaty, pair.on) for state in pair.states]
    rule = second_protocol if treaty is Treaty.CETS224 else power_between
    bound = rule.apply(
        pair.given(instrument=treaty.value),
        facts=(*stated, *limits),
        uses=uses,
        article=_article(articles),
    )
    step = bound
    if pair.need is Need.SPONTANEOUS:
        step = spontaneous_information.apply(pair.given(), uses=(bound,))
    elif pair.need is Need.EMERGENCY and treaty is Treaty.BUDAPEST:
        step = urgent_channel.apply(pair.given(), uses=(bound,))
    return Power(treaty.value, step, stated, limits)


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


def _union_order(book: LawBook, pair: Pair) -> Power:
    names = _UNION_ORDERS[pair.need]
    stated = provisions(book.library, E_EVIDENCE, *names)
    limits = tuple(
        fact
        for fact in deadlines(book.library, E_EVIDENCE, *names)
        if (fact.fields.get("unit") == "hours") == (pair.need is Need.EMERGENCY)
    )
    members = [_member(book, state, pair.on, E_EVIDENCE) for state in pair.states]
    crime = crime_step(book, pair.requesting, pair.deed, with_treaties=False)
    penalty = penalty_step(book, pair.requesting, pair.deed)
    step = order_inside_the_union.apply(
        pair.given(needs_serious_offence=pair.need in _SERIOUS_ONLY),
        facts=(*stated, *limits),
        uses=(*members, book.act(E_EVIDENCE, pair.on), crime, penalty),
    )
    return Power(E_EVIDENCE, step, stated, limits)


def _us_preservation(book: LawBook, pair: Pair) -> Power:
    stated = tuple(
        fact
        for fact in provisions(book.library, _US_LAW, _US_SECTION)
        if fact.fields.get("paragraph") == "(f)"
    )
    limits = deadlines(book.library, _US_LAW, _US_SECTION)
    parties = [book.party(state, Treaty.BUDAPEST, pair.on) for state in pair.states]
    step = united_states_preservation.apply(pair.given(), facts=(*stated, *limits), uses=parties)
    return Power(_US_LAW, step, stated, limits)


def _takedown(book: LawBook, pair: Pair) -> Power:
    stated = provisions(book.library, DSA, "9", "16")
    members = [_member(book, state, pair.on, DSA) for state in pair.states]
    step = action_against_content.apply(
        pair.given(),
        facts=stated,
        uses=(
            *members,
            book.act(DSA, pair.on),
            crime_step(book, pair.requested, pair.deed, with_treaties=False),
        ),
    )
    return Power(DSA, step, stated, ())
