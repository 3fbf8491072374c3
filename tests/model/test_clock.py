"""Times are aware, in UTC, and read back as they were written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.model.clock import from_text, to_text

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001 - the same
    timezones=_ZONES,
)


@given(MOMENTS)
def test_a_time_reads_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    read = from_text(to_text(moment))

    assert read == moment
    assert read.tzinfo is UTC
    assert to_text(read) == to_text(moment)


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (one < other)


def test_a_time_without_a_zone_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T03:00:00Z",
        "2026-11-22T03:00:00.0Z",
        "2026-11-22T03:00:00.000000",
        "2026-11-22T03:00:00.000000+00:00",
        "2026-11-22 03:00:00.000000Z",
        "2026-11-22T03:00:00.000000z",
        " 2026-11-22T03:00:00.000000Z",
        "2026-11-22T03:00:00.000000Z\n",
        "2026-1-22T03:00:00.000000Z",
        "2026-02-30T03:00:00.000000Z",
        "2026-11-22T24:00:00.000000Z",
        "٢٠٢٦-11-22T03:00:00.000000Z",
    ],
)
def test_a_text_of_another_form_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)
