"""API keys as text: one written form, typing errors seen, digests that need the node's secret."""

import os
import string
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.keys import ApiKeyTextError, api_key_digest, api_key_text, check_api_key, same_secret

SECRET: Final = bytes(range(32))
DIGITS: Final = string.digits + string.ascii_letters
KEY: Final = api_key_text(bytes(range(16)))


@given(st.binary(min_size=16, max_size=16))
@settings(max_examples=50)
def test_every_new_key_has_the_written_form(entropy: bytes) -> None:
    text = api_key_text(entropy)

    check_api_key(text)
    assert len(text) == 32
    assert [len(part) for part in text.split("_")] == [2, 22, 6]


def test_the_written_form_never_changes() -> None:
    """Keys of users hang on it."""
    assert KEY == "rk_000SYW7RiJxkEgOGusQGwp_zEjW61"
    assert api_key_text(b"\xff" * 16).startswith("rk_7n42DGM5Tflk9n8mt7Fhc7_")
    assert api_key_digest(KEY, mac_secret=SECRET).hex() == (
        "496faa4d552a85fd6b8232a6c8a9c7e9b7499be6807a32e5105b6fd3051416b6"
    )


@given(st.integers(0, 31), st.sampled_from(DIGITS))
@settings(max_examples=50)
def test_one_mistyped_character_is_seen(place: int, other: str) -> None:
    mistyped = KEY[:place] + other + KEY[place + 1 :]

    if mistyped != KEY:
        with pytest.raises(ApiKeyTextError):
            check_api_key(mistyped)


@pytest.mark.parametrize("place", range(3, 24))
def test_two_exchanged_characters_are_seen(place: int) -> None:
    exchanged = KEY[:place] + KEY[place + 1] + KEY[place] + KEY[place + 2 :]

    if exchanged != KEY:
        with pytest.raises(ApiKeyTextError):
            check_api_key(exchanged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rk_",
        KEY[:-1],
        KEY + "0",
        KEY + "\n",
        " " + KEY,
        KEY.replace("_", "-"),
        KEY.lower(),
        "RK" + KEY[2:],
        KEY[:5] + "é" + KEY[6:],
        KEY[:5] + "\u0661" + KEY[6:],
        KEY[:5] + "\0" + KEY[6:],
        "rk_" + "_" * 29,
        KEY * 1000,
    ],
)
def test_other_text_is_refused_and_not_told_again(text: str) -> None:
    with pytest.raises(ApiKeyTextError) as caught:
        check_api_key(text)

    assert KEY[3:25] not in str(caught.value)


@given(st.text(max_size=40))
@settings(max_examples=50)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ApiKeyTextError):
        check_api_key(text)


def test_digest_depends_on_key_and_secret() -> None:
    other = api_key_text(os.urandom(16))

    digests = {
        api_key_digest(KEY, mac_secret=SECRET),
        api_key_digest(other, mac_secret=SECRET),
        api_key_digest(KEY, mac_secret=b"\x01" * 32),
    }

    assert len(digests) == 3
    assert all(len(digest) == 32 for digest in digests)


def test_digest_of_no_key_is_refused() -> None:
    with pytest.raises(ApiKeyTextError):
        api_key_digest("rk_x", mac_secret=SECRET)
    with pytest.raises(ValueError, match="31 bytes"):
        api_key_digest(KEY, mac_secret=SECRET[:31])


def test_key_of_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="15"):
        api_key_text(b"\0" * 15)


def test_same_secret_compares_whole_secrets() -> None:
    assert same_secret(b"one", b"one")
    assert not same_secret(b"one", b"onf")
    assert not same_secret(b"one", b"one ")
