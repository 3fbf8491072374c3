"""Both languages say the same, nothing that a page needs is missing, and nothing is left over."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from string import Formatter
from typing import Final

import pytest
from tests.report.contents import exercise, hostile

import rempart.report
from rempart.model.handling import Subject
from rempart.model.law import Answer
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS
from rempart.model.principals import OrganisationKind
from rempart.model.scan import Outcome, ProblemKind
from rempart.node.scan_queries import DEPTHS
from rempart.report import LANGUAGES, Language, report_page
from rempart.report.texts import Texts, all_texts
from rempart.store import ScanState

FOLDER: Final = Path(rempart.report.__file__).parent
CONFLICTS: Final = ("digest-known-and-harmless", "known-digest-near-harmless", "perceptual-tie")
CODES: Final = {
    "answer": Answer,
    "conflict": CONFLICTS,
    "depth": DEPTHS,
    "next": ProblemKind,
    "organisation": OrganisationKind,
    "outcome": Outcome,
    "outcome_meaning": Outcome,
    "problem": ProblemKind,
    "purpose": ListPurpose,
    "state": ScanState,
    "subject": Subject,
    "variant": TRANSFORMS,
    "lead": ScanState,
}
"""What is named by a code, and the codes that there are."""


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts_with_the_same_fields() -> None:
    english, french = all_texts("en"), all_texts("fr")

    assert english.keys() == french.keys()
    for code, text in english.items():
        assert fields_of(text) == fields_of(french[code]), code
        assert text.strip() == text, code
        assert french[code].strip() == french[code] != "", code


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_a_name_and_no_name_is_left_over(kind: str) -> None:
    named = {code.partition(".")[2] for code in all_texts("en") if code.startswith(f"{kind}.")}

    wanted = {str(each) for each in CODES[kind]}
    if kind == "lead":  # beside those for each state
        assert wanted <= named
    else:
        assert named == wanted


def test_no_text_is_left_over() -> None:
    """Every text is asked for by its code or by its last part, or belongs to a kind that is named by codes."""
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    written = set(re.findall(r"""["']([\w.-]+)["']""", source))
    for code in all_texts("en"):
        kind, _, rest = code.partition(".")
        is_named = kind in CODES or code in written or rest in written
        assert is_named or rest in {"one", "many"}, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_finds_every_text_that_it_asks_for(language: Language) -> None:
    for content in (exercise(), hostile()):
        assert b"".join(report_page(content, language))


def test_french_does_not_repeat_english_by_mistake() -> None:
    english, french = all_texts("en"), all_texts("fr")
    same = {code for code, text in english.items() if text == french[code]}

    assert same <= {
        *("head.message", "head.article", "head.list", "fact.organisation", "fact.case_kind"),
        *("organisation.police", "chart.distances_axis", "table.formats", "head.format"),
        *("section.distances", "fact.law_value"),
    }


class TestNumbers:
    def test_english(self) -> None:
        texts = Texts("en")

        assert texts.number(1_234_567) == "1,234,567"
        assert texts.number(1_234.56, 1) == "1,234.6"
        assert texts.size(999) == "999\u00a0B"
        assert texts.size(98_765_432) == "98.8\u00a0MB"
        assert texts.count("objects", 1) == "1 object"
        assert texts.count("objects", 0) == "0 objects"

    def test_french(self) -> None:
        texts = Texts("fr")

        assert texts.number(1_234_567) == "1\u202f234\u202f567"
        assert texts.number(1_234.56, 1) == "1\u202f234,6"
        assert texts.size(98_765_432) == "98,8\u00a0Mo"
        assert texts.count("matches", 0) == texts.text("matches.one", n=0)
        assert texts.count("matches", 2) == texts.text("matches.many", n=2)

    def test_times_are_in_utc_whatever_zone_they_came_in(self) -> None:
        zone = timezone(timedelta(hours=9))
        at = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)

        assert Texts("fr").moment(at.astimezone(zone)) == "2026-11-22 01:02:03 UTC"

    @pytest.mark.parametrize(
        ("seconds", "shown"),
        [
            (0, "0.0\u00a0s"),
            (59.94, "59.9\u00a0s"),
            (75.5, "1\u00a0min 16\u00a0s"),
            (3_600, "1\u00a0h 00\u00a0min"),
            (86_399, "23\u00a0h 59\u00a0min"),
        ],
    )
    def test_lengths_of_time(self, seconds: float, shown: str) -> None:
        assert Texts("en").duration(seconds) == shown


def test_a_code_without_a_name_is_shown_and_cannot_act() -> None:
    assert Texts("en").named("problem", "added\u202elater") == "added[U+202E]later"
