"""The contenders of the search race: ours, faiss, python-threatexchange and numpy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from search_data import Hashes
from threatexchange.signal_type.pdq.pdq_index import PDQIndex

from rempart.match import HammingIndex

RADIUS = 31


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to search.

    Attributes:
        name: as it stands in the table.
        search: takes queries in its own form, returns how many matches there are.
        batches: sizes in which it is raced.
        most_queries: queries of one round, fewer where it is slow.
        prepare: turns a batch into the form that it takes; not timed.
    """

    name: str
    search: Callable[[Any], int]
    batches: tuple[int, ...]
    most_queries: int = 512
    prepare: Callable[[Hashes], Any] = lambda queries: queries


def make_contenders(hashes: Hashes, *, has_threatexchange: bool) -> list[Contender]:
    """Build every contender on the same list; all of them search exactly."""
    faiss.omp_set_num_threads(1)
    index = HammingIndex.build(hashes, np.arange(len(hashes), dtype=np.int64))
    made = [
        Contender("rempart", lambda q: _ours(index, q, RADIUS), (1, 64, 1000), prepare=_as_ours),
        Contender(
            "rempart, radius 51", lambda q: _ours(index, q, 51), (1, 64, 1000), prepare=_as_ours
        ),
        Contender("faiss IndexBinaryFlat", _flat(hashes), (1, 64), 64),
        Contender("faiss IndexBinaryMultiHash", _multi_hash(hashes), (1, 1000)),
        Contender("numpy, every hash", _numpy(hashes), (1,), 20),
    ]
    if has_threatexchange:
        made.append(
            Contender("threatexchange PDQIndex", _threatexchange(hashes), (1,), 200, _as_hex)
        )
    return made


def _as_ours(queries: Hashes) -> bytes | Hashes:
    return queries.tobytes() if len(queries) == 1 else queries


def _as_hex(queries: Hashes) -> str:
    return bytes(queries).hex()


def _ours(index: HammingIndex, queries: bytes | Hashes, radius: int) -> int:
    if isinstance(queries, bytes):
        return len(index.query(queries, radius))
    return len(index.query_many(queries, radius)[0])


def _flat(hashes: Hashes) -> Callable[[Hashes], int]:
    index = faiss.IndexBinaryFlat(256)
    index.add(hashes)
    return lambda queries: _range_search(index, queries)


def _multi_hash(hashes: Hashes) -> Callable[[Hashes], int]:
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    index.add(hashes)
    return lambda queries: _range_search(index, queries)


def _range_search(index: Any, queries: Hashes) -> int:
    # faiss returns distances below its radius, not up to it.
    return int(index.range_search(queries, RADIUS + 1)[0][-1])


def _threatexchange(hashes: Hashes) -> Callable[[Hashes], int]:
    index = PDQIndex.build([(row.tobytes().hex(), number) for number, row in enumerate(hashes)])
    return lambda queries: len(index.query(queries))


def _numpy(hashes: Hashes) -> Callable[[Hashes], int]:
    words = hashes.view(np.uint64)

    def search(queries: Hashes) -> int:
        distances = np.bitwise_count(words ^ queries.view(np.uint64)).sum(axis=1, dtype=np.uint16)
        return int((distances <= RADIUS).sum())

    return search
