"""Time as an argument: aware, in UTC, and written with a final Z."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the node owns the real one."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


def to_text(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with microseconds, which sorts as text."""
    if moment.tzinfo is None:
        msg = "a time without a zone cannot be written"
        raise ValueError(msg)
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return in_utc.isoformat(timespec="microseconds") + "Z"  # strftime writes the year 999 as 999


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote.

    Raises:
        ValueError: the text has another form.
    """
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if to_text(moment) != text:
        msg = f"not a time in the stored form: {text!r}"
        raise ValueError(msg)
    return moment
