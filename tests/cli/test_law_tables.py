"""`rempart law` with tables: every cell has answer, article, source, day and confidence, for people and programs."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.law_commands import TABLES, overlay_fact, write_overlay

from rempart.model.law import Conduct

Rempart = Callable[..., Any]

CITED = {"answer", "article", "source", "as_of", "as_of_precision", "confidence"}
COLUMNS = {
    "country": {"state", "on", "topic", "value", *CITED},
    "compare": {"state", "conduct", "material", "on", *CITED},
    "gaps": {"state", "instrument", "obligation", "conduct", "status", *CITED},
    "changes": {
        "state",
        "before",
        "after",
        "fact",
        "article",
        "source",
        "holds_from",
        "confidence",
    },
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def ask(rempart: Rempart, line: str, *more: str | Path) -> Any:
    return rempart("law", *line.split(), *more)


def rows(ran: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.out.decode(), newline="")))


@pytest.mark.parametrize("kind", TABLES)
class TestEveryTable:
    def test_a_record_holds_the_answer_and_its_derivation(
        self, rempart: Rempart, kind: str
    ) -> None:
        [record] = ask(rempart, TABLES[kind], "--json").records

        assert (record["schema"], record["question"]["kind"]) == ("rempart.law/1", kind)
        assert record["derivation"]
        assert {"data_version", "data_hash", "overlay"} <= set(record)

    def test_people_read_the_answer_first_and_the_data_last(
        self, rempart: Rempart, kind: str
    ) -> None:
        [record] = ask(rempart, TABLES[kind], "--json").records

        lines = ask(rempart, TABLES[kind]).out.decode().splitlines()

        assert lines[0].startswith(f"{record['answer'].upper()}: ")
        assert record["data_hash"][:12] in lines[-1]
        assert [line for line in lines if len(line) > 80 and "http" not in line] == []

    def test_every_cell_of_csv_is_cited(self, rempart: Rempart, kind: str) -> None:
        ran = ask(rempart, TABLES[kind], "--csv")

        found = rows(ran)
        assert ran.code == 0
        assert ran.out.count(b"\r\n") == ran.out.count(b"\n") == len(found) + 1
        assert set(found[0]) >= COLUMNS[kind]
        for row in found:
            assert len(row["data_hash"]) == 64
            if row["fact"]:
                assert row["confidence"] in {"high", "medium", "low", "unknown"}
            if row["fact"] and row["confidence"] in {"high", "medium"}:
                assert row["source"]
                assert row.get("as_of") or row.get("holds_from")

    def test_it_is_there_in_french(self, rempart: Rempart, kind: str) -> None:
        english = ask(rempart, TABLES[kind]).out
        french = ask(rempart, TABLES[kind], "--language", "fr").out

        assert english.splitlines()[0] != french.splitlines()[0]

    def test_the_derivation_leads_to_the_answer(self, rempart: Rempart, kind: str) -> None:
        record = ask(rempart, TABLES[kind], "--json").out

        assert rempart("law", "check", "-", given=record).code == 0


class TestCountry:
    def test_what_is_not_known_stands_there_with_its_question(self, rempart: Rempart) -> None:
        found = rows(ask(rempart, "country FR --csv --on 2026-06-01"))

        [production] = [each for each in found if each["topic"] == "crime.production"]
        assert production["answer"] == "check"
        assert production["asks"]

    def test_the_table_and_the_csv_hold_the_same_topics(self, rempart: Rempart) -> None:
        [record] = ask(rempart, TABLES["country"], "--json").records
        topics = [row["topic"] for part in ("topics", "contacts") for row in record[part]]

        found = rows(ask(rempart, TABLES["country"], "--csv"))

        assert [each["topic"] for each in found][: len(topics)] == topics


class TestCompare:
    def test_without_a_conduct_all_of_them_are_compared(self, rempart: Rempart) -> None:
        found = rows(ask(rempart, "compare FR VN --csv --on 2026-06-01"))

        assert len(found) == 2 * len(Conduct)
        assert {each["state"] for each in found} == {"FR", "VN"}

    @pytest.mark.parametrize("states", ["FR", "FR FR"])
    def test_one_state_is_nothing_to_compare(self, rempart: Rempart, states: str) -> None:
        ran = ask(rempart, f"compare {states} --conduct sale")

        assert (ran.code, ran.out) == (2, b"")
        assert "two" in ran.err


class TestGaps:
    def test_without_a_state_every_state_is_measured(self, rempart: Rempart) -> None:
        ran = ask(rempart, "gaps --instrument opsc --on 2026-06-01")
        records = ask(rempart, "gaps --instrument opsc --on 2026-06-01 --json").records

        states = {each["question"]["state"] for each in records}
        assert len(records) == len(states) > 45
        assert all(f"({state})" in ran.out.decode() for state in states)

    def test_an_instrument_without_offences_is_refused(self, rempart: Rempart) -> None:
        ran = ask(rempart, "gaps --instrument cets224")

        assert ran.code == 2
        assert "lanzarote" in ran.err


class TestChanges:
    def test_a_version_is_the_same_as_itself(self, rempart: Rempart) -> None:
        line = "changes --from 2026.11.2 --to 2026.11.2 --state DK --json"

        [record] = ask(rempart, line).records

        assert (record["answer"], record["changes"]) == ("no", [])

    def test_the_facts_that_did_it_are_named(self, rempart: Rempart) -> None:
        [record] = ask(rempart, TABLES["changes"], "--json").records

        assert record["answer"] == "yes"
        assert all(each["facts"] for each in record["changes"])

    def test_an_overlay_is_compared_with_the_shipped_data(
        self, rempart: Rempart, tmp_path: Path
    ) -> None:
        overlay = write_overlay(tmp_path / "own", overlay_fact("crime.possession", '"yes"'))
        line = "changes --from 2026.11.2 --to 2026.11.2 --state BR --on 2024-06-01"

        [record] = ask(rempart, line, "--json", "--overlay", overlay).records

        assert {each["question"]["state"] for each in record["changes"]} == {"BR"}
        assert "BR.crime.possession.9001" in {
            fact["id"] for each in record["changes"] for fact in each["facts"]
        }
        found = rows(ask(rempart, line, "--csv", "--overlay", overlay))
        assert any((row["before"], row["after"]) == ("check", "yes") for row in found)

    def test_a_version_that_does_not_exist_is_named(self, rempart: Rempart) -> None:
        ran = ask(rempart, "changes --from 1999.1.1 --to 2026.11.2")

        assert ran.code == 2
        assert "1999.1.1" in ran.err


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'="])
def test_no_cell_is_a_formula_to_a_spreadsheet(
    rempart: Rempart, tmp_path: Path, start: str
) -> None:
    formula = f"{start}1+1"
    fact = overlay_fact("statute", f'"{formula}"').replace(
        "https://law.example/exercise", f"{start}HYPERLINK(0)"
    )
    overlay = write_overlay(tmp_path / "own", fact)

    ran = ask(rempart, "country BR --csv --overlay", overlay)

    [row] = [each for each in rows(ran) if each["topic"] == "statute"]
    assert row["value"] == "'" + formula
    assert row["source"].startswith("'")
