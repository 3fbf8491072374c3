"""Any sequence of add, remove, save and open leaves the index equal to a dictionary."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.match.hamming_oracle import as_rows, brute_force, flip, uniform

from rempart.match import DuplicateIdError, HammingIndex, UnknownIdError, _frozen, _tail, hamming
from rempart.match._kernels import available_kernels

# Forty hashes of which many are near each other, and few ids: clashes, returns and copies are frequent.
_RNG = np.random.default_rng(1)
POOL = np.concatenate([flip(np.repeat(uniform(_RNG, 4), 7, axis=0), _RNG, 40), uniform(_RNG, 12)])
ids_of = st.lists(st.integers(-9, 9), min_size=1, max_size=6, unique=True)
picks = st.integers(0, len(POOL) - 1)

LIMITS = (_frozen.TABLES_FROM, _frozen.COLUMNS_BELOW, _tail.TAIL_LIMIT)


def set_limits(tables_from: int, columns_below: int, tail_limit: int) -> None:
    """Choose one layout for every size, and how soon the tail is merged."""
    setattr(_frozen, "TABLES_FROM", tables_from)  # noqa: B010 - a constant that only this test moves
    setattr(_frozen, "COLUMNS_BELOW", columns_below)  # noqa: B010 - the same
    setattr(hamming, "TAIL_LIMIT", tail_limit)  # noqa: B010 - the same


class IndexMachine(RuleBasedStateMachine):
    """The index beside a dictionary id -> number in POOL."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.model: dict[int, int] = {}
        self.index = HammingIndex.build(POOL[:0], np.empty(0, np.int64))

    @initialize(
        kernel=st.sampled_from(available_kernels()),
        has_tables=st.booleans(),
        tail=st.sampled_from([4, 8, 16_384]),
        start=st.dictionaries(st.integers(-9, 9), picks, max_size=12),
    )
    def begin(self, kernel: str, has_tables: bool, tail: int, start: dict[int, int]) -> None:  # noqa: FBT001 - drawn
        set_limits(0 if has_tables else 1 << 40, 0 if has_tables else 1 << 40, tail)
        self.kernel = kernel
        self.model = dict(start)
        ids = np.array(list(start), np.int64)
        self.index = HammingIndex.build(POOL[list(start.values())], ids, kernel=kernel)

    @rule(ids=ids_of, pick=picks)
    def add(self, ids: list[int], pick: int) -> None:
        numbers = [(pick + i) % len(POOL) for i in range(len(ids))]
        try:
            self.index.add(POOL[numbers], np.array(ids))
        except DuplicateIdError:
            assert set(ids) & set(self.model)
        else:
            assert not set(ids) & set(self.model)
            self.model.update(zip(ids, numbers, strict=True))

    @rule(ids=ids_of)
    def remove(self, ids: list[int]) -> None:
        try:
            self.index.remove(np.array(ids))
        except UnknownIdError:
            assert not set(ids) <= set(self.model)
        else:
            assert set(ids) <= set(self.model)
            for identifier in ids:
                del self.model[identifier]

    @rule(goes_on=st.booleans())
    def save_and_open(self, goes_on: bool) -> None:  # noqa: FBT001 - drawn
        path = Path(self.folder.name) / "index"
        self.index.save(path)
        opened = HammingIndex.open(path, kernel=self.kernel)
        if goes_on:
            self.index = opened

    @invariant()
    def finds_what_the_dictionary_holds(self) -> None:
        assert len(self.index) == len(self.model)
        ids = np.array(list(self.model), np.int64)
        hashes = POOL[list(self.model.values())]
        queries = POOL[::9]
        for radius in (0, 31, 51):
            expected = brute_force(hashes, ids, queries, radius)
            assert as_rows(self.index.query_many(queries, radius)) == expected

    def teardown(self) -> None:
        set_limits(*LIMITS)
        self.folder.cleanup()


TestIndexMachine = IndexMachine.TestCase
TestIndexMachine.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class LongIndexMachine(IndexMachine):
    """The same with more and longer sequences."""


TestLongIndexMachine = pytest.mark.timeout(900)(pytest.mark.long(LongIndexMachine.TestCase))
TestLongIndexMachine.settings = settings(max_examples=1000, stateful_step_count=40, deadline=None)
