"""When two videos are the same: a share of the frames of one, and a share of the other's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]

_WRITTEN: Final = re.compile(r"([0-9]{1,3})/([0-9]{1,3})", re.ASCII)
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class VideoRule:
    """The shares that make a match, in percent of the frames that are good enough and different.

    Attributes:
        query_percent: of the query's frames so many must lie near a frame of the entry, 0 to 100; at least one.
        list_percent: of the entry's frames so many must lie near a frame of the query, 0 to 100; at least one.

    Raises:
        ValueError: a share is not possible.
    """

    query_percent: int
    list_percent: int

    def __post_init__(self) -> None:
        if not (0 <= self.query_percent <= _WHOLE and 0 <= self.list_percent <= _WHOLE):
            msg = "a share lies between 0 and 100 percent"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rule that `Q/C` says, such as `80/0`.

        Raises:
            ValueError: it is not written like that.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or str(cls(int(found[1]), int(found[2]))) != text:
            msg = "a rule is written as two whole numbers from 0 to 100 with a stroke between them, such as 80/0"
            raise ValueError(msg)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.query_percent}/{self.list_percent}"


DEFAULT_VIDEO_RULES: Final = (VideoRule(80, 0), VideoRule(0, 80))
"""Most of the query lies in the entry (python-threatexchange), or most of the entry lies in the query (vPDQ's own
example): a cut of a known video, and a longer video with a known one in it."""


def same_video(
    rules: Sequence[VideoRule],
    *,
    query: tuple[Counts, Counts],
    listed: tuple[Counts, Counts],
) -> NDArray[np.bool_]:
    """Tell for each pair of videos whether a rule makes them a match; without a frame in common none does.

    Args:
        rules: one of them is enough.
        query: how many frames of the query lie near the entry, and how many it has.
        listed: how many frames of the entry lie near the query, and how many it has.
    """
    is_same = np.zeros(len(query[0]), np.bool_)
    for rule in rules:
        # Whole numbers: a share is reached exactly or not at all.
        is_same |= (query[0] * _WHOLE >= query[1] * rule.query_percent) & (
            listed[0] * _WHOLE >= listed[1] * rule.list_percent
        )
    return is_same & (query[0] > 0) & (listed[0] > 0)
