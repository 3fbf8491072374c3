"""The shipped law data: whole, sourced, dated, institutions only, and each version pinned to its hash."""

import importlib.util
import os
import re
import shutil
import tomllib
from collections import Counter
from datetime import date
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from tests.law.building import fact, file_of

from rempart.law import (
    Deed,
    LawBook,
    LawDataRefusedError,
    check_releases,
    gazetteer,
    instruments,
    is_crime,
    is_party,
    open_law,
)
from rempart.law import shipped as shipped_data
from rempart.law.library import LawLibrary, LawShelf
from rempart.law.shipped import DATA_FOLDER
from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction
from rempart.model.law import Answer, Conduct, Material, Treaty
from rempart.model.law_facts import Fact

FIRST: Final = "2026.11.1"
SECOND: Final = "2026.11.2"
COMPILED: Final = date(2026, 11, 22)
"""The day on which the facts were taken over: no source can have been read later."""
FILES: Final = sorted(
    path
    for folder in ("states", "instruments", "labels")
    for path in DATA_FOLDER.glob(f"{folder}/*.toml")
)
STATE_TOPICS: Final = (
    "statute",
    "age-of-child",
    "crime.possession",
    "crime.access",
    "crime.solicitation",
    "penalty.distribution",
    "penalty.possession",
    "material.apparent-minor",
    "report.duty",
    "report.recipient",
    "report.preserve",
    "icmec",
)


@pytest.fixture(scope="module")
def shelf() -> LawShelf:
    return open_law()


@pytest.fixture(scope="module")
def first(shelf: LawShelf) -> LawLibrary:
    return shelf.library(FIRST)


@pytest.fixture(scope="module")
def facts(shelf: LawShelf) -> tuple[Fact, ...]:
    return shelf.every_fact()


def states(library: LawLibrary) -> list[Jurisdiction]:
    codes = (parse_jurisdiction(each) for each in library.subjects())
    return [each for each in codes if each is not None]


class TestWhatIsThere:
    """The counts of the facts that the first version was converted from, row by row."""

    def test_fifty_states_have_every_national_topic_once(self, first: LawLibrary) -> None:
        counted = [
            len(first.facts(state, topic)) for state in states(first) for topic in STATE_TOPICS
        ]

        assert counted == [1] * 600

    def test_the_class_of_both_kinds_of_pictures_was_one_row(self, first: LawLibrary) -> None:
        for state in states(first):
            one, other = (
                [(each.value, each.confidence) for each in first.facts(state, f"material.{name}")]
                for name in ("apparent-minor", "realistic-image")
            )
            assert one == other

    def test_fifty_states_stand_towards_five_treaties(self, first: LawLibrary) -> None:
        counted = [
            len(first.facts(state, f"treaty.{treaty.value}.party"))
            for state in states(first)
            for treaty in Treaty
        ]

        assert counted == [1] * 250

    @pytest.mark.parametrize(
        ("topics", "count"),
        [
            (r"provision", 141),
            (r"deadline", 19),
            (r"procedure", 9),
            (r"treaty\.[^.]+\.reservation", 34),
            (r"contact\.(hotline|police)", 102),
        ],
    )
    def test_every_row_became_a_fact(self, first: LawLibrary, topics: str, count: int) -> None:
        assert (
            sum(re.fullmatch(topics, each.topic) is not None for each in first.all_facts()) == count
        )

    def test_both_versions_open_and_the_second_is_the_newest(self, shelf: LawShelf) -> None:
        assert [each.id for each in shelf.versions] == [FIRST, SECOND]
        assert shelf.library().version == SECOND
        assert {each.recorded for each in shelf.library(FIRST).all_facts()} == {FIRST}
        assert {each.recorded for each in shelf.library(SECOND).all_facts()} == {FIRST, SECOND}

    def test_the_second_version_takes_nothing_away_without_a_correction(
        self, shelf: LawShelf
    ) -> None:
        before, after = (
            {each.id for each in shelf.library(version).all_facts()} for version in (FIRST, SECOND)
        )

        assert before - after == before & {each.corrects for each in shelf.every_fact()}

    def test_every_instrument_and_every_state_has_a_name_in_both_languages(
        self, facts: tuple[Fact, ...]
    ) -> None:
        places = gazetteer().places
        subjects = {each.subject for each in facts}

        assert subjects <= {*places, *instruments(), "labels"}
        assert all(each.name_en and each.name_fr for each in places.values())
        assert all(each.code[:2] in gazetteer().assigned for each in places.values())


class TestFiles:
    @pytest.fixture(params=FILES, ids=[each.stem for each in FILES])
    def document(self, request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any]]:
        path: Path = request.param
        return path, tomllib.loads(path.read_text(encoding="utf-8"))

    def test_a_file_is_named_after_its_subject_and_its_facts_stand_in_groups(
        self, document: tuple[Path, dict[str, Any]]
    ) -> None:
        path, content = document
        topics = [each["topic"] for each in content["fact"]]
        groups = [topic for topic, _ in groupby(topics)]

        assert content["subject"] == path.stem
        assert [topic for topic, count in Counter(groups).items() if count > 1] == []

    def test_facts_of_one_version_and_topic_stand_in_the_order_of_their_numbers(
        self, document: tuple[Path, dict[str, Any]]
    ) -> None:
        _, content = document
        rows = [each for each in content["fact"] if each["recorded"] == FIRST]
        for _, group in groupby(rows, key=lambda each: each["topic"]):
            numbers = [int(each["id"].rpartition(".")[2]) for each in group]
            assert numbers == sorted(numbers)

    def test_it_ends_lines_and_itself_as_text_files_do(
        self, document: tuple[Path, dict[str, Any]]
    ) -> None:
        content = document[0].read_bytes()

        assert content.endswith(b"\n")
        assert b"\r" not in content
        assert b"\t" not in content


class TestEveryFact:
    def test_it_has_a_source_that_can_be_found_or_may_not_decide(
        self, facts: tuple[Fact, ...]
    ) -> None:
        exercises = {
            each.id for each in facts if each.source == "exercise" and each.topic == "label"
        }
        without = [
            each.id
            for each in facts
            if each.confidence.is_usable and re.search("https?://", each.source or "") is None
        ]

        assert set(without) <= exercises

    def test_its_days_are_plausible(self, facts: tuple[Fact, ...]) -> None:
        for each in facts:
            days = [day for day in (each.holds_from, each.holds_to) if day is not None]
            assert all(date(1900, 1, 1) <= day <= date(2031, 12, 31) for day in days), each.id
            assert days == sorted(days), each.id
            assert each.as_of is None or each.as_of.date <= COMPILED, each.id

    def test_what_a_version_sees_never_ends_before_it_begins(self, shelf: LawShelf) -> None:
        for version in shelf.versions:
            for each in shelf.library(version.id).all_facts():
                if each.holds_from is not None and each.holds_to is not None:
                    assert each.holds_from <= each.holds_to, each.id

    def test_treaty_dates_stand_in_their_order(self, facts: tuple[Fact, ...]) -> None:
        for each in facts:
            named = [each.fields.get(name) for name in ("signed", "ratified")]
            days = [day for day in (*named, each.value) if isinstance(day, date)]
            if each.topic.endswith(".in-force"):
                assert days == sorted(days), each.id

    def test_ages_are_ages_of_children(self, facts: tuple[Fact, ...]) -> None:
        for each in facts:
            ages = [each.fields.get(name) for name in ("child_from", "child_below")]
            ages += [each.value] if each.topic.startswith(("age-of", "protected-age")) else []
            assert all(8 <= age <= 21 for age in ages if isinstance(age, int)), each.id

    def test_a_penalty_is_no_range_upside_down(self, facts: tuple[Fact, ...]) -> None:
        for each in facts:
            least, most = each.fields.get("min_months"), each.fields.get("max_months")
            assert not (isinstance(least, int) and isinstance(most, int) and least > most), each.id

    def test_no_person_is_named_and_nobody_has_reviewed_yet(self, facts: tuple[Fact, ...]) -> None:
        personal = re.compile(r"@|\+\d[\d ()-]{6,}|\b(?:Mr|Mrs|Ms|Dr|M\.|Mme)\b\.? [A-Z]")
        for each in facts:
            assert each.reviewer is None
            assert personal.search(_all_texts(each)) is None, each.id

    def test_contacts_are_institutions_with_addresses_of_their_sites(
        self, facts: tuple[Fact, ...]
    ) -> None:
        for each in facts:
            if each.topic.startswith("contact."):
                url = each.fields.get("url")
                assert url is None or re.fullmatch(r"https?://[\w.-]+\.[a-z]+(/\S*)?", str(url)), (
                    each.id
                )

    def test_it_holds_no_media_and_no_fingerprints(self, facts: tuple[Fact, ...]) -> None:
        coded = re.compile(r"\b[0-9a-fA-F]{32,}\b|[A-Za-z0-9+/]{80,}|\bdata:\w+/")
        for each in facts:
            text = _all_texts(each)
            assert len(text) < 4_000, each.id
            assert coded.search(text) is None, each.id


def _all_texts(each: Fact) -> str:
    return " | ".join(
        str(part) for part in (each.value, each.basis, each.detail, *each.fields.values())
    )


class TestInheritance:
    """Parts of states that the data know: by their own facts, by those of their state, or not at all."""

    ON: Final = date(2026, 6, 1)

    def crime(self, book: LawBook, code: str) -> tuple[Answer, set[str]]:
        deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, self.ON)
        answer = is_crime(book, gazetteer().check(code), deed)
        return answer.answer, {each.subject for step in answer.steps() for each in step.facts}

    def test_california_takes_over_what_is_known_of_the_united_states(
        self, shelf: LawShelf
    ) -> None:
        book = LawBook(shelf.library())

        own, subjects = self.crime(book, "US-CA")

        assert own is self.crime(book, "US")[0]
        assert "US" in subjects

    def test_scotland_has_its_own_law_and_takes_over_none(self, shelf: LawShelf) -> None:
        book = LawBook(shelf.library())

        own, subjects = self.crime(book, "GB-SCT")

        assert own is Answer.CHECK
        assert "crime" not in {
            each.topic.partition(".")[0]
            for topic in STATE_TOPICS
            for each in book.library.law_of(Jurisdiction("GB-SCT"), topic)
        }
        assert self.crime(book, "GB")[0] is not Answer.CHECK
        assert "GB-SCT" in subjects or "GB" in subjects

    def test_curacao_is_bound_from_its_own_day_and_the_netherlands_before(
        self, shelf: LawShelf
    ) -> None:
        book = LawBook(shelf.library())

        def bound(code: str, on: date) -> Answer:
            return is_party(book, gazetteer().check(code), Treaty.BUDAPEST, on).answer

        assert bound("NL", date(2024, 9, 30)) is Answer.YES
        assert bound("CW", date(2024, 9, 30)) is not Answer.YES
        assert bound("CW", date(2024, 10, 1)) is Answer.YES

    def test_curacao_takes_over_no_national_law(self, shelf: LawShelf) -> None:
        assert self.crime(LawBook(shelf.library()), "CW")[0] is Answer.CHECK


class TestOverlayFolder:
    OWN = file_of("BR", fact("BR.crime.possession.1", "yes", recorded="overlay"))

    def test_files_in_folders_below_are_read_too(self, tmp_path: Path) -> None:
        (tmp_path / "states" / "south").mkdir(parents=True)
        (tmp_path / "states" / "south" / "BR.toml").write_text(self.OWN, encoding="utf-8")
        (tmp_path / "notes.txt").write_text("not TOML", encoding="utf-8")

        opened = open_law(tmp_path)

        assert opened.has_overlay
        assert opened.library().facts("BR", "crime.possession")[0].recorded == "overlay"

    def test_without_a_file_of_facts_there_is_no_overlay(self, tmp_path: Path) -> None:
        assert not open_law(tmp_path).has_overlay
        assert open_law(tmp_path).library().hash == open_law().library().hash

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(LawDataRefusedError, match="No such file or directory"):
            open_law(tmp_path / "gone")

    def test_everything_that_cannot_be_read_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "BR.toml").write_text(self.OWN, encoding="utf-8")
        (tmp_path / "AR.toml").symlink_to(tmp_path / "gone.toml")
        (tmp_path / "closed").mkdir()
        reading = os.scandir

        def scandir(place: Any) -> Any:  # Any: as the original has it
            if Path(place).name == "closed":
                raise PermissionError(13, "Permission denied", str(place))
            return reading(place)

        monkeypatch.setattr(os, "scandir", scandir)

        with pytest.raises(LawDataRefusedError) as refused:
            open_law(tmp_path)

        assert [Path(each.file).name for each in refused.value.mistakes] == ["AR.toml", "closed"]
        assert {each.expected for each in refused.value.mistakes} == {"a file that can be read"}

    def test_a_file_too_large_is_not_read_whole(self, tmp_path: Path) -> None:
        with (tmp_path / "BR.toml").open("wb") as sink:
            sink.truncate(10**12)

        with pytest.raises(LawDataRefusedError, match="too large"):
            open_law(tmp_path)

    def test_mistakes_in_several_files_are_told_by_path(self, tmp_path: Path) -> None:
        for name in ("AR", "BR"):
            wrong = file_of(name, fact(f"{name}.crime.sale.1", "perhaps", recorded="overlay"))
            (tmp_path / f"{name}.toml").write_text(wrong, encoding="utf-8")

        with pytest.raises(LawDataRefusedError) as refused:
            open_law(tmp_path)

        assert [(each.file, each.line) for each in refused.value.mistakes] == [
            (str(tmp_path / "AR.toml"), 7),
            (str(tmp_path / "BR.toml"), 7),
        ]


def _script() -> ModuleType:
    path = Path(__file__).parents[2] / "docs" / "law_hashes.py"
    spec = importlib.util.spec_from_file_location("law_hashes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestReleases:
    @pytest.fixture
    def copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A copy of the data that may be changed; it is what `open_law` reads."""
        shutil.copytree(DATA_FOLDER, tmp_path / "data")
        monkeypatch.setattr(shipped_data, "DATA_FOLDER", tmp_path / "data")
        return tmp_path / "data"

    def test_every_version_is_pinned_to_the_hash_of_its_facts(self, shelf: LawShelf) -> None:
        assert {each.id: each.hash for each in shelf.versions} == {
            each.id: shelf.library(each.id).hash for each in shelf.versions
        }
        assert check_releases(shelf) == ()

    def test_a_changed_fact_does_not_go_unnoticed(self, copy: Path) -> None:
        path = copy / "states" / "FR.toml"
        path.write_text(path.read_text(encoding="utf-8").replace('"high"', '"low"', 1), "utf-8")

        assert set(_script().stale(open_law())) == {FIRST, SECOND}
        assert _script().main(["--check"]) == 1
        assert [each.code for each in check_releases(open_law())] == ["release-changed"] * 2

    def test_the_script_fills_in_what_is_empty_and_keeps_what_is_pinned(self, copy: Path) -> None:
        versions = copy / "versions.toml"
        script = _script()
        whole = versions.read_text(encoding="utf-8")
        versions.write_text(re.sub(r'hash = "\w+"', 'hash = ""', whole), encoding="utf-8")

        assert script.main(["--check"], versions) == 1
        assert script.main([], versions) == 0
        assert versions.read_text(encoding="utf-8") == whole
        assert script.main(["--check"], versions) == 0

    def test_a_pinned_hash_is_written_anew_only_on_demand(self, copy: Path) -> None:
        versions = copy / "versions.toml"
        script = _script()
        whole = versions.read_text(encoding="utf-8")
        wrong = re.sub(r'hash = "\w+"', f'hash = "{"0" * 64}"', whole)
        versions.write_text(wrong, encoding="utf-8")

        assert script.main([], versions) == 1
        assert versions.read_text(encoding="utf-8") == wrong
        assert script.main(["--again"], versions) == 0
        assert versions.read_text(encoding="utf-8") == whole
