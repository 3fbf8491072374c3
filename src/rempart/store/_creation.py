"""Make a store, tell whether this program fits it, and bring an older one up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, text

from rempart.model.identifiers import IdentifierSource
from rempart.model.principals import Node, Principal
from rempart.store import _sqlite
from rempart.store import _tables as t
from rempart.store._codec import to_micros
from rempart.store._session import WriteSession
from rempart.store._tables import SCHEMA_VERSION
from rempart.store.errors import StoreDamagedError, StoreVersionError

_UPGRADE_HINT: Final = "Copy the node folder, then run `rempart doctor --upgrade`."
_BUSY_TIMEOUT_SECONDS: Final = 30.0


def fill(
    path: Path, *, node: Node, principal: Principal, at: datetime, identifiers: IdentifierSource
) -> None:
    """Give an empty file the schema, the node, its first principal and the first event, in one transaction."""
    with _sqlite.translated_faults(path):
        _sqlite.prepare_file(path)
    with _transaction(path) as connection:
        _migrate(connection)
        _write_node(connection, node, principal)
        session = WriteSession(connection, principal=principal, at=at, identifiers=identifiers)
        session.stage_event(
            "node.created", {"node_id": str(node.id), "is_exercise": node.is_exercise}
        )
        session.finish()


def check_version(connection: Connection, path: Path) -> None:
    """Refuse a store whose schema is not this program's.

    Raises:
        StoreVersionError: it is newer or older; the error says what to do.
        StoreDamagedError: it does not say which it is.
    """
    found = _version(connection)
    if found is None:
        msg = f"The store {path} does not say which version it has."
        raise StoreDamagedError(msg, hint="Restore the node folder from a backup.")
    if found > SCHEMA_VERSION:
        msg = f"The store {path} has schema {found}; this program knows up to {SCHEMA_VERSION}."
        raise StoreVersionError(msg, hint="Install the version of Rempart that wrote it, or newer.")
    if found < SCHEMA_VERSION:
        msg = f"The store {path} has schema {found}; this program needs {SCHEMA_VERSION}."
        raise StoreVersionError(msg, hint=_UPGRADE_HINT)


def upgrade(path: Path) -> None:
    """Run the migrations that an older store lacks."""
    with _transaction(path) as connection:
        found = _version(connection)
        if found is None or found > SCHEMA_VERSION:
            check_version(connection, path)
        _migrate(connection)


def _version(connection: Connection) -> int | None:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if len(found) != 1 or not found[0].isdecimal():
        return None
    return int(found[0])


def _migrate(connection: Connection) -> None:
    # Alembic takes longer to import than any other part of a short command, and only these uses need it.
    from rempart.store._migrate import migrate  # noqa: PLC0415 - see above

    migrate(connection)


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
def _transaction(path: Path) -> Iterator[Connection]:
    engine = _sqlite.writing_engine(path, busy_timeout_seconds=_BUSY_TIMEOUT_SECONDS)
    try:
        with (
            _sqlite.translated_faults(path),
            engine.connect() as connection,
            connection.begin(),
        ):
            yield connection
    finally:
        engine.dispose()
