"""What the service reads of a store, one repository a subject."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import date

from sqlalchemy import Connection

from rempart.model.identifiers import KeyId
from rempart.store._banks import BankReading
from rempart.store._entry_pages import EntryPages
from rempart.store._exchanges import ExchangeReading
from rempart.store._idempotency import AnswerReading
from rempart.store._keys import KeyReading, charge
from rempart.store._leases import Leases
from rempart.store._log_rows import LogRows
from rempart.store._lookups import LookupReading
from rempart.store._secrets import SecretReading


class ServiceReading(ABC):
    """The part of a store that only the service uses; everything read in one call is of one moment."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one moment."""

    @abstractmethod
    def _counting(self) -> AbstractContextManager[Connection]:
        """Give a connection in a small write transaction without an event: for what states nothing."""

    @property
    def keys(self) -> KeyReading:
        """The keys of the service."""
        return KeyReading(self._reading)

    @property
    def lookups(self) -> LookupReading:
        """The history of matches."""
        return LookupReading(self._reading)

    @property
    def idempotency(self) -> AnswerReading:
        """The answers to earlier writes."""
        return AnswerReading(self._reading)

    @property
    def entry_pages(self) -> EntryPages:
        """The entries of lists, page by page and one by one."""
        return EntryPages(self._reading)

    @property
    def banks(self) -> BankReading:
        """What foreign clients call lists and entries."""
        return BankReading(self._reading)

    @property
    def exchanges(self) -> ExchangeReading:
        """The configured exchanges."""
        return ExchangeReading(self._reading)

    @property
    def secrets(self) -> SecretReading:
        """The sealed secrets."""
        return SecretReading(self._reading)

    @property
    def log(self) -> LogRows:
        """The Merkle logs."""
        return LogRows(self._reading, self._counting)

    @property
    def leases(self) -> Leases:
        """Who does which job now."""
        return Leases(self._reading, self._counting)

    def charge(self, key_id: KeyId, day: date, count: int, limit: int) -> int | None:
        """Count queries of a key on a day in UTC, all of them or none.

        It is a small transaction of its own without an event: a counter states nothing that anybody would have to
        answer for, and one event a query would drown those that do.

        Args:
            key_id: the key.
            day: the day in UTC.
            count: how many queries, 0 or more.
            limit: how many the key may make on that day.

        Returns:
            What remains of the day's budget, or nothing where so many are no longer allowed.

        Raises:
            UnknownRecordError: there is no such key.
            StoreLockedError: another process is writing and does not finish in time.
        """
        with self._counting() as connection:
            return charge(connection, key_id, day, count, limit)
