"""A match gets what law asks: by its labels, the operator's context, and the facts, never by a guess."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from tests.law.building import ON, book_of, fact

from rempart.decide import Decider, decision_record
from rempart.law import DerivationError, recompute
from rempart.model.decision import CaseContext, Ruling
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId, uuid7
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.labels import Label
from rempart.model.law import Answer, Conduct, DutyBearer, Role
from rempart.model.match import Match

FR, DE = Jurisdiction("FR"), Jurisdiction("DE")
A, B, C, NEW = (Label("exercise", "1", None, each) for each in ("A", "B", "C", "Z"))
LABELS: Final = (
    fact("labels.label.1", "real-child", scheme="exercise", label="A"),
    fact("labels.label.2", "text-audio", scheme="exercise", label="B"),
    fact("labels.label.3", "unknown", scheme="exercise", label="C", confidence="unknown"),
)
CRIME: Final = fact("FR.crime.possession.1", "yes")
DUTY: Final = fact("FR.report.duty.1", "yes")
CRIME_DE: Final = fact("DE.crime.possession.1", "yes")


class Identifiers:
    """Numbers that rise, as UUIDv7."""

    def __init__(self) -> None:
        self.made = 0

    def new(self) -> UUID:
        self.made += 1
        return uuid7(datetime(2026, 1, 1, tzinfo=UTC), self.made.to_bytes(10, "big"))

    def new_bytes(self, count: int) -> list[bytes]:
        return [self.new().bytes for _ in range(count)]


def match(*labels: Label, subject: Subject = Subject.CHILD, suppressed: str | None = None) -> Match:
    identifiers = Identifiers()
    return Match(
        id=MatchId(identifiers.new()),
        list_name="Exercise list",
        list_id=ListId(identifiers.new()),
        list_generation=1,
        owner="Exercise Hotline",
        entry_id=EntryId(identifiers.new()),
        entry_version=1,
        subject=subject,
        kind="sha256",
        distance=0,
        threshold=0,
        dialect=None,
        transform=None,
        quality=None,
        labels=labels,
        suppressed_by=suppressed,
    )


def context(
    roles: dict[Role, tuple[Jurisdiction, ...]] | None = None,
    kind: DutyBearer = DutyBearer.PLATFORM,
    on: date = ON,
) -> CaseContext:
    return CaseContext(kind, FR, roles or {}, Conduct.POSSESSION, on)


def decider(*facts: str, case: CaseContext | None = None) -> Decider:
    return Decider(book_of(*LABELS, *facts), case or context())


def ruling(*facts: str, labels: Iterable[Label] = (A,), case: CaseContext | None = None) -> Ruling:
    return decider(*facts, case=case).ruling(Subject.CHILD, tuple(labels))


def asked(got: Ruling) -> set[str]:
    return {each.code for each in got.outcome.last.finding.asks}


class TestLabels:
    def test_a_mapped_label_gives_the_class_and_the_offence(self) -> None:
        got = ruling(CRIME, DUTY).outcome

        assert got.answer is Answer.YES
        assert got.parts["material"] == {
            "class": "real-child",
            "answer": "yes",
            "why": got.steps()[0].finding.why,
            "labels": ("exercise: A",),
        }

    @pytest.mark.parametrize(
        ("labels", "code"),
        [
            ([], "label.none"),
            ([NEW], "label.unmapped"),
            ([C], "label.class-unknown"),
            ([A, B], "label.disagree"),
        ],
    )
    def test_labels_that_name_no_one_class_leave_it_to_a_person(
        self, labels: list[Label], code: str
    ) -> None:
        got = ruling(CRIME, DUTY, labels=labels)

        assert (got.outcome.answer, got.outcome.last.finding.why.code) == (Answer.CHECK, code)
        assert "ask.class-of-material" in asked(got)

    def test_a_label_that_says_nothing_does_not_hide_one_that_does(self) -> None:
        assert ruling(CRIME, DUTY, labels=[A, C, NEW]).outcome.answer is Answer.YES

    def test_a_label_of_another_version_of_its_scheme_is_not_the_same(self) -> None:
        old = fact("labels.label.4", "real-child", scheme="exercise", label="Z", scheme_version="0")

        assert ruling(CRIME, DUTY, old, labels=[NEW]).outcome.answer is Answer.CHECK


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("crime", "duty", "answer", "code"),
        [
            ("yes", "yes", Answer.YES, "report.yes"),
            ("yes", "partly", Answer.PARTLY, "report.partly"),
            ("partly", "yes", Answer.PARTLY, "crime.partly"),
            ("yes", "no", Answer.NO, "report.no-duty"),
            ("no", "yes", Answer.CHECK, "decision.no-offence"),
            ("no", "no", Answer.CHECK, "decision.no-offence"),
            ("unknown", "yes", Answer.CHECK, "fact.unknown"),
            ("yes", "unknown", Answer.CHECK, "fact.unknown"),
        ],
    )
    def test_it_joins_the_offence_and_the_duty(
        self, crime: str, duty: str, answer: Answer, code: str
    ) -> None:
        got = ruling(fact("FR.crime.possession.1", crime), fact("FR.report.duty.1", duty))

        assert (got.outcome.answer, got.outcome.last.finding.why.code) == (answer, code)
        assert answer is not Answer.CHECK or asked(got)

    def test_it_never_forgets_that_a_match_is_a_lead(self) -> None:
        got = ruling(CRIME, DUTY)

        assert "note.match-is-a-lead" in {each.code for each in got.outcome.last.finding.notes}

    def test_law_that_is_not_sure_asks(self) -> None:
        got = ruling(fact("FR.crime.possession.1", "yes", confidence="low"), DUTY)

        assert (got.outcome.answer, "ask.crime" in asked(got)) == (Answer.CHECK, True)

    def test_law_before_its_reach_asks(self) -> None:
        got = ruling(CRIME, DUTY, case=context(on=date(2015, 1, 1)))

        assert (got.outcome.answer, asked(got)) == (Answer.CHECK, {"ask.crime", "ask.report"})

    def test_only_a_crime_at_home_gives_a_duty_there(self) -> None:
        case = context({Role.UPLOADER: (DE,)})
        no_crime = fact("FR.crime.possession.1", "no")

        got = ruling(no_crime, CRIME_DE, DUTY, case=case).outcome

        offences = got.parts["offences"]
        assert isinstance(offences, list)
        assert (got.answer, got.last.finding.why.code) == (Answer.CHECK, "decision.no-offence")
        assert [(each["state"], each["roles"], each["answer"]) for each in offences] == [
            ("FR", ("established",), "no"),
            ("DE", ("uploader",), "yes"),
        ]

    def test_a_list_of_adults_is_no_ground_for_a_duty(self) -> None:
        got = decider(CRIME, DUTY).ruling(Subject.ADULT, (A,))

        assert (got.outcome.answer, asked(got)) == (Answer.CHECK, {"ask.subject-of-list"})


class TestDuties:
    def duties(self, *facts: str, case: CaseContext) -> list[dict[str, Any]]:
        duties = ruling(CRIME, *facts, case=case).outcome.parts["duties"]
        assert isinstance(duties, list)
        return duties

    def test_a_duty_of_another_state_is_a_question(self) -> None:
        duty = fact("DE.report.duty.1", "yes")

        got = self.duties(DUTY, duty, case=context({Role.HOST: (DE,)}))

        assert [(each["state"], each["answer"]) for each in got] == [("FR", "yes"), ("DE", "check")]

    def test_a_duty_of_platforms_does_not_bind_a_hotline(self) -> None:
        assert self.duties(DUTY, case=context(kind=DutyBearer.HOTLINE)) == []

    def test_a_state_that_keeps_and_one_that_erases_are_a_conflict_for_a_person(self) -> None:
        keep = fact("FR.report.preserve.1", "90 days", amount=90, unit="days")
        erase = fact("DE.report.erase.1", "at once")

        got = ruling(CRIME, DUTY, keep, erase, case=context({Role.HOST: (DE,)}))
        alone = ruling(CRIME, DUTY, keep, fact("FR.report.erase.1", "after that"))

        assert "ask.conflict" in asked(got)
        assert "ask.conflict" not in asked(alone)


class TestOneMatch:
    def test_a_suppressed_match_gets_no_decision(self) -> None:
        identifiers = Identifiers()

        got = decider(CRIME, DUTY).decide(match(A, suppressed="Harmless"), identifiers)

        assert (got, identifiers.made) == (None, 0)

    def test_a_decision_names_its_match_and_shares_its_ruling(self) -> None:
        deciding, identifiers = decider(CRIME, DUTY), Identifiers()
        first, second = match(A), match(A)

        one, two = (deciding.decide(each, identifiers) for each in (first, second))
        other = deciding.decide(match(B), identifiers)

        assert one is not None
        assert two is not None
        assert other is not None
        assert (one.match_id, one.ruling.context) == (first.id, context())
        assert one.ruling is two.ruling
        assert one.ruling is not other.ruling
        assert len({one.id, two.id, other.id}) == 3


class TestTheRecord:
    def record(self, *facts: str) -> dict[str, Any]:
        got = decider(*facts).decide(match(A), Identifiers())
        assert got is not None
        written = decision_record(got, lambda message: message.code)
        record: dict[str, Any] = json.loads(json.dumps(written))
        return record

    def test_it_names_the_match_the_data_and_the_case(self) -> None:
        record = self.record(CRIME, DUTY)

        assert record["schema"] == "rempart.decision/1"
        assert (record["match"], record["data_version"]) == (str(match().id), "1")
        assert re.fullmatch("[0-9a-f]{64}", record["data_hash"])
        assert record["context"]["established"] == "FR"
        assert record["answer"] == "yes"
        assert record["overlay"] is False

    def test_other_facts_give_another_hash(self) -> None:
        assert self.record(CRIME)["data_hash"] != self.record(CRIME, DUTY)["data_hash"]

    @pytest.mark.parametrize("facts", [(), (CRIME,), (DUTY,), (CRIME, DUTY)])
    def test_its_derivation_leads_to_its_answer(self, facts: tuple[str, ...]) -> None:
        record = self.record(*facts)

        assert recompute(record).value == record["answer"]

    def test_a_changed_answer_or_fact_is_refused(self) -> None:
        for key, value in (("answer", "no"), ("value", "no")):
            record = self.record(CRIME, DUTY)
            facts = [each for step in record["derivation"] for each in step["facts"]]
            crime = next(each for each in facts if each["id"] == "FR.crime.possession.1")
            (record if key == "answer" else crime)[key] = value
            with pytest.raises(DerivationError):
                recompute(record)
