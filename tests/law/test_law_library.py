"""What a data version sees: superseding, correcting, overlays, inheritance, and the hash of it all."""

from collections.abc import Callable
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.law.building import book_of, by_subject, fact, file_of, shelf_of

from rempart.law import (
    Deed,
    LawBook,
    LawDataRefusedError,
    UnknownVersionError,
    answer_record,
    is_crime,
)
from rempart.law.library import LawLibrary, LawShelf, hash_facts
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer, Conduct, Material, Message
from rempart.model.law_facts import Fact

TOPIC = "crime.possession"
FR = Jurisdiction("FR")


def one(number: int, value: str = "yes", **fields: object) -> str:
    return fact(f"FR.{TOPIC}.{number}", value, **fields)


def named(number: int) -> str:
    return f"FR.{TOPIC}.{number}"


def held(library: LawLibrary) -> dict[int, tuple[date | None, date | None]]:
    """Return the facts that a library sees by their number, each with its first and last day."""
    facts = library.facts("FR", TOPIC)
    return {int(each.id.rpartition(".")[2]): (each.holds_from, each.holds_to) for each in facts}


def shelf(*facts: str, overlay: tuple[str, ...] = ()) -> LawShelf:
    own = {f"own-{name}": text for name, text in by_subject(*overlay).items()}
    return shelf_of(
        {**by_subject(*facts), "DE": file_of("DE")}, versions=("1", "2", "3"), overlay=own
    )


def refusal(*facts: str) -> list[tuple[str, str]]:
    """Return the message and what was expected of every mistake."""
    with pytest.raises(LawDataRefusedError) as refused:
        shelf(*facts)
    return [(each.message, each.expected) for each in refused.value.mistakes]


def asked(library: LawLibrary, on: date) -> Answer:
    return is_crime(LawBook(library), FR, Deed(Conduct.POSSESSION, Material.REAL_CHILD, on)).answer


JUNE = {year: date(year, 6, 1) for year in range(2019, 2027)}


class TestSuperseding:
    CHAIN = (
        one(1, "no"),
        one(2, "yes", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
        one(3, "no", recorded="3", valid_from=date(2024, 1, 1), supersedes=named(2)),
    )

    def test_each_fact_of_a_chain_ends_the_day_before_the_next_begins(self) -> None:
        assert held(shelf(*self.CHAIN).library()) == {
            1: (date(2020, 1, 1), date(2021, 12, 31)),
            2: (date(2022, 1, 1), date(2023, 12, 31)),
            3: (date(2024, 1, 1), None),
        }

    def test_an_earlier_version_sees_nothing_of_what_came_later(self) -> None:
        opened = shelf(*self.CHAIN)

        assert held(opened.library("1")) == {1: (date(2020, 1, 1), None)}
        assert held(opened.library("2"))[2] == (date(2022, 1, 1), None)

    def test_answers_for_past_days_survive_any_superseding(self) -> None:
        opened = shelf(*self.CHAIN)

        assert [asked(opened.library("3"), JUNE[year]) for year in (2019, 2021, 2023, 2025)] == [
            Answer.CHECK,
            Answer.NO,
            Answer.YES,
            Answer.NO,
        ]
        assert asked(opened.library("1"), JUNE[2025]) is Answer.NO

    def test_the_day_of_the_change_belongs_to_the_new_fact(self) -> None:
        library = shelf(*self.CHAIN).library("2")

        assert asked(library, date(2021, 12, 31)) is Answer.NO
        assert asked(library, date(2022, 1, 1)) is Answer.YES

    def test_an_end_of_its_own_before_the_superseding_stays(self) -> None:
        first = one(1, "no", valid_to=date(2020, 12, 31))
        second = one(2, recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1))

        library = shelf(first, second).library()

        assert held(library)[1] == (date(2020, 1, 1), date(2020, 12, 31))
        assert asked(library, JUNE[2021]) is Answer.CHECK

    def test_of_two_facts_that_supersede_one_the_earlier_ends_it(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "partly", recorded="2", valid_from=date(2023, 1, 1), supersedes=named(1)),
            one(3, "partly", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
        ]

        assert held(shelf(*facts).library())[1][1] == date(2021, 12, 31)

    def test_one_that_does_not_begin_later_is_refused(self) -> None:
        for day in (date(2020, 1, 1), date(2019, 1, 1)):
            wrong = one(2, recorded="2", valid_from=day, supersedes=named(1))

            [(message, expected)] = refusal(one(1, "no"), wrong)

            assert "does not begin after" in message
            assert expected == "a later valid_from, or `corrects` for a mistake"

    def test_one_without_a_day_is_refused(self) -> None:
        wrong = one(2, recorded="2", as_of=None, confidence="low", supersedes=named(1))

        assert len(refusal(one(1, "no"), wrong)) == 1


class TestCorrecting:
    def test_what_was_corrected_is_gone_from_that_version_on(self) -> None:
        opened = shelf(one(1, "no"), one(2, "yes", recorded="2", corrects=named(1)))

        assert held(opened.library("1")) == {1: (date(2020, 1, 1), None)}
        assert held(opened.library("2")) == {2: (date(2020, 1, 1), None)}

    def test_a_chain_of_corrections_leaves_the_last(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "partly", recorded="2", corrects=named(1)),
            one(3, "yes", recorded="3", corrects=named(2)),
        ]
        opened = shelf(*facts)

        assert [list(held(opened.library(name))) for name in ("1", "2", "3")] == [[1], [2], [3]]

    def test_one_fact_may_be_corrected_into_several(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", corrects=named(1), valid_to=date(2021, 12, 31)),
            one(3, "no", recorded="2", corrects=named(1), valid_from=date(2022, 1, 1)),
        ]
        library = shelf(*facts).library()

        assert sorted(held(library)) == [2, 3]
        assert asked(library, JUNE[2021]) is Answer.YES
        assert asked(library, JUNE[2023]) is Answer.NO

    def test_a_correction_takes_over_what_the_corrected_fact_superseded(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", valid_from=date(2024, 1, 1), supersedes=named(1)),
            one(3, "yes", recorded="3", valid_from=date(2022, 1, 1), corrects=named(2)),
        ]
        opened = shelf(*facts)

        assert held(opened.library("2"))[1][1] == date(2023, 12, 31)
        assert held(opened.library("3")) == {
            1: (date(2020, 1, 1), date(2021, 12, 31)),
            3: (date(2022, 1, 1), None),
        }

    def test_a_corrected_fact_that_was_superseded_ends_in_its_new_form_too(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
            one(3, "partly", recorded="3", corrects=named(1)),
        ]
        library = shelf(*facts).library()

        assert held(library) == {
            2: (date(2022, 1, 1), None),
            3: (date(2020, 1, 1), date(2021, 12, 31)),
        }
        assert asked(library, JUNE[2021]) is Answer.PARTLY
        assert asked(library, JUNE[2023]) is Answer.YES

    def test_both_ends_of_a_change_may_be_corrected(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
            one(3, "partly", recorded="3", corrects=named(1)),
            one(4, "yes", recorded="3", valid_from=date(2021, 1, 1), corrects=named(2)),
        ]

        assert held(shelf(*facts).library()) == {
            3: (date(2020, 1, 1), date(2020, 12, 31)),
            4: (date(2021, 1, 1), None),
        }

    def test_a_correction_that_would_end_a_fact_before_it_begins_is_refused(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
            one(3, "yes", recorded="3", valid_from=date(2019, 1, 1), corrects=named(2)),
        ]

        [(message, _)] = refusal(*facts)

        assert message.startswith(f"{named(3)}: It does not begin after {named(1)}")

    def test_a_correction_that_begins_after_its_superseding_is_refused(self) -> None:
        facts = [
            one(1, "no"),
            one(2, "yes", recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1)),
            one(3, "no", recorded="3", valid_from=date(2023, 1, 1), corrects=named(1)),
        ]

        [(message, _)] = refusal(*facts)

        assert message.startswith(f"{named(2)}: It does not begin after {named(3)}")

    def test_corrections_in_a_ring_are_refused(self) -> None:
        facts = [one(number, corrects=named(number % 3 + 1)) for number in (1, 2, 3)]

        assert [text for text, _ in refusal(*facts)] == [
            f"{named(number)}: It corrects itself in the end." for number in (1, 2, 3)
        ]
        assert len(refusal(one(1, corrects=named(1)))) == 1

    @pytest.mark.parametrize("key", ["corrects", "supersedes"])
    def test_a_fact_cannot_replace_one_that_came_later(self, key: str) -> None:
        later = one(1, "no", recorded="2")
        earlier = one(2, valid_from=date(2022, 1, 1), **{key: named(1)})

        [(message, expected)] = refusal(later, earlier)

        assert message == f"{named(2)}: {named(1)} was recorded later than this fact."
        assert expected == "a fact of this data version or an earlier one"

    @pytest.mark.parametrize("key", ["corrects", "supersedes"])
    @pytest.mark.parametrize("other", ["FR.crime.access.1", "DE.crime.possession.1", "FR.crime.x"])
    def test_only_a_fact_of_the_same_topic_can_be_replaced(self, key: str, other: str) -> None:
        others = [fact("FR.crime.access.1", "no"), fact("DE.crime.possession.1", "no")]
        wrong = one(2, recorded="2", valid_from=date(2022, 1, 1), **{key: other})
        with pytest.raises(LawDataRefusedError) as refused:
            shelf_of(by_subject(*others, wrong), versions=("1", "2"))

        [mistake] = refused.value.mistakes
        assert mistake.message == f"{named(2)}: {other} is no fact of this topic."
        assert mistake.expected == "an id of the same topic"

    def test_a_fact_that_is_not_well_formed_adds_no_mistake_to_those_that_name_it(self) -> None:
        found = refusal(one(1, "perhaps"), one(2, recorded="2", corrects=named(1)))

        assert [text for text, _ in found] == [f"{named(1)}: value is none of those known."]


class TestOverlay:
    OWN: ClassVar = {"recorded": "overlay"}

    def test_it_adds(self) -> None:
        own = one(1, "yes", **self.OWN)
        opened = shelf(fact("FR.crime.access.1", "no"), overlay=(own,))

        assert asked(opened.library("1"), JUNE[2024]) is Answer.YES

    def test_it_supersedes(self) -> None:
        own = one(2, "yes", valid_from=date(2024, 1, 1), supersedes=named(1), **self.OWN)
        library = shelf(one(1, "no"), overlay=(own,)).library("1")

        assert asked(library, JUNE[2023]) is Answer.NO
        assert asked(library, JUNE[2024]) is Answer.YES

    def test_it_corrects(self) -> None:
        own = one(2, "yes", corrects=named(1), **self.OWN)

        assert held(shelf(one(1, "no"), overlay=(own,)).library("1")) == {
            2: (date(2020, 1, 1), None)
        }

    def test_what_it_superseded_ends_also_where_a_later_version_corrected_it(self) -> None:
        shipped = (one(1, "no"), one(2, "partly", recorded="2", corrects=named(1)))
        own = one(3, "yes", valid_from=date(2024, 1, 1), supersedes=named(1), **self.OWN)
        library = shelf(*shipped, overlay=(own,)).library("2")

        assert asked(library, JUNE[2023]) is Answer.PARTLY
        assert asked(library, JUNE[2024]) is Answer.YES

    def test_every_answer_says_that_it_was_used(self) -> None:
        deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, JUNE[2024])
        own = fact("DE.crime.access.1", "no", **self.OWN)
        for overlay in ((), (own,)):
            book = LawBook(shelf(one(1), overlay=overlay).library())

            record = answer_record(is_crime(book, FR, deed), _no_words)

            assert record["overlay"] is bool(overlay)

    def test_it_changes_the_hash(self) -> None:
        own = fact("DE.crime.access.1", "no", **self.OWN)

        assert shelf(one(1)).library().hash != shelf(one(1), overlay=(own,)).library().hash

    @pytest.mark.parametrize(
        "wrong",
        [one(2, recorded="1"), one(1, "no", recorded="overlay"), one(2, recorded="9")],
        ids=["a shipped version", "an id of the shipped facts", "an unknown version"],
    )
    def test_what_it_must_not_hold_is_refused(self, wrong: str) -> None:
        with pytest.raises(LawDataRefusedError) as refused:
            shelf(one(1), overlay=(wrong,))

        assert [each.file for each in refused.value.mistakes] == ["own-FR.toml"]

    def test_shipped_files_cannot_pass_as_an_overlay(self) -> None:
        [(message, _)] = refusal(one(1, recorded="overlay"))

        assert message == f"{named(1)}: overlay is no data version here."


def _no_words(_: Message) -> str:
    return ""


class TestVersions:
    def test_an_unknown_one_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(UnknownVersionError) as refused:
            shelf(one(1)).library("4")

        assert refused.value.hint == "Take one of: 1, 2, 3."

    @pytest.mark.parametrize("name", ["", "overlay"])
    def test_neither_nothing_nor_the_overlay_is_a_version(self, name: str) -> None:
        with pytest.raises(UnknownVersionError):
            shelf(one(1)).library(name)

    def test_every_fact_stays_on_the_shelf_as_its_file_has_it(self) -> None:
        facts = (one(1, "no"), one(2, recorded="2", corrects=named(1)))

        assert [each.id for each in shelf(*facts).every_fact()] == [named(1), named(2)]


class TestInheritance:
    def law(self, *own: str, own_law: tuple[str, ...] = ()) -> LawLibrary:
        facts = by_subject(fact("US.crime.possession.1", "yes"), *own)
        return shelf_of(facts, own_law=own_law).library()

    def test_a_part_without_facts_takes_over_the_law_of_its_state(self) -> None:
        found = self.law().law_of(Jurisdiction("US-CA"), TOPIC)

        assert [each.id for each in found] == ["US.crime.possession.1"]

    def test_a_fact_of_its_own_goes_before_that_of_the_state(self) -> None:
        library = self.law(fact("US-CA.crime.possession.1", "partly"))

        assert [each.value for each in library.law_of(Jurisdiction("US-CA"), TOPIC)] == ["partly"]
        assert [each.value for each in library.law_of(Jurisdiction("US"), TOPIC)] == ["yes"]

    def test_a_part_with_its_own_law_takes_over_nothing(self) -> None:
        library = self.law(own_law=("US-PR",))

        assert library.law_of(Jurisdiction("US-PR"), TOPIC) == ()
        assert library.law_of(Jurisdiction("US-CA"), TOPIC) != ()

    def test_another_state_takes_over_nothing(self) -> None:
        assert self.law().law_of(Jurisdiction("CA"), TOPIC) == ()


CHANGES: dict[str, Callable[[str], str]] = {
    "value": lambda text: text.replace('value = "up', 'value = "Up'),
    "basis": lambda text: text.replace("Exercise Act", "Exercise act"),
    "source": lambda text: text.replace("example.org", "example.com"),
    "as_of.date": lambda text: text.replace("date = 2020-01-01", "date = 2020-01-02"),
    "as_of.precision": lambda text: text.replace('"day"', '"year"'),
    "as_of.text": lambda text: text.replace('text = "2020', 'text = "about 2020'),
    "confidence": lambda text: text.replace('"high"', '"medium"'),
    "valid_from": lambda text: text.replace("valid_from = 2021-01-01", "valid_from = 2021-01-02"),
    "valid_to": lambda text: text.replace("valid_to = 2030-01-01", "valid_to = 2030-01-02"),
    "reviewer": lambda text: text.replace('reviewer = "A', 'reviewer = "B'),
    "detail": lambda text: text.replace('detail = "a"', 'detail = "b"'),
    "min_months": lambda text: text.replace("min_months = 1", "min_months = 2"),
    "fine_only": lambda text: text.replace("fine_only = false", "fine_only = true"),
    "no detail": lambda text: text.replace('detail = "a"\n', ""),
    "no fine_only": lambda text: text.replace("fine_only = false\n", ""),
    "id": lambda text: text.replace("possession.1", "possession.3"),
}
RICH = fact(
    "FR.penalty.possession.1",
    "up to 5 years",
    valid_from=date(2021, 1, 1),
    valid_to=date(2030, 1, 1),
    reviewer="A. Exercise",
    detail="a",
    min_months=1,
    fine_only=False,
)


class TestHash:
    @pytest.mark.parametrize("what", CHANGES)
    def test_any_field_of_any_fact_changes_it(self, what: str) -> None:
        other = fact("FR.crime.sale.1", "yes")
        changed = CHANGES[what](RICH)

        assert changed != RICH
        assert book_of(RICH, other).library.hash != book_of(changed, other).library.hash

    def test_a_change_of_every_kind_gives_a_hash_of_its_own(self) -> None:
        hashes = {book_of(change(RICH)).library.hash for change in CHANGES.values()}

        assert len(hashes) == len(CHANGES)

    def test_every_field_of_a_fact_counts(self) -> None:
        counted = {"subject", "topic", "recorded", "supersedes", "corrects", "fields"}
        by_change = {name.partition(".")[0] for name in CHANGES}
        renamed = {"holds_from", "holds_to"}  # in the files: valid_from and valid_to

        assert set(Fact.__dataclass_fields__) - renamed - by_change <= counted

    def test_it_does_not_depend_on_the_order_of_facts_and_files(self) -> None:
        facts = [RICH, fact("FR.crime.sale.1", "yes"), fact("DE.crime.sale.1", "no")]

        assert book_of(*facts).library.hash == book_of(*reversed(facts)).library.hash

    def test_it_does_not_depend_on_how_the_file_is_laid_out(self) -> None:
        texts = by_subject(RICH)
        other = {"FR": texts["FR"].replace("\n", "\r\n").replace(" = ", "  =  ") + "# a note\n"}

        assert shelf_of(texts).library().hash == shelf_of(other).library().hash

    def test_what_a_version_does_not_see_does_not_change_its_hash(self) -> None:
        later = one(2, recorded="2", valid_from=date(2022, 1, 1), supersedes=named(1))

        assert shelf(one(1)).library("1").hash == shelf(one(1), later).library("1").hash
        assert shelf(one(1)).library("2").hash != shelf(one(1), later).library("2").hash

    @settings(max_examples=30, deadline=None)
    @given(st.permutations(range(6)))
    def test_any_order_gives_the_same(self, order: list[int]) -> None:
        facts = book_of(*(one(number) for number in range(6))).library.all_facts()

        assert hash_facts(facts[each] for each in order) == hash_facts(facts)
