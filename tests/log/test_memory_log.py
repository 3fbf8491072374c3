"""The log store of the tests keeps the contract that the real one keeps."""

import pytest
from tests.log.log_store_contract import LogStoreContract
from tests.log.memory_log import MemoryLog


class TestMemoryLog(LogStoreContract):
    @pytest.fixture
    def log_store(self) -> MemoryLog:
        return MemoryLog()
