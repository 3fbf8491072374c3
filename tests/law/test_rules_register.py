"""Every rule that the law data name is a function, with an article of its own."""

import tomllib
from typing import Any, Final

import pytest

from rempart.decide import rules as deciding
from rempart.law import RULES
from rempart.law.derivation import rule
from rempart.law.shipped import DATA_FOLDER

NAMED: Final = (
    *(f"DC-{number}" for number in range(1, 8)),
    *(f"JU-{number}" for number in range(1, 9)),
    *(f"EX-{number}" for number in range(1, 4)),
    *(f"CO-{number}" for number in range(1, 7)),
    *(f"RP-{number}" for number in range(1, 4)),
    "VD-1",
)
"""The rules that the facts of this issue set out."""


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, Any]]:
    text = (DATA_FOLDER / "rules.toml").read_text(encoding="utf-8")
    return {each["id"]: each for each in tomllib.loads(text)["rule"]}


def test_there_are_twenty_eight() -> None:
    assert len(set(NAMED)) == 28


@pytest.mark.parametrize("identifier", NAMED)
def test_a_named_rule_is_registered_and_listed_with_its_basis(
    identifier: str, listed: dict[str, dict[str, Any]]
) -> None:
    assert RULES[identifier].id == identifier
    assert RULES[identifier].article
    assert set(listed[identifier]) == {"id", "basis", "question", "logic"}
    assert all(listed[identifier].values())


def test_nothing_else_is_listed(listed: dict[str, dict[str, Any]]) -> None:
    assert set(listed) == set(NAMED)


def test_every_rule_says_what_it_tells() -> None:
    assert deciding.duty_after_match.id in RULES
    assert [each.id for each in RULES.values() if not each.find.__doc__] == []


def test_no_rule_can_stand_twice() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        rule("DC-1", "another article")(RULES["DC-1"].find)
