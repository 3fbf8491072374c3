"""An operator's own facts: found, used, told; and refused with every mistake where they hold any."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.law_commands import QUESTIONS, overlay_fact, write_overlay

Rempart = Callable[..., Any]

ASKED = ("law", "crime", "--state", "BR", "--conduct", "possession", "--on", "2024-06-01")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder with two facts about a state that the shipped data do not know."""
    facts = (overlay_fact("crime.possession", '"yes"'), overlay_fact("age-of-child", "18"))
    return write_overlay(tmp_path / "own-law", *facts)


def answer(rempart: Rempart, *more: str | Path) -> tuple[str, bool]:
    [record] = rempart(*ASKED, "--json", *more).records
    return record["answer"], record["overlay"]


class TestWhereItIsFound:
    def test_without_one_the_shipped_data_answer(self, rempart: Rempart) -> None:
        assert answer(rempart) == ("check", False)

    def test_the_option_names_it(self, rempart: Rempart, overlay: Path) -> None:
        assert answer(rempart, "--overlay", overlay) == ("yes", True)

    def test_the_environment_names_it(
        self, rempart: Rempart, overlay: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REMPART_LAW_OVERLAY", str(overlay))

        assert answer(rempart) == ("yes", True)

    def test_the_setting_of_the_node_names_it_from_the_node_s_folder(
        self, rempart: Rempart, node: Path, overlay: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        relative = os.path.relpath(overlay, node)
        (node / "node.toml").write_text(f'law_overlay = "{relative}"\n', encoding="utf-8")

        assert answer(rempart, "--node", node) == ("yes", True)
        assert answer(rempart) == ("check", False)
        monkeypatch.setenv("REMPART_NODE", str(node))
        assert answer(rempart) == ("yes", True)

    def test_the_option_goes_before_the_environment_and_that_before_the_node(
        self,
        rempart: Rempart,
        node: Path,
        overlay: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        other = write_overlay(tmp_path / "other", overlay_fact("crime.possession", '"no"'))
        (node / "node.toml").write_text('law_overlay = "/nowhere"\n', encoding="utf-8")
        monkeypatch.setenv("REMPART_LAW_OVERLAY", str(other))

        assert answer(rempart, "--node", node) == ("no", True)
        assert answer(rempart, "--node", node, "--overlay", overlay) == ("yes", True)

    def test_a_node_that_is_not_there_is_not_passed_over(
        self, rempart: Rempart, tmp_path: Path
    ) -> None:
        assert rempart(*ASKED, "--node", tmp_path / "nowhere").code == 2

    @pytest.mark.parametrize("name", ["absent", "empty"])
    def test_what_is_no_folder_of_facts_is_refused(
        self, rempart: Rempart, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "empty").mkdir()

        ran = rempart(*ASKED, "--overlay", tmp_path / name)

        assert (ran.code, ran.out) == (2, b"")
        assert str(tmp_path / name) in ran.err


class TestWhatItChanges:
    def test_people_are_told_that_own_facts_were_used(
        self, rempart: Rempart, overlay: Path
    ) -> None:
        with_own = rempart(*ASKED, "--overlay", overlay).out.decode()

        assert with_own.splitlines()[-1].endswith("yes")
        assert "BR.crime.possession.9001" in with_own

    def test_the_hash_of_the_data_is_another(self, rempart: Rempart, overlay: Path) -> None:
        [shipped] = rempart(*ASKED, "--json").records
        [own] = rempart(*ASKED, "--json", "--overlay", overlay).records

        assert shipped["data_version"] == own["data_version"]
        assert shipped["data_hash"] != own["data_hash"]

    def test_a_record_made_with_it_is_compared_only_where_it_is_at_hand(
        self, rempart: Rempart, overlay: Path
    ) -> None:
        line = rempart(*ASKED, "--json", "--overlay", overlay).out

        [without] = rempart("law", "check", "--json", "-", given=line).records
        [with_own] = rempart(
            "law", "check", "--json", "-", "--overlay", overlay, given=line
        ).records

        assert (without["holds"], without["facts"]) == (True, "not-compared")
        assert without["asked_again"] == "data-not-at-hand"
        assert (with_own["holds"], with_own["facts"]) == (True, "same")
        assert with_own["asked_again"] == "yes"

    def test_shipped_answers_about_other_states_stay(self, rempart: Rempart, overlay: Path) -> None:
        line = QUESTIONS["party"].split()

        [shipped] = rempart("law", *line, "--json").records
        [own] = rempart("law", *line, "--json", "--overlay", overlay).records

        assert shipped["derivation"] == own["derivation"]

    def test_nothing_in_own_facts_acts_on_a_terminal(
        self, rempart: Rempart, tmp_path: Path
    ) -> None:
        foreign = overlay_fact("crime.possession", '"yes"').replace(
            "Exercise Act", "[red]Exercise[/red] [link=https://law.example]Act"
        )
        overlay = write_overlay(tmp_path / "own", foreign)

        text = rempart(*ASKED, "--overlay", overlay).out.decode()

        assert "[red]Exercise[/red]" in text
        assert "\x1b" not in text

    @pytest.mark.parametrize("sign", ["u001b[31m", "u202e", "u0007", "u0000"])
    def test_a_fact_with_a_sign_that_acts_on_a_terminal_is_refused_and_not_shown(
        self, rempart: Rempart, tmp_path: Path, sign: str
    ) -> None:
        hostile = overlay_fact("crime.possession", '"yes"').replace("Act", f"\\{sign}Act")
        overlay = write_overlay(tmp_path / "own", hostile)

        ran = rempart(*ASKED, "--overlay", overlay)

        assert not {"\x1b", "\u202e", "\x07", "\0"} & set(ran.out.decode() + ran.err)
        assert ran.code == 3


class TestMistakes:
    @pytest.fixture
    def wrong(self, tmp_path: Path) -> Path:
        """Three files with a mistake in each, two of them in one file."""
        folder = tmp_path / "wrong"
        write_overlay(folder, overlay_fact("crime.possession", '"perhaps"'), state="BR")
        write_overlay(
            folder,
            overlay_fact("age-of-child", '"eighteen"', state="AR"),
            overlay_fact("crime.theft", '"yes"', state="AR"),
            state="AR",
        )
        (folder / "CL.toml").write_text("schema = \n", encoding="utf-8")
        return folder

    def test_every_mistake_is_told_with_file_and_line(self, rempart: Rempart, wrong: Path) -> None:
        ran = rempart(*ASKED, "--overlay", wrong)

        assert (ran.code, ran.out) == (3, b"")
        for place in ("BR.toml:7: ", "AR.toml:7: ", "AR.toml:17: ", "CL.toml:1: "):
            assert f"{wrong}/{place}" in ran.err
        assert ran.err.count("Expected: ") == 4
