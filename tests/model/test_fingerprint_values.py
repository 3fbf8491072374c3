"""A fingerprint is valid by construction, or is not made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.model.fingerprint import DIGEST_BYTES, FIXED_BYTES, PDQ_DIALECTS, Fingerprint

OPAQUE = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,31}", fullmatch=True).filter(
    lambda kind: kind not in FIXED_BYTES
)


@given(st.sampled_from(sorted(DIGEST_BYTES)), st.data())
def test_a_digest_has_its_own_length_and_is_written_in_lower_case_hexadecimal(
    kind: str, data: st.DataObject
) -> None:
    width = DIGEST_BYTES[kind]
    value = data.draw(st.binary(min_size=width, max_size=width))

    made = Fingerprint(kind, value)

    assert made.text == value.hex()
    assert made.is_matchable
    for wrong in (value[:-1], value + b"\0", b""):
        with pytest.raises(ValueError, match="bytes"):
            Fingerprint(kind, wrong)


@pytest.mark.parametrize("dialect", PDQ_DIALECTS)
@pytest.mark.parametrize(
    ("quality", "is_matchable"),
    [(None, True), (0, False), (49, False), (50, True), (100, True)],
)
def test_a_pdq_is_matched_from_quality_50_up(
    dialect: str, quality: int | None, *, is_matchable: bool
) -> None:
    made = Fingerprint("pdq", bytes(32), dialect=dialect, quality=quality)

    assert made.is_matchable is is_matchable


@pytest.mark.parametrize(
    ("kind", "value", "dialect", "quality"),
    [
        ("pdq", bytes(32), None, 100),
        ("pdq", bytes(32), "other", 100),
        ("pdq", bytes(31), "exact", 100),
        ("pdq", bytes(32), "exact", -1),
        ("pdq", bytes(32), "exact", 101),
        ("sha256", bytes(32), "exact", None),
        ("photodna", bytes(143), None, None),
        ("tmk", b"", None, None),
        ("", b"x", None, None),
        ("SHA256", bytes(32), None, None),
        ("sha 256", bytes(32), None, None),
        ("sha256\n", bytes(32), None, None),
        ("-sha", b"x", None, None),
        ("x" * 33, b"x", None, None),
        ("\uff53ha256", b"x", None, None),
    ],
)
def test_what_is_not_possible_is_not_made(
    kind: str, value: bytes, dialect: str | None, quality: int | None
) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fingerprint(kind, value, dialect=dialect, quality=quality)


@given(OPAQUE, st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_an_opaque_value_is_passed_on_as_received(kind: str, text: str) -> None:
    assert Fingerprint(kind, text.encode()).text == text


def test_an_opaque_value_that_is_no_text_is_not_made() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        Fingerprint("tmk", b"\xff\xfe")
