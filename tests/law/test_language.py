"""Texts about law are written in both languages, whatever a message speaks of."""

from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.law import (
    MEASURED_INSTRUMENTS,
    Deed,
    LawBook,
    Organisation,
    all_deeds,
    audit,
    changes,
    compare,
    duties_of,
    find_channel,
    gazetteer,
    is_crime,
    is_dual,
    language,
    measure_gaps,
    open_law,
    profile,
    who_may_claim,
)
from rempart.law.language import LOCALE_FOLDER, Translator
from rempart.law.records import message_record
from rempart.law.shipped import DATA_FOLDER
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.language import Language
from rempart.model.law import (
    Conduct,
    DutyBearer,
    Material,
    Message,
    Need,
    Role,
    message,
)
from rempart.model.law_answers import LawAnswer

EN: Final = Translator(Language.EN)
FR: Final = Translator(Language.FR)
BOTH: Final = pytest.mark.parametrize("translator", [EN, FR], ids=str)
HOSTILE: Final = "{0.__class__} {state!r} {} }{ %s \x1b[31m\x00\u202e\n"


def test_a_text_is_written_in_both_languages() -> None:
    spoken = message("party.since", state="FR", treaty="budapest", since="2006-05-01")

    assert (
        EN.text(spoken)
        == "France (FR), Budapest Convention: in force for the state since 2006-05-01."
    )
    assert FR.text(spoken) == (
        "France (FR), Convention de Budapest : en vigueur pour l'État depuis le 2006-05-01."
    )


def test_a_record_holds_code_params_and_text() -> None:
    spoken = message("jurisdiction.sure", states=("DE", "NL"))

    assert message_record(spoken, FR.text) == {
        "code": "jurisdiction.sure",
        "params": {"states": ["DE", "NL"]},
        "text": "Ces États peuvent revendiquer l'affaire : Allemagne (DE), Pays-Bas (NL).",
    }


@BOTH
def test_a_code_without_text_is_shown_with_what_it_speaks_of(translator: Translator) -> None:
    assert translator.text(message("no.such", age=16, labels=("a", "b"))) == (
        "no.such (age: 16; labels: a, b)"
    )
    assert translator.text(message("no.such")) == "no.such"


@BOTH
@pytest.mark.parametrize("code", ["", "\x04", "conduct\x04possession", "{state}", "\ud800"])
def test_an_odd_code_never_shows_the_header_of_a_catalogue(
    translator: Translator, code: str
) -> None:
    text = translator.text(Message(code))

    assert "charset" not in text
    assert "Plural" not in text


@BOTH
def test_a_missing_field_shows_code_and_params(translator: Translator) -> None:
    text = translator.text(message("crime.yes", state="FR"))

    assert text == "crime.yes (state: France (FR))"


@BOTH
def test_braces_in_what_a_message_speaks_of_mean_nothing(translator: Translator) -> None:
    text = translator.text(
        message("note.reserved", state="DK", treaty="budapest", article="9(4)", effect=HOSTILE)
    )

    assert "{0.__class__} {state!r} {} }{ %s" in text
    assert text.isprintable()


@BOTH
@pytest.mark.parametrize("name", ["state", "conduct", "topic", "unit", "subject", "value", "free"])
def test_no_control_sign_comes_through(translator: Translator, name: str) -> None:
    for value in (HOSTILE, (HOSTILE, HOSTILE)):
        text = translator.text(Message("no.such", MappingProxyType({name: value, "\x1bx": 1})))
        assert text.isprintable()


@settings(max_examples=50)
@given(
    code=st.one_of(
        st.text(), st.sampled_from(["crime.yes", "ask.crime", "fact.read", "dual.both"])
    ),
    params=st.dictionaries(
        st.one_of(
            st.sampled_from(["state", "conduct", "topic", "on", "amount", "unit"]), st.text()
        ),
        st.one_of(
            st.text(), st.integers(), st.booleans(), st.lists(st.text(), max_size=3).map(tuple)
        ),
        max_size=6,
    ),
    translator=st.sampled_from([EN, FR]),
)
def test_no_message_ever_fails(
    code: str, params: dict[str, str | int | bool | tuple[str, ...]], translator: Translator
) -> None:
    text = translator.text(Message(code, MappingProxyType(params)))

    assert text.isprintable()


@settings(max_examples=50)
@given(st.text(), st.text(), st.integers())
def test_no_name_ever_fails(kind: str, code: str, amount: int) -> None:
    for name in (kind, "place", "topic", "unit", "subject", "heading", "conduct"):
        assert FR.name(name, code).isprintable()
    assert FR.period(amount, code).isprintable()


@pytest.mark.parametrize(
    ("kind", "code", "english", "french"),
    [
        ("conduct", "distribution", "distribution or transmission", "diffusion ou transmission"),
        ("material", "real-child", "real child", "enfant réel"),
        ("treaty", "lanzarote", "Lanzarote Convention", "Convention de Lanzarote"),
        ("instrument", "us-federal", "federal law of the United States", "droit fédéral des États-Unis"),
        ("answer", "check", "check", "à vérifier"),
        ("answer", "yes", "yes", "oui"),
        ("status", "not-met", "not met", "non remplie"),
        ("role", "host", "place of the server", "lieu du serveur"),
        ("need", "mla", "mutual legal assistance", "entraide judiciaire"),
        ("kind", "hotline", "hotline", "ligne de signalement"),
        ("state", "KR", "South Korea (KR)", "Corée du Sud (KR)"),
        ("place", "BR", "BR", "BR"),
        ("place", "no place", "no place", "no place"),
        ("value", "accession", "accession", "adhésion"),
        ("value", "text-audio", "text or sound", "texte ou son"),
        ("unit", "days", "days", "jours"),
        ("topic", "penalty.sale", "the penalty for “sale”", "la peine pour « vente »"),
        ("topic", "treaty.opsc.signed", "the signature of “Optional Protocol on the sale of children (OPSC)”",
         "la signature de « Protocole facultatif concernant la vente d'enfants (OPSC) »"),
        ("topic", "not.a.topic", "not.a.topic", "not.a.topic"),
        ("subject", "sale/real-child", "sale, real child", "vente, enfant réel"),
        ("subject", "opsc", "Optional Protocol on the sale of children (OPSC)",
         "Protocole facultatif concernant la vente d'enfants (OPSC)"),
        ("subject", "VN", "Vietnam (VN)", "Viet Nam (VN)"),
        ("rule", "JU-6", "prosecute or extradite", "poursuivre ou extrader"),
        ("heading", "in_force", "in force since", "en vigueur depuis"),
        ("no kind", "no code", "no code", "no code"),
    ],
)  # fmt: skip
def test_names(kind: str, code: str, english: str, french: str) -> None:
    assert EN.name(kind, code) == english
    assert FR.name(kind, code) == french


@pytest.mark.parametrize(
    ("amount", "unit", "english", "french"),
    [
        (0, "days", "0 days", "0 jour"),
        (1, "years", "1 year", "1 an"),
        (2, "years", "2 years", "2 ans"),
        (48, "hours", "48 hours", "48 heures"),
        (1, "working-days", "1 working day", "1 jour ouvrable"),
        (3, "fortnights", "3 fortnights", "3 fortnights"),
    ],
)
def test_a_period_agrees_with_its_amount(amount: int, unit: str, english: str, french: str) -> None:
    assert EN.period(amount, unit) == english
    assert FR.period(amount, unit) == french
    assert unit == "fortnights" or FR.text(message("x", amount=amount, unit=unit)).endswith(
        f"unit: {french.partition(' ')[2]})"
    )


def test_a_day_is_written_as_iso_and_a_truth_as_a_word() -> None:
    params = MappingProxyType({"on": date(2024, 6, 1), "is_so": True})

    assert FR.text(Message("x", params)) == "x (on: 2024-06-01; is_so: oui)"  # type: ignore[arg-type] # a day is no parameter, and does no harm


@BOTH
def test_what_a_topic_says_is_known_to_the_text(translator: Translator) -> None:
    asked = message("ask.crime", state="FR", on="2024-06-01", topic="crime.possession")

    assert translator.text(asked).startswith("France (FR)")
    assert "possession" in translator.text(asked)


def test_every_place_of_the_data_has_a_name_in_both_languages() -> None:
    for code in gazetteer().places:
        for translator in (EN, FR):
            assert translator.name("place", code).endswith(f" ({code})")


@pytest.mark.parametrize("content", [None, b"", b"\xde\x12\x04\x95", b"no catalogue at all" * 9])
def test_a_damaged_catalogue_leaves_codes(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fr" / "LC_MESSAGES" / "rempart-law.mo"
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(language, "LOCALE_FOLDER", tmp_path)
    language._catalogue.cache_clear()

    try:
        assert FR.text(message("dual.both", **{"from": "FR", "to": "DE"})).startswith("dual.both (")
        assert FR.name("conduct", "sale") == "sale"
    finally:
        language._catalogue.cache_clear()


def test_catalogues_and_data_lie_beside_the_code() -> None:
    for each in Language:
        folder = LOCALE_FOLDER / each.value / "LC_MESSAGES"
        assert (folder / "rempart-law.mo").is_file()
        assert (folder / "rempart-law.po").is_file()
    assert len(list((DATA_FOLDER / "states").glob("*.toml"))) >= 50


@pytest.fixture(scope="module")
def book() -> LawBook:
    """The shipped law."""
    return LawBook(open_law().library())


@BOTH
def test_every_text_of_real_answers_is_whole(book: LawBook, translator: Translator) -> None:
    states = [Jurisdiction(code) for code in ("FR", "JP", "DK", "VN", "GE", "US", "CW", "BR")]
    for conduct in Conduct:
        for material in Material:
            deed = Deed(conduct, material, date(2024, 6, 1), 16)
            answers = [is_crime(book, state, deed) for state in states]
            answers.append(is_dual(book, states[0], states[1], deed))
            for answer in answers:
                check_texts(answer, translator)


@BOTH
def test_every_text_of_other_questions_is_whole(book: LawBook, translator: Translator) -> None:
    france, states = Jurisdiction("FR"), ("US", "DK", "BR", "CW")
    on, deed = date(2026, 9, 1), Deed(Conduct.POSSESSION, Material.REAL_CHILD, date(2026, 9, 1))
    for state in map(Jurisdiction, states):
        roles = dict.fromkeys(Role, (france, state))
        answers = [
            *(find_channel(book, france, state, deed, need) for need in Need),
            *(who_may_claim(book, conduct, roles, on) for conduct in Conduct),
            *(measure_gaps(book, state, each, on) for each in MEASURED_INSTRUMENTS),
            *(
                duties_of(book, Organisation(kind, who), roles, deed.conduct, deed.material, on)
                for kind in DutyBearer
                for who in (state, None)
            ),
            profile(book, state, on),
            compare(book, (france, state), all_deeds(Material.REAL_CHILD, on)),
            changes(book, book, on, (state,)),
        ]
        for answer in answers:
            check_texts(answer, translator)


@BOTH
def test_every_text_of_an_audit_is_whole(book: LawBook, translator: Translator) -> None:
    for each in audit(book.library, date(2026, 11, 22), 30).findings:
        check_text(each.message, translator)


def check_texts(answer: LawAnswer, translator: Translator) -> None:
    for step in answer.steps():
        for each in (step.finding.why, *step.finding.asks, *step.finding.notes):
            check_text(each, translator)


def check_text(each: Message, translator: Translator) -> None:
    text = translator.text(each)
    assert not text.startswith(each.code), each
    assert text[0] == text[0].upper(), text
    assert text.isprintable()
    assert "None" not in text, each
