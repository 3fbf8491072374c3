"""Keep secrets that somebody else has sealed; the store never sees a key."""

from typing import Final

from sqlalchemy import delete, select

from rempart.store import _service_tables as s
from rempart.store._reading import Connect, upsert
from rempart.store._session import WriteSession
from rempart.store._texts import storable
from rempart.store.errors import UnknownRecordError

LONGEST_NAME: Final = 255

_s: Final = s.secret.c


class SecretReading:
    """The sealed secrets, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def get(self, name: str) -> bytes | None:
        """Return one secret as it was sealed, or nothing."""
        with self._reading() as connection:
            sealed: bytes | None = connection.execute(
                select(_s.sealed).where(_s.name == name)
            ).scalar_one_or_none()
            return sealed

    def all(self) -> dict[str, bytes]:
        """Return every secret as it was sealed, by name, in the order of the names."""
        with self._reading() as connection:
            rows = connection.execute(select(_s.name, _s.sealed)).all()
            return dict(sorted((row.name, row.sealed) for row in rows))


class SecretWriting:
    """Changes of secrets within one write transaction."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def put(self, name: str, sealed: bytes) -> None:
        """Keep a sealed secret, in place of an earlier one of this name.

        Raises:
            StoreConstraintError: the name cannot be kept.
        """
        storable(name, what="name of the secret", most=LONGEST_NAME)
        connection = self._session.connection
        new = {"sealed": sealed, "at": self._session.at_micros}
        replaced = connection.execute(select(_s.at).where(_s.name == name)).first()
        connection.execute(
            upsert(connection, s.secret)
            .values(name=name, **new)
            .on_conflict_do_update(index_elements=[_s.name], set_=new)
        )
        self._session.note_purge(int(replaced is not None))

    def remove(self, name: str) -> None:
        """Delete a secret; its bytes are overwritten.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        removed = self._session.connection.execute(delete(s.secret).where(_s.name == name)).rowcount
        if not removed:
            msg = f"The store has no secret {name[:80]!r}."
            raise UnknownRecordError(msg, hint="See which names there are.")
        self._session.note_purge(removed)
