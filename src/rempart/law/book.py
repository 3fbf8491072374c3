"""One library to ask questions of: it puts facts into steps and remembers the steps that many answers share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from rempart.law.articles import INSTRUMENT_TITLES
from rempart.law.library import LawLibrary
from rempart.law.rules.joining import all_conditions
from rempart.law.rules.reading import fact_on_the_day
from rempart.law.rules.treaties import part_bound, reserved, state_bound, treaty_in_force
from rempart.law.schema import TOPICS
from rempart.model.jurisdictions import Jurisdiction, state_of
from rempart.model.law import Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_MOST_REMEMBERED: Final = 50_000


_ENTRY_ARTICLES: Final = {
    "budapest": "art. 36(3)",
    "cets224": "art. 16",
    "lanzarote": "art. 45(3)",
    "opsc": "art. 14(1)",
    "un-cybercrime": "art. 65",
}


def _entry_article(instrument: str) -> str:
    title = INSTRUMENT_TITLES.get(instrument, instrument)
    return f"{title} {_ENTRY_ARTICLES.get(instrument, 'as in force on the day')}"


def _fact_key(
    code: Jurisdiction, topic: str, on: date, about: Mapping[str, str]
) -> tuple[object, ...]:
    return ("fact", code, topic, on, *sorted(about.items()))


def _read(
    facts: tuple[Fact, ...],
    code: Jurisdiction,
    topic: str,
    on: date,
    about: Mapping[str, str],
) -> Step:
    article = next((fact.basis for fact in facts if fact.reaches(on)), None)
    family = TOPICS[topic].family
    given = {"on": on, "family": family, "state": code, "topic": topic, **about}
    return fact_on_the_day.apply(given, facts=facts, article=article)


@dataclass(slots=True)
class LawBook:
    """A library, and the steps found in it so far. The same question always gives the same steps."""

    library: LawLibrary
    _steps: dict[tuple[object, ...], Step] = field(default_factory=dict)

    def remember(self, key: tuple[object, ...], make: Callable[[], Step]) -> Step:
        """Return the step of a key, made once."""
        step = self._steps.get(key)
        if step is None:
            if len(self._steps) >= _MOST_REMEMBERED:
                self._steps.clear()
            step = self._steps[key] = make()
        return step

    @staticmethod
    def known(facts: tuple[Fact, ...], on: date) -> tuple[Fact, ...]:
        """Return facts without those that superseded others only after a day: for that day they say nothing."""
        return tuple(
            fact
            for fact in facts
            if fact.supersedes is None or fact.holds_from is None or fact.holds_from <= on
        )

    def law_of(self, code: Jurisdiction, topic: str, on: date) -> tuple[Fact, ...]:
        """Return a jurisdiction's facts of a topic without those that changed its law only after a day."""
        return self.known(self.library.law_of(code, topic), on)

    def fact(self, code: Jurisdiction, topic: str, on: date, **about: str) -> Step:
        """Read what the facts of a topic say for a jurisdiction on a day."""
        key = _fact_key(code, topic, on, about)
        return self.remember(
            key, lambda: _read(self.law_of(code, topic, on), code, topic, on, about)
        )

    def fact_among(
        self, facts: tuple[Fact, ...], code: Jurisdiction, topic: str, on: date, **about: str
    ) -> Step:
        """Read what chosen facts of a topic say for a jurisdiction on a day; `about` says how they were chosen."""
        key = _fact_key(code, topic, on, about)
        return self.remember(key, lambda: _read(facts, code, topic, on, about))

    def act(self, instrument: str, on: date) -> Step:
        """Tell whether a treaty or an act of law is in force at all on a day."""

        def make() -> Step:
            facts = self.known(self.library.facts(instrument, "status"), on)
            given = {"on": on, "treaty": instrument}
            return treaty_in_force.apply(given, facts=facts, article=_entry_article(instrument))

        return self.remember(("act", instrument, on), make)

    def party(self, code: Jurisdiction, treaty: Treaty, on: date) -> Step:
        """Tell whether a treaty binds a jurisdiction on a day."""
        return self.remember(("party", code, treaty, on), lambda: self._party(code, treaty, on))

    def _party(self, code: Jurisdiction, treaty: Treaty, on: date) -> Step:
        state = state_of(code)
        library = self.library
        name = f"treaty.{treaty.value}"
        in_force = self.act(treaty.value, on)
        facts = (*library.facts(state, f"{name}.party"), *library.facts(state, f"{name}.in-force"))
        facts = self.known(facts, on)
        given = {"on": on, "state": state, "treaty": treaty.value}
        bound = state_bound.apply(given, facts=facts)
        conditions = [in_force, bound]
        if code != state:
            conditions.append(
                part_bound.apply(
                    {**given, "code": code, "has_own_law": code in library.own_law},
                    facts=self.known(library.facts(state, f"{name}.territory"), on),
                )
            )
        return all_conditions.apply({}, uses=conditions)

    def reservation(  # noqa: PLR0917 - the parts of one question, in their order
        self,
        code: Jurisdiction,
        treaty: Treaty,
        article: str,
        provisions: tuple[str, ...],
        on: date,
        age: int | None = None,
    ) -> Step:
        """Tell whether a state limited parts of a treaty by a reservation under an article."""
        state = state_of(code)
        name = f"treaty.{treaty.value}"

        def make() -> Step:
            given = {
                "on": on,
                "state": state,
                "treaty": treaty.value,
                "allowed_by": article,
                "provisions": provisions,
                "age": age,
            }
            facts = (
                *self.library.facts(state, f"{name}.reservation"),
                *self.library.facts(state, f"{name}.reservations"),
            )
            return reserved.apply(given, facts=self.known(facts, on))

        return self.remember(("reservation", state, treaty, article, provisions, on, age), make)

    def answer(self, question: Mapping[str, object], last: Step, **parts: object) -> LawAnswer:
        """Return a step as the answer to a question, with the data that it stands on."""
        return LawAnswer(
            question=question,
            last=last,
            data_version=self.library.version,
            data_hash=self.library.hash,
            has_overlay=self.library.has_overlay,
            parts=parts,
        )
