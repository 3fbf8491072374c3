"""Which answers differ between two data versions, and which facts did it?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from rempart.law.book import LawBook
from rempart.law.fact_changes import changed_facts, fact_values
from rempart.law.library import LawLibrary
from rempart.law.questions.crime import Deed, crime_step, penalty_record, penalty_step
from rempart.law.questions.duties import Organisation, duties_of
from rempart.law.rules.surveys import answers_differ, anything_changed
from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction
from rempart.model.law import Answer, Conduct, DutyBearer, Material, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_DUTIES: Final = ("what", "answer", "to", "within", "condition")
_MATERIALS: Final = (
    Material.REAL_CHILD,
    Material.APPARENT_MINOR,
    Material.REALISTIC_IMAGE,
    Material.SELF_MADE_CONSENSUAL,
    Material.TEXT_AUDIO,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one data version says to one question.

    Attributes:
        view: what is compared, first the answer; JSON values.
        steps: what the answer rests on.
    """

    question: Mapping[str, object]
    state: Jurisdiction
    subject: str
    view: Mapping[str, object]
    steps: tuple[Step, ...]


def changes(
    old: LawBook, new: LawBook, on: date, states: Sequence[Jurisdiction] | None = None
) -> LawAnswer:
    """Answer whether two data versions answer otherwise on a day: `yes` some answers differ, `no` none does.

    Asked are, for every state, each conduct on each class of material, each treaty, and what a platform
    established there must do. A change holds what was
    said before and after, and the facts that did it: those that either answer rests on and that are not the
    same in both versions. A version and the same one with an overlay can be compared as well.

    Args:
        old: what stood before.
        new: what stands now; the answer carries its version and hash.
        on: the day that the questions are about.
        states: the states to ask about; without them all that either version knows.
    """
    asked = tuple(states) if states is not None else _states(old.library, new.library)
    before, after = _by_id(old.library), _by_id(new.library)
    count, found = 0, []
    for first, second in zip(_all(old, asked, on), _all(new, asked, on), strict=True):
        count += 1
        if first.view != second.view:
            found.append((first, second, _step(first, second, before, after)))
    facts = changed_facts(before, after, asked)
    given = {"asked": count, "facts": sum(len(each) for each in facts.values())}
    last = anything_changed.apply(given, uses=[step for _, _, step in found])
    question = {
        "kind": "changes",
        "from": _version(old.library),
        "to": _version(new.library),
        "on": on.isoformat(),
    }
    return new.answer(
        question,
        last,
        asked=count,
        changes=[_row(*each, before, after) for each in found],
        facts=facts,
    )


def _all(book: LawBook, states: Iterable[Jurisdiction], on: date) -> Iterator[_Said]:
    for state in states:
        for conduct in Conduct:
            for material in _MATERIALS:
                yield _crime(book, state, Deed(conduct, material, on))
        for treaty in Treaty:
            yield _party(book, state, treaty, on)
        yield _platform(book, state, on)


def _crime(book: LawBook, state: Jurisdiction, deed: Deed) -> _Said:
    crime = crime_step(book, state, deed, with_treaties=False)
    penalty = penalty_step(book, state, deed)
    is_punished = crime.finding.answer in {Answer.YES, Answer.PARTLY}
    is_known = is_punished and penalty.finding.answer is Answer.YES
    view: dict[str, object] = {
        "answer": crime.finding.answer.value,
        "provision": crime.finding.values["provision"] if is_punished else None,
        "penalty": _range(penalty) if is_known else None,
    }
    question = {"kind": "crime", "state": state, **deed.asked()}
    subject = f"{deed.conduct.value}/{deed.material.value}"
    return _Said(question, state, subject, view, (crime, penalty))


def _range(penalty: Step) -> dict[str, object]:
    return {name: each for name, each in penalty_record(penalty).items() if name != "facts"}


def _party(book: LawBook, state: Jurisdiction, treaty: Treaty, on: date) -> _Said:
    step = book.party(state, treaty, on)
    dates = {name: step.finding.values.get(name) for name in ("signed", "ratified", "in_force")}
    question = {
        "kind": "party",
        "state": state,
        "instrument": treaty.value,
        "on": on.isoformat(),
    }
    view = {"answer": step.finding.answer.value, **dates}
    return _Said(question, state, treaty.value, view, (step,))


def _platform(book: LawBook, state: Jurisdiction, on: date) -> _Said:
    organisation = Organisation(DutyBearer.PLATFORM, state)
    answer = duties_of(book, organisation, {}, Conduct.DISTRIBUTION, Material.REAL_CHILD, on)
    duties = cast("list[Mapping[str, object]]", answer.parts["duties"])
    view = {
        "answer": answer.answer.value,
        "duties": [{name: each[name] for name in _DUTIES} for each in duties],
    }
    return _Said(answer.question, state, DutyBearer.PLATFORM.value, view, (answer.last,))


def _step(
    first: _Said, second: _Said, before: Mapping[str, Fact], after: Mapping[str, Fact]
) -> Step:
    cited = {fact.id for said in (first, second) for fact in _facts_below(said.steps)}
    doing = [name for name in sorted(cited) if before.get(name) != after.get(name)]
    versions = [fact for name in doing for fact in (before.get(name), after.get(name))]
    given = {
        "question": first.question["kind"],
        "state": first.state,
        "subject": first.subject,
        "old": first.view,
        "new": second.view,
    }
    return answers_differ.apply(given, facts=[fact for fact in versions if fact is not None])


def _facts_below(steps: Iterable[Step]) -> Iterator[Fact]:
    for step in steps:
        yield from step.facts
        yield from _facts_below(step.uses)


def _row(
    first: _Said,
    second: _Said,
    step: Step,
    before: Mapping[str, Fact],
    after: Mapping[str, Fact],
) -> dict[str, object]:
    names = list(dict.fromkeys(fact.id for fact in step.facts))
    return {
        "question": first.question,
        "differs": step.finding.values["differs"],
        "old": first.view,
        "new": second.view,
        "why": step.finding.why,
        "facts": [
            {
                "id": name,
                "old": fact_values(before.get(name)),
                "new": fact_values(after.get(name)),
            }
            for name in names
        ],
    }


def _version(library: LawLibrary) -> dict[str, object]:
    return {
        "data_version": library.version,
        "data_hash": library.hash,
        "overlay": library.has_overlay,
    }


def _by_id(library: LawLibrary) -> dict[str, Fact]:
    return {fact.id: fact for fact in library.all_facts()}


def _states(*libraries: LawLibrary) -> tuple[Jurisdiction, ...]:
    subjects = {subject for library in libraries for subject in library.subjects()}
    codes = (parse_jurisdiction(each) for each in sorted(subjects))
    return tuple(code for code in codes if code is not None)
