"""Moments as a caller gives them: such as a store can keep and show again, whatever their zone, or refused."""

from datetime import UTC, datetime
from typing import Final

from rempart.api.errors import RequestError

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""A day before the last one that a clock can write: in some zone that is the year 10000."""


def kept_moment(given: datetime | None, refusal: type[RequestError]) -> datetime | None:
    """Return a moment, if one was given.

    Args:
        given: aware, in any zone.
        refusal: what it is refused with: the place where it stood decides.

    Raises:
        RequestError: it lies before 1970 or after 9999.
    """
    if given is None or _FIRST <= given <= _LAST:
        return given
    message = "A moment lies outside the years that can be kept."
    raise refusal(message, hint="Give one between 1970 and 9999, in UTC.")
