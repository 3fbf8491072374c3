"""`rempart scan --context`: beside each match stands the decision, and it names the match and the law data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scan_commands import CONFIRMED_THEN_DEAD, is_finished, last_run, read, script

from rempart.law import open_law, recompute

Rempart = Callable[..., Any]

CONTEXT = """
kind = "platform"
established = "US"
conduct = "distribution"
date = 2026-06-01

[roles]
host = "DE"
uploader = ["US", "FR"]
child = "PH"
"""

OVERLAY = """
schema = "rempart.law-data/1"
subject = "labels"

[[fact]]
id = "labels.label.9001"
topic = "label"
value = "real-child"
scheme = "unmapped"
label = "exercise-A"
source = "exercise"
as_of = { date = 2026-01-01, precision = "day", text = "exercise" }
confidence = "high"
recorded = "overlay"
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    path = tmp_path / "context.toml"
    path.write_text(CONTEXT, encoding="utf-8")
    return path


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "labels.toml").write_text(OVERLAY, encoding="utf-8")
    monkeypatch.setenv("REMPART_LAW_OVERLAY", str(folder))
    return folder


def decided(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [decision for record in records for decision in record["decisions"]]


class TestDecisions:
    def test_every_match_that_nothing_suppresses_has_one_and_no_other(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", "--context", context, pictures)

        assert ran.code == 0
        for record in ran.records:
            open_matches = [each["id"] for each in record["matches"] if not each["suppressed_by"]]
            assert [each["match"] for each in record["decisions"]] == open_matches
        assert len({each["id"] for each in decided(ran.records)}) == len(decided(ran.records)) > 0

    def test_they_name_the_data_and_their_derivation_leads_to_the_answer(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", "--context", context, pictures)

        shipped = open_law().library()
        for decision in decided(ran.records):
            assert decision["schema"] == "rempart.decision/1"
            assert decision["data_version"] == shipped.version
            assert decision["data_hash"] == shipped.hash
            assert decision["overlay"] is False
            assert recompute(decision) == decision["answer"]

    def test_labels_without_a_meaning_leave_a_question(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", "--context", context, pictures)

        assert {each["answer"] for each in decided(ran.records)} == {"check"}
        assert all(each["material"]["class"] is None for each in decided(ran.records))
        assert all(each["asks"] for each in decided(ran.records))

    @pytest.mark.usefixtures("overlay")
    def test_the_operators_own_map_gives_labels_a_class_and_is_named(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", "--context", context, pictures)

        mapped = [each for each in decided(ran.records) if each["material"]["class"]]
        assert mapped
        for decision in mapped:
            assert decision["answer"] == "yes"
            assert decision["overlay"] is True
            told = {(each["what"], each["state"]): each for each in decision["duties"]}
            assert told["report", "US"]["to"] == "NCMEC CyberTipline"
            assert told["preserve", "US"]["within"]["value"] == 1
            assert told["preserve", "US"]["within"]["unit"] == "years"
            assert told["report", "DE"]["answer"] == "check"
            states = {each["state"]: each["roles"] for each in decision["offences"]}
            assert states["US"] == ["established", "uploader"]
            assert set(states) == {"US", "DE", "FR", "PH"}

    def test_without_a_context_no_record_speaks_of_decisions(
        self, rempart: Rempart, node: Path, pictures: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--json", pictures)

        assert not any("decisions" in record for record in ran.records)

    @pytest.mark.usefixtures("overlay")
    def test_people_read_a_shared_decision_once_in_their_language(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--context", context, "--language", "fr", pictures)

        text = ran.out.decode()
        assert text.count("  décision 1:") > 1
        assert (
            text.count("NCMEC CyberTipline") == 2
        )  # for the labels with a class, and for those without
        assert "États-Unis (US)" in text
        assert "platform established in US" in ran.err


class TestRefusals:
    def test_every_mistake_of_a_context_is_told_and_nothing_is_scanned(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(
            'kind = "shop"\nestablished = "ZZ"\n[roles]\nhots = "DE"\n', encoding="utf-8"
        )

        ran = rempart(
            "--node", node, "scan", "--context", wrong, "--output", tmp_path / "out", pictures
        )

        assert ran.code == 3
        assert all(key in ran.err for key in ("kind:", "established:", "roles.hots:", "conduct:"))
        assert not (tmp_path / "out").exists()

    def test_a_context_that_is_not_there_is_named(
        self, rempart: Rempart, node: Path, pictures: Path, tmp_path: Path
    ) -> None:
        ran = rempart("--node", node, "scan", "--context", tmp_path / "none.toml", pictures)

        assert ran.code == 2
        assert "none.toml" in ran.err

    def test_an_overlay_with_mistakes_ends_the_scan_before_it_begins(
        self, rempart: Rempart, node: Path, pictures: Path, context: Path, overlay: Path
    ) -> None:
        (overlay / "FR.toml").write_text(
            'schema = "rempart.law-data/1"\nsubject = "FR"\n[[fact]]\nid = "x"\n', encoding="utf-8"
        )

        ran = rempart("--node", node, "scan", "--context", context, pictures)

        assert ran.code == 3
        assert "FR.toml:" in ran.err


class TestResuming:
    def test_a_stopped_run_goes_on_with_the_context_that_it_was_begun_with(  # noqa: PLR0917 - fixtures
        self,
        process: Callable[..., Any],
        rempart: Rempart,
        node: Path,
        pictures: Path,
        context: Path,
        tmp_path: Path,
    ) -> None:
        output = tmp_path / "out"
        command = ["--node", str(node), "scan", "--context", str(context), "--output", str(output)]
        process(*command, str(pictures), command=script(CONFIRMED_THEN_DEAD)).communicate()
        assert not is_finished(node)
        context.unlink()

        resumed = rempart("--node", node, "scan", "--resume", last_run(node))

        assert resumed.code == 0
        records = read(output)
        assert len(records) == len(list(pictures.rglob("*.*")))
        assert all("decisions" in record for record in records)
        assert {each["context"]["established"] for each in decided(records)} == {"US"}
