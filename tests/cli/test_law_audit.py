"""`rempart law audit`: findings, coverage, and every mistake of an overlay, for people and programs."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.law_commands import overlay_fact, write_overlay

Rempart = Callable[..., Any]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def audit(rempart: Rempart, *more: str | Path) -> Any:
    return rempart("law", "audit", "--on", "2026-11-22", *more)


def rows(ran: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.out.decode(), newline="")))


@pytest.fixture
def contradicting(tmp_path: Path) -> Path:
    """An overlay with a penalty whose least is above its most."""
    more = "min_months = 60\nmax_months = 12"
    fact = overlay_fact("penalty.possession", '"upside down"', more=more)
    return write_overlay(tmp_path / "own", fact)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """An overlay with 60 mistakes in one file, and one in another."""
    folder = tmp_path / "wrong"
    facts = [
        overlay_fact("crime.possession", '"perhaps"').replace("9001", f"{9000 + number}")
        for number in range(60)
    ]
    write_overlay(folder, *facts)
    return write_overlay(folder, overlay_fact("crime.theft", '"yes"', state="AR"), state="AR")


class TestReport:
    def test_a_record_counts_what_is_known_of_every_state(self, rempart: Rempart) -> None:
        [record] = audit(rempart, "--json").records

        assert record["schema"] == "rempart.law-audit/1"
        assert record["counts"]["facts"] > 1000
        assert {"FR", "US", "VN"} <= {each["subject"] for each in record["coverage"]}
        named = {name for each in record["findings"] for name in each["facts"]}
        assert set(record["cited"]) == named

    def test_people_see_findings_coverage_and_the_data(self, rempart: Rempart) -> None:
        [record] = audit(rempart, "--json").records

        lines = audit(rempart).out.decode().splitlines()

        assert lines[0] == f"contradictions: {record['contradictions']}"
        assert any(line.startswith("│ FR ") for line in lines)
        assert record["data_hash"][:12] in lines[-1]
        assert [line for line in lines if len(line) > 80] == []

    def test_csv_cites_every_fact_that_a_finding_names(
        self, rempart: Rempart, contradicting: Path
    ) -> None:
        found = rows(audit(rempart, "--csv", "--overlay", contradicting))

        own = [each for each in found if each["fact"] == "BR.penalty.possession.9001"]
        [row] = [each for each in own if each["severity"] == "contradiction"]
        assert row["subject"] == "BR"
        assert row["source"] == "https://law.example/exercise"
        assert (row["as_of"], row["confidence"]) == ("2020-01-01", "high")
        coverage = [each for each in found if each["part"] == "coverage"]
        assert all(each["known"].isdigit() and each["none"].isdigit() for each in coverage)

    def test_older_rows_are_told_by_the_age_that_is_given(self, rempart: Rempart) -> None:
        [young] = audit(rempart, "--json", "--max-age", "0").records
        [old] = audit(rempart, "--json", "--max-age", "100000").records

        assert sum(each["code"] == "rows-old" for each in young["findings"]) > 40
        assert not [each for each in old["findings"] if each["code"] == "rows-old"]

    def test_it_is_there_in_french(self, rempart: Rempart) -> None:
        assert audit(rempart, "--language", "fr").out != audit(rempart).out


class TestStrict:
    def test_a_contradiction_leaves_with_1_only_if_strict(
        self, rempart: Rempart, contradicting: Path
    ) -> None:
        assert audit(rempart, "--overlay", contradicting).code == 0
        assert audit(rempart, "--overlay", contradicting, "--strict").code == 1


class TestMistakes:
    def test_every_mistake_is_told_with_file_and_line(self, rempart: Rempart, wrong: Path) -> None:
        ran = audit(rempart, "--overlay", wrong)

        lines = ran.out.decode().splitlines()
        assert (ran.code, len(lines)) == (3, 61)
        assert all(line.count("Expected: ") == 1 for line in lines)
        assert lines[0].startswith(f"{wrong / 'AR.toml'}:6: ")
        assert lines[1].startswith(f"{wrong / 'BR.toml'}:7: ")
        assert "61" in ran.err

    def test_programs_get_one_record_for_each(self, rempart: Rempart, wrong: Path) -> None:
        ran = audit(rempart, "--overlay", wrong, "--json")

        assert (ran.code, len(ran.records)) == (3, 61)
        assert {each["schema"] for each in ran.records} == {"rempart.law-mistake/1"}
        assert {"file", "line", "message", "expected"} <= set(ran.records[0])

    def test_spreadsheets_get_one_row_for_each(self, rempart: Rempart, wrong: Path) -> None:
        ran = audit(rempart, "--overlay", wrong, "--csv")

        assert (ran.code, len(rows(ran))) == (3, 61)

    def test_other_commands_refuse_and_answer_nothing(self, rempart: Rempart, wrong: Path) -> None:
        ran = rempart("law", "country", "FR", "--overlay", wrong)

        assert (ran.code, ran.out) == (3, b"")
        assert "61 mistake(s)" in ran.err
