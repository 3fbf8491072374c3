"""What a caller writes in a question of law is read exactly, or refused by name."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.law import UnknownJurisdictionError
from rempart.model.law import Role
from rempart.node import LawArgumentError, find_language, parse_day, parse_roles


@given(st.dates())
@settings(max_examples=50, deadline=None)
def test_a_day_is_read_as_it_is_written(day: dt.date) -> None:
    assert parse_day(day.isoformat()) == day


@given(st.text(max_size=12))
@settings(max_examples=50, deadline=None)
def test_only_the_written_form_is_a_day(text: str) -> None:
    try:
        day = parse_day(text)
    except LawArgumentError:
        return
    assert day.isoformat() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-05-7",
        " 2024-05-07",
        "2024-05-07\n",
        "20240507",
        "2024-W19-2",
        "\uff12\uff10\uff12\uff14-05-07",
    ],
)
def test_other_forms_are_no_day(text: str) -> None:
    with pytest.raises(LawArgumentError) as caught:
        parse_day(text)

    assert caught.value.exit_code == 2


def test_roles_keep_their_order_and_lose_what_stands_twice() -> None:
    roles = parse_roles(["child=VN,PH", "host=DE", "child=PH,GB-SCT"])

    assert roles == {Role.CHILD: ("VN", "PH", "GB-SCT"), Role.HOST: ("DE",)}


@pytest.mark.parametrize("text", ["", "host", "host:DE", "HOST=DE", "=DE", "neighbour=DE"])
def test_what_names_no_role_is_refused(text: str) -> None:
    with pytest.raises(LawArgumentError) as caught:
        parse_roles(["host=DE", text])

    assert "host" in caught.value.hint


@pytest.mark.parametrize("text", ["host=", "host=DE,", "host=DE, FR", "host=de", "host=D=E"])
def test_what_names_no_country_is_refused(text: str) -> None:
    with pytest.raises(UnknownJurisdictionError):
        parse_roles([text])


@pytest.mark.parametrize("named", ["de", "EN", "french"])
def test_a_language_that_is_not_there_is_refused(named: str) -> None:
    with pytest.raises(LawArgumentError):
        find_language(named, {})
