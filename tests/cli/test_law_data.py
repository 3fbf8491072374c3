"""`rempart law` about the data: facts with their history, rules, versions, the schema, and checked records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.law_commands import QUESTIONS, overlay_fact, write_overlay

from rempart.law.derivation import RULES

Rempart = Callable[..., Any]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)


class TestFact:
    def test_a_fact_is_shown_with_all_that_stands_behind_it(self, rempart: Rempart) -> None:
        [record] = rempart("law", "fact", "DK.age-of-child.1", "--json").records
        text = rempart("law", "fact", "DK.age-of-child.1").out.decode()

        [fact] = record["history"]
        assert record["schema"] == "rempart.law-fact/1"
        assert (fact["id"], fact["value"], fact["seen"]) == ("DK.age-of-child.1", 18, True)
        for shown in ("DK.age-of-child.1", "18", fact["basis"], fact["as_of"]["text"]):
            assert shown in " ".join(text.split())
        assert fact["source"].split(" ; ")[0] in text

    def test_what_was_corrected_and_what_superseded_it_is_told(
        self, rempart: Rempart, tmp_path: Path
    ) -> None:
        first = overlay_fact("age-of-child", "16")
        second = overlay_fact(
            "age-of-child",
            "18",
            more='valid_from = 2022-01-01\nsupersedes = "BR.age-of-child.9001"',
        ).replace("9001", "9002", 1)
        overlay = write_overlay(tmp_path / "own", first, second)

        ran = rempart("law", "fact", "BR.age-of-child.9001", "--overlay", overlay)
        [record] = rempart(
            "law", "fact", "BR.age-of-child.9001", "--overlay", overlay, "--json"
        ).records

        assert [each["id"][-4:] for each in record["history"]] == ["9001", "9002"]
        assert record["history"][0]["holds_to"] == "2021-12-31"
        assert b"2020-01-01 .. 2021-12-31" in ran.out

    def test_a_fact_of_nobody_is_named(self, rempart: Rempart) -> None:
        ran = rempart("law", "fact", "FR.crime.nothing.1")

        assert (ran.code, ran.out) == (2, b"")
        assert "FR.crime.nothing.1" in ran.err


class TestRulesAndVersions:
    def test_every_rule_is_listed_with_article_and_purpose(self, rempart: Rempart) -> None:
        records = rempart("law", "rules", "--json").records
        text = rempart("law", "rules").out.decode()

        assert {each["rule"] for each in records} == set(RULES)
        assert all(each["article"] and each["does"] for each in records)
        assert all(f" {name} " in text for name in RULES)
        assert sum(each["logic"] is not None for each in records) == 28

    def test_every_version_is_listed_with_its_hash(self, rempart: Rempart) -> None:
        records = rempart("law", "versions", "--json").records
        text = rempart("law", "versions").out.decode()

        assert [each["version"] for each in records][:2] == ["2026.11.1", "2026.11.2"]
        assert len({each["data_hash"] for each in records}) == len(records)
        assert all(each["data_hash"][:12] in text for each in records)

    def test_an_answer_names_the_hash_of_its_version(self, rempart: Rempart) -> None:
        newest = rempart("law", "versions", "--json").records[-1]

        [answer] = rempart("law", *QUESTIONS["party"].split(), "--json").records

        assert answer["data_hash"] == newest["data_hash"]


def test_the_schema_is_printed_as_json(rempart: Rempart) -> None:
    schema = json.loads(rempart("law", "schema").out)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "rempart.law-data/1"


class TestCheck:
    @pytest.fixture
    def record(self, rempart: Rempart) -> dict[str, Any]:
        [record] = rempart("law", *QUESTIONS["crime"].split(), "--json").records
        assert isinstance(record, dict)
        return record

    def checked(self, rempart: Rempart, *records: Any) -> Any:
        lines = b"\n".join(json.dumps(each).encode() for each in records)
        return rempart("law", "check", "--json", "-", given=lines)

    def test_a_true_record_holds_and_its_facts_are_those_of_the_data(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        ran = self.checked(rempart, record)

        [found] = ran.records
        assert (ran.code, found["holds"], found["facts"]) == (0, True, "same")
        assert found["asked_again"] == "yes"
        assert found["schema"] == "rempart.law-check/1"
        assert "DK" in found["question"]

    def test_another_answer_than_the_derivation_gives_is_noticed(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        record["answer"] = "yes"

        ran = self.checked(rempart, record)

        assert (ran.code, ran.records[0]["holds"]) == (3, False)
        assert "last step" in ran.records[0]["reason"]

    def test_a_fact_that_was_made_up_is_noticed_even_where_the_derivation_agrees(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        for step in record["derivation"]:
            for fact in step["facts"]:
                fact["source"] = "https://made-up.example"

        ran = self.checked(rempart, record)

        assert (ran.code, ran.records[0]["facts"]) == (3, "differ")

    def test_data_that_are_not_at_hand_are_not_compared(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        record.update(data_hash="0" * 64, data_version="2099.1.1")

        ran = self.checked(rempart, record)
        told = rempart("law", "check", "-", given=json.dumps(record).encode()).out

        assert (ran.code, ran.records[0]["facts"]) == (0, "not-compared")
        assert ran.records[0]["asked_again"] == "data-not-at-hand"
        assert b"its derivation only" in told

    def test_a_hash_that_is_not_that_of_the_shipped_data_is_noticed(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        record["data_hash"] = "0" * 64

        ran = self.checked(rempart, record)

        assert (ran.code, ran.records[0]["holds"]) == (3, False)

    def test_what_the_derivation_does_not_hold_is_asked_again(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        record["provision"] = "Exercise Act, art. 1"

        ran = self.checked(rempart, record)
        told = rempart("law", "check", "-", given=json.dumps(record).encode()).out

        assert (ran.code, ran.records[0]["asked_again"]) == (3, "yes")
        assert "provision" in ran.records[0]["reason"]
        assert b"gives another provision" in told

    def test_a_step_that_does_not_follow_is_noticed(
        self, rempart: Rempart, record: dict[str, Any]
    ) -> None:
        record["derivation"][0]["result"] = "no"

        ran = self.checked(rempart, record)

        assert ran.code == 3
        assert "step 0" in ran.records[0]["reason"]

    @pytest.mark.parametrize(
        "line",
        [
            b"no json",
            b"[]",
            b'"text"',
            b"{}",
            b'{"schema":"rempart.scan/1"}',
            b'{"schema":"rempart.law/1"}',
            b'{"schema":"rempart.law/1","answer":"yes","derivation":[]}',
            b'{"schema":"rempart.law/1","answer":"yes","derivation":[{"rule":"J-1"}]}',
            b'{"schema":"rempart.law/1","answer":[],"question":5,"derivation":{"a":1}}',
            b'{"schema":"rempart.law/1","answer":"yes","derivation":[{"rule":"none"}]}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
        ids=lambda line: repr(line)[:40],
    )
    def test_what_is_no_whole_record_is_told_and_does_not_hold(
        self, rempart: Rempart, line: bytes
    ) -> None:
        ran = rempart("law", "check", "--json", "-", given=line + b"\n")

        [found] = ran.records
        assert (ran.code, found["holds"]) == (3, False)
        assert found["reason"]

    def test_every_bad_line_is_named_among_good_ones(
        self, rempart: Rempart, record: dict[str, Any], tmp_path: Path
    ) -> None:
        good = json.dumps(record)
        path = tmp_path / "answers.jsonl"
        path.write_text(f"{good}\n\nno json\n{good}\n", encoding="utf-8")

        ran = rempart("law", "check", path)

        lines = ran.out.decode().splitlines()
        assert ran.code == 3
        assert [line.split(": ")[1] for line in lines] == ["holds", "DOES NOT HOLD", "holds"]
        assert f"{path}:3: " in lines[1]
        assert "1 of 3" in ran.err

    def test_nothing_to_check_is_refused(self, rempart: Rempart) -> None:
        assert rempart("law", "check", "-", given=b"\n").code == 3

    def test_a_file_that_is_not_there_is_refused(self, rempart: Rempart, tmp_path: Path) -> None:
        assert rempart("law", "check", tmp_path / "nowhere").code == 3
