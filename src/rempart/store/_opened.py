"""One node's store as a place: made, opened, upgraded, copied, checked, closed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import BinaryIO, Final, Self

from sqlalchemy import Connection, Engine

from rempart.model.identifiers import IdentifierSource
from rempart.model.principals import Node, Principal
from rempart.store import _copy, _creation
from rempart.store._check import inconsistencies
from rempart.store._copy import Progress
from rempart.store._engine import Location, StoreEngine, engine_at
from rempart.store._service_reading import ServiceReading
from rempart.store._who import node_in
from rempart.store.errors import StoreDamagedError, StoreUnavailableError
from rempart.store.values import DumpSummary, StoreProblem

BUSY_TIMEOUT_SECONDS: Final = 30.0
"""How long a write waits for another process's write; an import of a million entries takes about that long."""


class OpenedStore(ServiceReading):
    """What a store is whatever is in it."""

    def __init__(self, engine: StoreEngine) -> None:
        self._engine = engine
        self._reading_engine: Engine = engine.reading()
        self._writing_engine: Engine = engine.writing()

    @classmethod
    def create(
        cls,
        location: Location,
        *,
        node: Node,
        principal: Principal,
        at: datetime,
        identifiers: IdentifierSource,
    ) -> Self:
        """Make a new store by running the migrations, write node and first principal, and open it.

        Args:
            location: the file to make, in a folder that exists, its journals beside it; or the URL of an empty
                database of PostgreSQL.
            node: this installation with its organisation; fixed for ever.
            principal: who makes it, of kind `local` or any other.
            at: the present moment.
            identifiers: makes the identifier of the first event.

        Raises:
            StoreLocationError: the URL is none that this program can use.
            StoreExistsError: something stands there already.
            StoreUnavailableError: the system refuses to make the file, or the server is away.
        """
        engine = engine_at(location, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS)
        _creation.fill(engine, node=node, principal=principal, at=at, identifiers=identifiers)
        return cls.open(location)

    @classmethod
    def open(
        cls, location: Location, *, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
    ) -> Self:
        """Open a store.

        Args:
            location: the path of its file, or a URL: `postgresql://…`, `sqlite:///…`.
            busy_timeout_seconds: how long a write waits for another.

        Raises:
            StoreLocationError: the URL is none that this program can use.
            StoreMissingError: there is none.
            StoreVersionError: it belongs to another version of Rempart.
            StoreDamagedError: the store is not what was written, as far as a quick look shows.
            StoreUnavailableError: the server is away, or refuses.
        """
        engine = engine_at(location, busy_timeout_seconds=busy_timeout_seconds)
        engine.check()
        store = cls(engine)
        try:
            with store._reading() as connection:
                engine.identify(connection)
                _creation.check_version(connection, engine.shown)
            _ = store.node
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def upgrade(cls, location: Location) -> None:
        """Bring an older store's schema up to this program's version, in one transaction.

        Raises:
            StoreVersionError: the store is newer than this program.
        """
        engine = engine_at(location, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS)
        engine.check()
        _creation.upgrade(engine)

    @staticmethod
    def verify_dump(source: BinaryIO) -> DumpSummary:
        """Read what `dump` wrote to its end and return what is in it; nothing is changed.

        Raises:
            DumpRefusedError: it is no dump, torn, or altered.
            StoreVersionError: it is of another schema than this program's.
        """
        return _copy.verify(source)

    @classmethod
    def restore(cls, location: Location, source: BinaryIO, *, progress: Progress) -> None:
        """Fill an empty place, of either engine, with what `dump` wrote; all or nothing.

        Args:
            location: as for `create`.
            source: the dump, from its beginning; it must be possible to read it twice.
            progress: called with the rows that are done and the rows that there are.

        Raises:
            DumpRefusedError: it is no dump, torn, or altered; nothing was changed.
            StoreVersionError: it is of another schema than this program's.
            StoreExistsError: the place is not empty.
        """
        engine = engine_at(location, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS)
        start = source.tell()
        _copy.verify(source)
        source.seek(start)
        with engine.translated_faults():
            _copy.restore(engine, source, progress=progress)

    def dump(
        self, sink: BinaryIO, *, attachments: Mapping[str, bytes], progress: Progress
    ) -> DumpSummary:
        """Write everything in the store as of one moment, while others read and write; return what was written.

        Args:
            sink: takes the bytes.
            attachments: small files that travel with it, by name.
            progress: called with the rows that are done and the rows that there are.
        """
        with self._reading() as connection:
            return _copy.dump(connection, sink, attachments=attachments, progress=progress)

    def close(self) -> None:
        """Let go of the file or the server; the last one to let go of a file moves the journal into it."""
        self._reading_engine.dispose()
        self._writing_engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def shown(self) -> str:
        """Where the store is, in words: the path of its file or its server and database, never a password."""
        return self._engine.shown

    def __repr__(self) -> str:
        return f"Store({self.shown!r})"

    @property
    def node(self) -> Node:
        """The node that this store belongs to."""
        with self._reading() as connection:
            return node_in(connection, self.shown)

    def check(self, *, deep: bool = False) -> list[StoreProblem]:
        """Return what is wrong with the store; nothing where it is sound.

        Args:
            deep: compare every index and reference with its table, and look at every entry; takes about four
                times as long.
        """
        try:
            with self._reading() as connection:
                problems = [
                    StoreProblem("file-damaged", text)
                    for text in self._engine.problems(connection, deep=deep)
                ]
                return problems or inconsistencies(connection, deep=deep)
        except (StoreDamagedError, StoreUnavailableError) as error:
            return [StoreProblem(error.code, error.message)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with (
            self._engine.translated_faults(),
            self._reading_engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _counting(self) -> Iterator[Connection]:
        with (
            self._engine.translated_faults(),
            self._writing_engine.connect() as connection,
            connection.begin(),
        ):
            yield connection
