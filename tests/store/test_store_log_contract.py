"""The store keeps logs as the log's own contract wants it, on both engines."""

import pytest
from tests.log.log_store_contract import LogStoreContract
from tests.store.material import Laboratory

from rempart.log import LogStore


class TestStoredLog(LogStoreContract):
    @pytest.fixture
    def log_store(self, laboratory: Laboratory) -> LogStore:
        return laboratory.store.log
