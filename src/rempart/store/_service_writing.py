"""What the service changes in a store, one repository a subject, all within one write transaction."""

from rempart.store._banks import BankWriting
from rempart.store._entry_changes import EntryWriting
from rempart.store._exchanges import ExchangeWriting
from rempart.store._idempotency import AnswerWriting
from rempart.store._interning import Interning
from rempart.store._keys import KeyWriting
from rempart.store._log_rows import LogErasing
from rempart.store._lookups import LookupWriting
from rempart.store._secrets import SecretWriting
from rempart.store._session import WriteSession


class ServiceWriting:
    """The part of a write that only the service uses."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning

    @property
    def keys(self) -> KeyWriting:
        """The keys of the service."""
        return KeyWriting(self._session)

    @property
    def lookups(self) -> LookupWriting:
        """The history of matches."""
        return LookupWriting(self._session, self._interning)

    @property
    def entries(self) -> EntryWriting:
        """The entries of lists, one by one."""
        return EntryWriting(self._session, self._interning)

    @property
    def idempotency(self) -> AnswerWriting:
        """The answer to this write."""
        return AnswerWriting(self._session)

    @property
    def banks(self) -> BankWriting:
        """What foreign clients call lists and entries."""
        return BankWriting(self._session)

    @property
    def exchanges(self) -> ExchangeWriting:
        """The configured exchanges."""
        return ExchangeWriting(self._session)

    @property
    def secrets(self) -> SecretWriting:
        """The sealed secrets."""
        return SecretWriting(self._session)

    @property
    def log(self) -> LogErasing:
        """The Merkle log of the events."""
        return LogErasing(self._session)
