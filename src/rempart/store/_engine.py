"""Which database a store is in, and what the store asks of either engine."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from rempart.store._sqlite import SqliteEngine
from rempart.store.errors import StoreLocationError

Location = Path | str
"""The path of a file, or a URL."""

_POSTGRES: Final = ("postgresql", "postgresql+psycopg", "postgres")
_SQLITE: Final = ("sqlite", "sqlite+pysqlite")
_HINT: Final = "Give the path of a file, or a URL: postgresql://user@host:5432/database."


class StoreEngine(Protocol):
    """What only one engine knows; everything else of the store runs on both."""

    @property
    def shown(self) -> str:
        """The place in words, for messages; never with a password."""

    def check(self) -> None:
        """Look at the place before the engine does, as far as that can be."""

    def prepare(self) -> None:
        """Make an empty place for a new store.

        Raises:
            StoreExistsError: something stands there.
        """

    def discard(self) -> None:
        """Remove a place that could not be filled."""

    def reading(self) -> Engine:
        """Return an engine whose connections only read, each in one consistent snapshot."""

    def writing(self) -> Engine:
        """Return an engine for write transactions; the store's counter tells who is first."""

    def identify(self, connection: Connection) -> None:
        """Refuse a database that holds no store of Rempart."""

    def lock_schema(self, connection: Connection, *, is_new: bool) -> None:
        """Let no other process make or change the schema until the transaction ends."""

    def sign(self, connection: Connection, schema_version: int) -> None:
        """Mark the database as a store, in this transaction."""

    def expect_many(self, connection: Connection) -> None:
        """Prepare the write transaction for very many rows, or for very many more."""

    def forget_deleted(self, engine: Engine) -> None:
        """Overwrite what was deleted, as far as it is ours to do."""

    def problems(self, connection: Connection, *, deep: bool) -> list[str]:
        """Let the engine check its own structures."""

    def translated_faults(self) -> AbstractContextManager[None]:
        """Turn every fault of the engine into an error of the store; none passes as it is."""


def engine_at(location: Location, *, busy_timeout_seconds: float) -> StoreEngine:
    """Return the engine for a place.

    Args:
        location: a path, or a URL `postgresql://…` or `sqlite:///…`.
        busy_timeout_seconds: how long a write waits for another.

    Raises:
        StoreLocationError: it is no URL that this program can use.
    """
    if isinstance(location, Path) or "://" not in location:
        return SqliteEngine(Path(location), busy_timeout_seconds)
    url = _url(location)
    if url.drivername in _SQLITE and url.database and not url.query:
        return SqliteEngine(Path(url.database), busy_timeout_seconds)
    if url.drivername in _POSTGRES:
        # The driver takes long to import, and most commands work on a file.
        from rempart.store._postgres import PostgresEngine  # noqa: PLC0415 - see above

        return PostgresEngine(url, busy_timeout_seconds)
    msg = f"A store cannot be kept in {url.drivername[:40]!r}."
    raise StoreLocationError(msg, hint=_HINT)


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # Never with the text, nor with the cause: there may be a password in it.
        msg = "The URL of the store cannot be read."
        raise StoreLocationError(msg, hint=_HINT) from None
