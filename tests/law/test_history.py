"""A fact's history shows what it replaced and what replaced it."""

from datetime import date
from pathlib import Path

import pytest

from rempart.law import UnknownVersionError, open_law
from rempart.law.history import history_of

HEAD = 'schema = "rempart.law-data/1"\nsubject = "FR"\n'


def fact(number: int, more: str) -> str:
    return f"""
[[fact]]
id = "FR.crime.sale.{number}"
topic = "crime.sale"
value = "yes"
source = "https://law.example"
as_of = {{ date = 2026-04-02, precision = "day", text = "2026-04-02" }}
confidence = "high"
recorded = "overlay"
{more}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    chain = [
        fact(901, "valid_from = 2020-01-01"),
        fact(902, 'valid_from = 2022-01-01\nsupersedes = "FR.crime.sale.901"'),
        fact(903, 'valid_from = 2022-02-01\ncorrects = "FR.crime.sale.902"'),
    ]
    (tmp_path / "FR.toml").write_text(HEAD + "".join(chain))
    return tmp_path


@pytest.mark.parametrize("number", [901, 902, 903])
def test_the_whole_chain_is_shown_from_each_of_its_facts(overlay: Path, number: int) -> None:
    stages = history_of(open_law(overlay), f"FR.crime.sale.{number}")

    assert [each.fact.id[-3:] for each in stages] == ["901", "902", "903"]
    assert stages[1].seen is None, "a corrected fact is seen no more"
    assert stages[0].seen is not None
    assert stages[0].seen.holds_to == date(2022, 1, 31), "the correction ends the first one"
    assert stages[0].fact.holds_to is None, "its file says no end"


def test_a_fact_of_nobody_has_no_history(overlay: Path) -> None:
    assert history_of(open_law(overlay), "FR.crime.sale.999") == ()


def test_a_version_that_does_not_exist_is_refused(overlay: Path) -> None:
    with pytest.raises(UnknownVersionError):
        history_of(open_law(overlay), "FR.crime.sale.901", "1999.1.1")
