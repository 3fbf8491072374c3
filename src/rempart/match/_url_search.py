"""Which URLs of each query meet which known hashes of URLs."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from rempart.match.ports import SearchedIndex
from rempart.match.query import UrlQuery
from rempart.model.fingerprint import EQUAL_BYTES, URL_SHA256
from rempart.model.identifiers import FingerprintNumber
from rempart.model.urls import HostPart, PathPart, UrlEvidence

_BYTES: Final = EQUAL_BYTES[URL_SHA256]
_HOSTS: Final = tuple(HostPart)
_PATHS: Final = tuple(PathPart)


class UrlHit(NamedTuple):
    """One known hash that URLs of one query meet, with the one that meets it most exactly."""

    query: int
    number: FingerprintNumber
    evidence: UrlEvidence


def url_hits(index: SearchedIndex, queries: Sequence[Sequence[UrlQuery]]) -> Iterator[UrlHit]:
    """Yield what the URLs of each query meet: each query and each known hash once.

    A hash that is of none of the expressions of the URL beside it counts as nothing: a worker made it up.
    """
    asked = [(at, url) for at, urls in enumerate(queries) for url in urls]
    if not asked:
        return
    digests = [url.digests for _, url in asked]
    starts = [0, *accumulate(len(each) // _BYTES for each in digests)]
    matrix = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _BYTES)
    positions, numbers = index.equal(URL_SHA256, matrix)
    said: dict[int, dict[bytes, UrlEvidence]] = {}
    met: dict[tuple[int, int], list[UrlEvidence]] = {}
    for position, number in zip(positions.tolist(), numbers.tolist(), strict=True):
        owner = bisect_right(starts, position) - 1
        at, url = asked[owner]
        if owner not in said:
            said[owner] = url.evidence()
        evidence = said[owner].get(matrix[position].tobytes())
        if evidence is not None:
            met.setdefault((at, number), []).append(evidence)
    for (at, number), found in met.items():
        yield UrlHit(at, FingerprintNumber(number), _most_exact(found))


def _most_exact(found: Sequence[UrlEvidence]) -> UrlEvidence:
    best = min(found, key=lambda each: (_HOSTS.index(each.host), _PATHS.index(each.path)))
    return replace(best, urls=len({each.url for each in found}))
