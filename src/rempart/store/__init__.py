"""Keep lists, entries, scans and events durably: one transaction a write, one event a transaction."""

from rempart.store._opened import BUSY_TIMEOUT_SECONDS
from rempart.store.errors import (
    AmbiguousListError,
    BankExistsError,
    DumpRefusedError,
    ExchangeExistsError,
    IdempotencyConflictError,
    ListExistsError,
    StoreConstraintError,
    StoreDamagedError,
    StoreExistsError,
    StoreLocationError,
    StoreLockedError,
    StoreMissingError,
    StoreUnavailableError,
    StoreVersionError,
    UnknownRecordError,
    WriteMisuseError,
)
from rempart.store.merge import Merge
from rempart.store.store import Store
from rempart.store.values import (
    AbsentCounts,
    DumpSummary,
    ListCounts,
    MatchableChanges,
    MergeCounts,
    MergeItem,
    ScanState,
    StoredScan,
    StoreProblem,
)
from rempart.store.writer import StoreWriter

__all__ = [
    "BUSY_TIMEOUT_SECONDS",
    "AbsentCounts",
    "AmbiguousListError",
    "BankExistsError",
    "DumpRefusedError",
    "DumpSummary",
    "ExchangeExistsError",
    "IdempotencyConflictError",
    "ListCounts",
    "ListExistsError",
    "MatchableChanges",
    "Merge",
    "MergeCounts",
    "MergeItem",
    "ScanState",
    "Store",
    "StoreConstraintError",
    "StoreDamagedError",
    "StoreExistsError",
    "StoreLocationError",
    "StoreLockedError",
    "StoreMissingError",
    "StoreProblem",
    "StoreUnavailableError",
    "StoreVersionError",
    "StoreWriter",
    "StoredScan",
    "UnknownRecordError",
    "WriteMisuseError",
]
