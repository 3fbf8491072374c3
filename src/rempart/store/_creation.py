"""Make a store, tell whether this program fits it, and bring an older one up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, text

from rempart.model.identifiers import IdentifierSource
from rempart.model.principals import Node, Principal
from rempart.store import _tables as t
from rempart.store._codec import to_micros
from rempart.store._engine import StoreEngine
from rempart.store._session import WriteSession
from rempart.store._tables import SCHEMA_VERSION
from rempart.store.errors import StoreDamagedError, StoreVersionError

_UPGRADE_HINT: Final = "Make a copy of the store, then run `rempart doctor --upgrade`."


def fill(
    engine: StoreEngine,
    *,
    node: Node,
    principal: Principal,
    at: datetime,
    identifiers: IdentifierSource,
) -> None:
    """Give an empty place the schema, the node, its first principal and the first event, in one transaction."""
    with new_schema(engine) as connection:
        _write_node(connection, node, principal)
        session = WriteSession(connection, principal=principal, at=at, identifiers=identifiers)
        session.stage_event(
            "node.created", {"node_id": str(node.id), "is_exercise": node.is_exercise}
        )
        session.finish()


@contextmanager
def new_schema(engine: StoreEngine) -> Iterator[Connection]:
    """Give one transaction on an empty place that has the schema now, and nothing else; nothing stays if it fails.

    Raises:
        StoreExistsError: the place is not empty.
        StoreUnavailableError: the system refuses to make the file, or the server is away.
    """
    engine.prepare()
    try:
        with _transaction(engine, is_new=True) as connection:
            _migrate(engine, connection)
            yield connection
    except BaseException:
        engine.discard()
        raise


def check_version(connection: Connection, shown: str) -> None:
    """Refuse a store whose schema is not this program's.

    Raises:
        StoreVersionError: it is newer or older; the error says what to do.
        StoreDamagedError: it does not say which it is.
    """
    found = _version(connection)
    if found is None:
        msg = f"The store {shown} does not say which version it has."
        raise StoreDamagedError(msg, hint="Restore the node folder from a backup.")
    if found > SCHEMA_VERSION:
        msg = f"The store {shown} has schema {found}; this program knows up to {SCHEMA_VERSION}."
        raise StoreVersionError(msg, hint="Install the version of Rempart that wrote it, or newer.")
    if found < SCHEMA_VERSION:
        msg = f"The store {shown} has schema {found}; this program needs {SCHEMA_VERSION}."
        raise StoreVersionError(msg, hint=_UPGRADE_HINT)


def upgrade(engine: StoreEngine) -> None:
    """Run the migrations that an older store lacks."""
    with _transaction(engine, is_new=False) as connection:
        found = _version(connection)
        if found is None or found > SCHEMA_VERSION:
            check_version(connection, engine.shown)
        _migrate(engine, connection)


def _version(connection: Connection) -> int | None:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if len(found) != 1 or not found[0].isdecimal():
        return None
    return int(found[0])


def _migrate(engine: StoreEngine, connection: Connection) -> None:
    # Alembic takes longer to import than any other part of a short command, and only these uses need it.
    from rempart.store._migrate import migrate  # noqa: PLC0415 - see above

    migrate(connection)
    engine.sign(connection, SCHEMA_VERSION)


def _write_node(connection: Connection, node: Node, principal: Principal) -> None:
    organisation = node.organisation
    connection.execute(
        insert(t.organisation).values(
            organisation_no=1,
            id=organisation.id.bytes,
            name=organisation.name,
            kind=organisation.kind.value,
            jurisdiction=organisation.jurisdiction,
        )
    )
    connection.execute(
        insert(t.node).values(
            node_no=1,
            id=node.id.bytes,
            organisation_no=1,
            is_exercise=node.is_exercise,
            created_at=to_micros(node.created_at),
        )
    )
    connection.execute(
        insert(t.principal).values(
            principal_no=1,
            id=principal.id.bytes,
            issuer=principal.issuer,
            subject=principal.subject,
            organisation_no=1,
            kind=principal.kind.value,
        )
    )
    connection.execute(
        insert(t.counter).values(
            counter_no=1, change_number=0, next_entry_no=1, next_fingerprint_no=1
        )
    )


@contextmanager
def _transaction(engine: StoreEngine, *, is_new: bool) -> Iterator[Connection]:
    pool = engine.writing()
    try:
        with engine.translated_faults(), pool.connect() as connection, connection.begin():
            engine.lock_schema(connection, is_new=is_new)
            yield connection
    finally:
        pool.dispose()
