"""The store keeps logs as the log's own contract wants it, on both engines."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.log.log_store_contract import LogStoreContract
from tests.log.memory_log import ORIGIN, Contents
from tests.store.material import Laboratory

from rempart.log import LogStore, StoredTree, sequence, tree_root


class TestStoredLog(LogStoreContract):
    @pytest.fixture
    def log_store(self, laboratory: Laboratory) -> LogStore:
        return laboratory.store.log

    def test_sequencers_at_the_same_time_append_every_content_once(
        self, log_store: LogStore
    ) -> None:
        contents = Contents([str(number).encode() for number in range(900)])

        def run(group_leaves: int) -> int:
            return sequence(
                log_store,
                "audit",
                origin=ORIGIN,
                contents=contents,
                draw_salts=os.urandom,
                group_leaves=group_leaves,
            )

        with ThreadPoolExecutor(3) as pool:
            appended = list(pool.map(run, (30, 41, 52)))
        hashes = log_store.leaf_hashes("audit", 0, 1_000)
        assert sum(appended) == log_store.head("audit").size == len(hashes) == 900
        assert StoredTree(log_store, "audit").root(900) == tree_root(hashes)
