"""Names of lists and codes of jurisdictions are accepted in exactly their written form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.model.lists import is_list_name
from rempart.model.principals import is_jurisdiction

_BETWEEN = "abcdefghijklmnopqrstuvwxyz0123456789-"


@given(st.sampled_from(_BETWEEN[:-1]), st.text(_BETWEEN, max_size=62))
def test_letters_digits_and_hyphens_name_a_list(first: str, rest: str) -> None:
    assert is_list_name(first + rest)


@given(st.text(max_size=70))
def test_any_other_text_names_none(text: str) -> None:
    is_written_form = (
        1 <= len(text) <= 63 and all(each in _BETWEEN for each in text) and text[0] != "-"
    )

    assert is_list_name(text) == is_written_form


@pytest.mark.parametrize(
    "text", ["", "-a", "A", "a b", "a_b", "a\n", " a", "a" * 64, "é", "²", "a/b", "..", "a\0"]
)
def test_a_near_miss_names_no_list(text: str) -> None:
    assert not is_list_name(text)


@pytest.mark.parametrize("text", ["FR", "GB-SCT", "US-CA", "FR-75", "AT-1"])
def test_a_code_in_capitals_is_a_jurisdiction(text: str) -> None:
    assert is_jurisdiction(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "F",
        "fr",
        "FRA",
        "FR-",
        "FR-ABCD",
        "FR-a",
        "FR\n",
        " FR",
        "FR_75",
        "\uff26\uff32",
        "FR-٣",
    ],
)
def test_a_near_miss_is_no_jurisdiction(text: str) -> None:
    assert not is_jurisdiction(text)
