"""`rempart law` with one answer: for people, for programs, in French; and what is put wrongly."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.cli.law_commands import QUESTIONS

Rempart = Callable[..., Any]

CONTRACT = {
    "schema",
    "question",
    "answer",
    "why",
    "asks",
    "derivation",
    "data_version",
    "data_hash",
    "overlay",
}
PARTS = {
    "crime": {"instruments", "provision", "penalty"},
    "dual": {"instruments", "states"},
    "party": {"instruments", "dates"},
    "channel": {"instruments", "deadlines", "powers", "refusal_grounds", "attach", "reservations"},
    "jurisdiction": {"candidates", "consultation"},
    "duties": {"duties"},
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def ask(rempart: Rempart, line: str, *more: str) -> Any:
    return rempart("law", *line.split(), *more)


@pytest.mark.parametrize("kind", QUESTIONS)
class TestEveryQuestion:
    def test_a_record_holds_what_the_contract_names(self, rempart: Rempart, kind: str) -> None:
        ran = ask(rempart, QUESTIONS[kind], "--json")

        [record] = ran.records
        assert (ran.code, ran.err) == (0, "")
        assert set(record) >= CONTRACT | PARTS[kind]
        assert (record["schema"], record["question"]["kind"]) == ("rempart.law/1", kind)
        assert record["answer"] in {"yes", "no", "partly", "check"}
        assert set(record["why"]) == {"code", "params", "text"}
        for step in record["derivation"]:
            assert {"rule", "article", "facts", "result"} <= set(step)
            for fact in step["facts"]:
                assert {"id", "value", "source", "as_of", "confidence"} <= set(fact)

    def test_people_read_the_answer_first_and_the_data_last(
        self, rempart: Rempart, kind: str
    ) -> None:
        [record] = ask(rempart, QUESTIONS[kind], "--json").records

        ran = ask(rempart, QUESTIONS[kind])

        lines = ran.out.decode().splitlines()
        assert (ran.code, ran.err) == (0, "")
        assert lines[0].startswith(f"{record['answer'].upper()}: ")
        assert record["data_version"] in lines[-1]
        assert record["data_hash"][:12] in lines[-1]
        assert lines[-1].endswith("no"), "no overlay was used"
        shown = ran.out.decode().replace("\n", "").replace(" ", "").replace("│", "")
        for step in record["derivation"]:
            assert step["rule"] in shown
            assert all(fact["confidence"] in shown for fact in step["facts"])

    def test_eighty_columns_are_enough_but_for_addresses(self, rempart: Rempart, kind: str) -> None:
        lines = ask(rempart, QUESTIONS[kind]).out.decode().splitlines()

        assert [line for line in lines if len(line) > 80 and "http" not in line] == []
        assert "\x1b" not in "".join(lines), "no colour is needed"

    def test_french_changes_the_texts_and_nothing_else(self, rempart: Rempart, kind: str) -> None:
        [english] = ask(rempart, QUESTIONS[kind], "--json").records
        [french] = ask(rempart, QUESTIONS[kind], "--json", "--language", "fr").records

        assert english["why"]["text"] != french["why"]["text"]
        assert without_texts(english) == without_texts(french)
        shown = ask(rempart, QUESTIONS[kind], "--language", "fr").out.decode()
        assert shown.splitlines()[0].startswith(
            ("OUI", "NON", "EN PARTIE", "PARTIEL", "À VÉRIFIER")
        )

    def test_the_derivation_leads_to_the_answer(self, rempart: Rempart, kind: str) -> None:
        record = ask(rempart, QUESTIONS[kind], "--json").out

        ran = rempart("law", "check", "-", given=record)

        assert ran.code == 0
        assert b": holds: " in ran.out


def without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_texts(each) for name, each in value.items() if name != "text"}
    return [without_texts(each) for each in value] if isinstance(value, list) else value


class TestAnswers:
    def test_a_question_that_a_lawyer_must_answer_is_asked(self, rempart: Rempart) -> None:
        ran = ask(rempart, "crime --state DK --conduct possession --age 16 --on 2024-06-01")

        text = ran.out.decode()
        assert text.startswith("PARTLY: ")
        assert "  1. " in text
        assert "Straffeloven" in text
        assert "https://" in text

    def test_the_day_before_and_the_day_of_entry_into_force(self, rempart: Rempart) -> None:
        line = "party --state NZ --instrument budapest --json --on "

        assert ask(rempart, line + "2025-11-30").records[0]["answer"] == "no"
        assert ask(rempart, line + "2025-12-01").records[0]["answer"] == "yes"

    def test_time_limits_and_what_to_attach_are_shown(self, rempart: Rempart) -> None:
        text = " ".join(ask(rempart, QUESTIONS["channel"]).out.decode().split())

        assert "60 days" in text
        assert "29(7)" in text
        assert "29(2): " in text

    def test_duties_are_shown_with_recipient_and_time(self, rempart: Rempart) -> None:
        text = ask(rempart, QUESTIONS["duties"]).out.decode()

        assert "  1. report, United States (US): yes, high\n     recipient: NCMEC" in text
        assert "time limit: 1 year" in text

    def test_every_candidate_stands_with_its_ground(self, rempart: Rempart) -> None:
        [record] = ask(rempart, QUESTIONS["jurisdiction"], "--json").records
        text = ask(rempart, QUESTIONS["jurisdiction"]).out.decode()

        assert [each["state"] for each in record["candidates"]] == ["DE", "PH", "VN"]
        assert all(f"({state})" in text for state in ("DE", "PH", "VN"))

    def test_an_output_without_unicode_is_still_readable(self, process: Callable[..., Any]) -> None:
        environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}

        ran = process("law", *QUESTIONS["crime"].split(), "--language", "fr", env=environment)
        out, _ = ran.communicate()

        assert ran.returncode == 0
        assert out.isascii()
        assert b"+----" in out

    def test_a_reader_that_goes_away_is_no_error(self, process: Callable[..., Any]) -> None:
        ran = process("law", *QUESTIONS["crime"].split())
        ran.stdout.close()
        ran.wait()

        assert ran.returncode == 141
        assert ran.stderr.read() == b""

    def test_a_state_without_facts_is_never_guessed(self, rempart: Rempart) -> None:
        [record] = ask(rempart, "crime --state BR --conduct possession --json").records

        assert record["answer"] == "check"
        assert record["asks"]

    def test_the_material_is_a_real_child_unless_said_otherwise(self, rempart: Rempart) -> None:
        [record] = ask(rempart, "crime --state DK --conduct possession --json").records

        assert record["question"]["material"] == "real-child"

    def test_the_day_is_today_in_utc_unless_said_otherwise(self, rempart: Rempart) -> None:
        before = dt.datetime.now(dt.UTC).date()
        [record] = ask(rempart, "party --state FR --instrument budapest --json").records
        after = dt.datetime.now(dt.UTC).date()

        assert record["question"]["on"] in {before.isoformat(), after.isoformat()}

    def test_a_role_may_have_several_countries_each_once(self, rempart: Rempart) -> None:
        line = "jurisdiction --conduct possession --role child=PH,VN --role child=PH --role host=DE"

        [record] = ask(rempart, line, "--json").records

        assert record["question"]["roles"] == {"host": ["DE"], "child": ["PH", "VN"]}

    def test_an_older_version_of_the_data_can_be_asked(self, rempart: Rempart) -> None:
        line = "crime --state DK --conduct possession --on 2024-06-01 --json --data-version "

        [old], [new] = (ask(rempart, line + each).records for each in ("2026.11.1", "2026.11.2"))

        assert (old["data_version"], new["data_version"]) == ("2026.11.1", "2026.11.2")
        assert old["data_hash"] != new["data_hash"]


class TestLanguage:
    @pytest.mark.parametrize(
        ("variables", "is_french"),
        [
            ({}, False),
            ({"LANG": "fr_FR.UTF-8"}, True),
            ({"LANG": "fr_CA.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, False),
            ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_BE"}, True),
            ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, True),
            ({"LANG": "fr_FR.UTF-8", "REMPART_LANGUAGE": "en"}, False),
            ({"LC_ALL": "C.UTF-8", "REMPART_LANGUAGE": "fr"}, True),
        ],
    )
    def test_the_environment_chooses_where_the_option_is_not_given(
        self,
        rempart: Rempart,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        is_french: bool,  # noqa: FBT001 - a value of the table
    ) -> None:
        monkeypatch.delenv("LC_MESSAGES", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        first = ask(rempart, QUESTIONS["party"]).out.decode().split(":")[0].strip()

        assert first == ("OUI" if is_french else "YES")

    def test_an_unknown_language_of_the_environment_is_refused(
        self, rempart: Rempart, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REMPART_LANGUAGE", "de")

        ran = ask(rempart, QUESTIONS["party"])

        assert (ran.code, ran.out) == (2, b"")
        assert "'de'" in ran.err


WRONG = {
    "crime --state DK": "--conduct",
    "crime --conduct possession": "--state",
    "crime --state DK --conduct theft": "'theft'",
    "crime --state DK --conduct possession --material video": "'video'",
    "crime --state DK --conduct possession --age -1": "-1",
    "crime --state DK --conduct possession --age old": "'old'",
    "crime --state DK --conduct possession --on yesterday": "'yesterday'",
    "crime --state DK --conduct possession --on 2024-6-1": "'2024-6-1'",
    "crime --state DK --conduct possession --on 2023-02-29": "'2023-02-29'",
    "crime --state DK --conduct possession --on 20240601": "'20240601'",
    "crime --state dk --conduct possession": "'dk'",
    "crime --state QQ --conduct possession": "'QQ'",
    "crime --state Denmark --conduct possession": "'Denmark'",
    "crime --state DK --conduct possession --data-version 1999.1.1": "1999.1.1",
    "crime --state DK --conduct possession --language de": "'de'",
    "dual --from FR --to XX --conduct sale": "'XX'",
    "party --state FR --instrument hague": "'hague'",
    "channel --from FR --to JP --conduct sale --need tea": "'tea'",
    "jurisdiction --conduct sale": "--role",
    "jurisdiction --conduct sale --role host": "'host'",
    "jurisdiction --conduct sale --role guest=FR": "'guest=FR'",
    "jurisdiction --conduct sale --role host=": "''",
    "jurisdiction --conduct sale --role host=fr": "'fr'",
    "duties --kind bakery --established FR --conduct sale": "'bakery'",
    "duties --kind platform --established FRA --conduct sale": "'FRA'",
}


@pytest.mark.parametrize("line", WRONG)
class TestWrongValues:
    def test_what_is_put_wrongly_is_named_and_leaves_with_2(
        self, rempart: Rempart, line: str
    ) -> None:
        ran = ask(rempart, line)

        assert (ran.code, ran.out) == (2, b"")
        assert WRONG[line] in ran.err

    def test_programs_get_it_as_a_record(self, rempart: Rempart, line: str) -> None:
        error = json.loads(ask(rempart, line, "--json").err)

        assert error["schema"] == "rempart.error/1"
        assert WRONG[line] in error["message"]
        assert error["hint"]


def test_what_is_allowed_is_told_with_what_is_wrong(rempart: Rempart) -> None:
    assert "possession" in ask(rempart, "crime --state DK --conduct theft").err
    assert "2024-05-07" in ask(rempart, "crime --state DK --conduct sale --on x").err
    assert "GB-SCT" in ask(rempart, "crime --state dk --conduct sale").err
    assert "uploader" in ask(rempart, "jurisdiction --conduct sale --role guest=FR").err
    assert "2026.11.1" in ask(rempart, "crime --state DK --conduct sale --data-version 1").err
