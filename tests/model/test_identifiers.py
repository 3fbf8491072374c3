"""Identifiers have the form of RFC 9562 and sort by the time they were made."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.model.identifiers import uuid7

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2400, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
ENTROPY = st.binary(min_size=10, max_size=10)


def test_the_example_of_the_standard_is_made_again() -> None:
    # RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    entropy = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")

    assert uuid7(at, entropy) == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


@given(MOMENTS, ENTROPY)
def test_version_and_variant_stand_whatever_the_entropy_says(at: datetime, entropy: bytes) -> None:
    made = uuid7(at, entropy)

    assert (made.version, made.variant) == (7, RFC_4122)


@given(MOMENTS, ENTROPY, ENTROPY)
def test_a_later_millisecond_sorts_after_whatever_the_entropy_says(
    at: datetime, first: bytes, second: bytes
) -> None:
    earlier, later = uuid7(at, first), uuid7(at + timedelta(milliseconds=2), second)

    assert earlier < later
    assert earlier.bytes < later.bytes


def test_two_entropies_of_one_moment_give_two_identifiers() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert uuid7(at, bytes(10)) != uuid7(at, bytes(9) + b"\1")


@pytest.mark.parametrize(
    ("at", "entropy"),
    [
        (datetime(2026, 1, 1), bytes(10)),  # noqa: DTZ001 - what is refused
        (datetime(2026, 1, 1, tzinfo=UTC), bytes(9)),
        (datetime(2026, 1, 1, tzinfo=UTC), bytes(11)),
        (datetime(1969, 12, 31, tzinfo=UTC), bytes(10)),
    ],
    ids=["no-zone", "short", "long", "before-1970"],
)
def test_what_would_give_a_wrong_identifier_is_refused(at: datetime, entropy: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        uuid7(at, entropy)
