"""The category number of an object in a case: only where a list states it for the very bytes."""

import re
from typing import Final

from rempart.model.fingerprint import DIGEST_BYTES
from rempart.model.labels import UNMAPPED
from rempart.node.record_lines import LabelLine, ScanLine
from rempart.node.results.values import plain

_SCHEMES: Final = frozenset({UNMAPPED, "vics", "project-vic", "caid"})
"""Schemes whose classes are the numbers of a profile: raw ones as received, and what a label map calls one."""

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


def category_of(line: ScanLine, region: str) -> tuple[int | None, str | None]:
    """Return the number and the list that states it; neither where none is certain.

    A similar picture is a lead and no classification, so that only matches of digests count, which nothing
    suppresses; the number must belong to the region; and lists that state different numbers cancel out.

    Args:
        line: the object.
        region: whose numbers the case gives.
    """
    stated = {
        (int(label.value), f"{match.list} of {match.owner}")
        for match in line.matches
        if match.kind in DIGEST_BYTES and match.suppressed_by is None
        for label in match.labels
        if _is_number(label, region)
    }
    if len({number for number, _ in stated}) != 1:
        return None, None
    return min(stated)[0], plain(", ".join(sorted({source for _, source in stated})))


def _is_number(label: LabelLine, region: str) -> bool:
    is_of_region = label.region is not None and label.region.casefold() == region.casefold()
    return (
        is_of_region
        and label.scheme.casefold() in _SCHEMES
        and _NUMBER.fullmatch(label.value) is not None
    )
