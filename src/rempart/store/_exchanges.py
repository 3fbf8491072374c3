"""Keep which exchanges fill which lists, and how far each was fetched."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, insert, select, update

from rempart.model.banks import Exchange
from rempart.model.identifiers import ListId
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import storable_text
from rempart.store._codec import AnyRow, from_json, from_micros, reading_rows, to_json
from rempart.store._lists import list_row
from rempart.store._reading import Connect, next_number
from rempart.store._session import WriteSession
from rempart.store._texts import is_storable, storable
from rempart.store.errors import ExchangeExistsError, UnknownRecordError

LONGEST_NAME: Final = 255
LONGEST_API: Final = 64

_x: Final = s.exchange.c


class ExchangeReading:
    """The exchanges, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def all(self) -> tuple[Exchange, ...]:
        """Return every exchange in the order of their making."""
        with self._reading() as connection, reading_rows():
            rows = connection.execute(_rows().order_by(_x.exchange_no))
            return tuple(_exchange_of(row) for row in rows)

    def by_name(self, name: str) -> Exchange | None:
        """Return the exchange of this name, or nothing."""
        if not is_storable(name):
            return None
        with self._reading() as connection, reading_rows():
            row = connection.execute(_rows().where(_x.name == name)).one_or_none()
            return None if row is None else _exchange_of(row)


class ExchangeWriting:
    """Changes of exchanges within one write transaction."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def add(
        self,
        name: str,
        *,
        list_id: ListId,
        api: str,
        settings: Mapping[str, object],
        is_enabled: bool = True,
    ) -> Exchange:
        """Keep a new exchange.

        Args:
            name: at most 255 characters, unique among exchanges.
            list_id: the list that it fills.
            api: its kind, at most 64 characters.
            settings: JSON values; a credential is a secret and never stands here.
            is_enabled: whether it is fetched.

        Raises:
            UnknownRecordError: there is no such list.
            ExchangeExistsError: there is one of this name.
            StoreConstraintError: a text cannot be kept.
        """
        connection = self._session.connection
        storable(name, what="name of the exchange", most=LONGEST_NAME)
        storable(api, what="kind of the exchange", most=LONGEST_API)
        if self._find(name) is not None:
            msg = f"There is an exchange {name[:80]!r} already."
            raise ExchangeExistsError(msg, hint="Change it, or choose another name.")
        with storable_text():
            connection.execute(
                insert(s.exchange).values(
                    exchange_no=next_number(connection, _x.exchange_no),
                    name=name,
                    list_no=list_row(connection, list_id).list_no,
                    api=api,
                    settings=to_json(dict(settings)),
                    is_enabled=is_enabled,
                    is_up_to_date=False,
                    fetched_items=0,
                )
            )
        return _exchange_of(self._row(name))

    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, object] | None = None,
        is_enabled: bool | None = None,
    ) -> Exchange:
        """Change what is said about an exchange; what is not named stays.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        values: dict[str, object] = {}
        if settings is not None:
            values["settings"] = to_json(dict(settings))
        if is_enabled is not None:
            values["is_enabled"] = is_enabled
        return self._change(name, values)

    def begin_fetch(self, name: str) -> Exchange:
        """Say that a fetch runs from now on.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        return self._change(name, {"running_since": self._session.at_micros})

    def keep_progress(
        self, name: str, *, checkpoint: Mapping[str, object] | None, fetched_items: int
    ) -> Exchange:
        """Keep how far a fetch came, in the transaction that took in its records.

        Args:
            name: the exchange.
            checkpoint: where the next fetch goes on, as JSON values; absent lets it begin anew.
            fetched_items: how many records it has brought in all.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        values = {
            "checkpoint": None if checkpoint is None else to_json(dict(checkpoint)),
            "checkpoint_at": None if checkpoint is None else self._session.at_micros,
            "fetched_items": fetched_items,
        }
        return self._change(name, values)

    def end_fetch(self, name: str, *, has_succeeded: bool, is_up_to_date: bool) -> Exchange:
        """Say how a fetch ended.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        values = {
            "running_since": None,
            "last_fetch_at": self._session.at_micros,
            "last_fetch_succeeded": has_succeeded,
            "is_up_to_date": is_up_to_date,
        }
        return self._change(name, values)

    def remove(self, name: str) -> None:
        """Forget an exchange; its list stays as it is.

        Raises:
            UnknownRecordError: there is none of this name.
        """
        self._row(name)
        self._session.connection.execute(delete(s.exchange).where(_x.name == name))

    def _change(self, name: str, values: Mapping[str, object]) -> Exchange:
        self._row(name)
        if values:
            with storable_text():
                self._session.connection.execute(
                    update(s.exchange).where(_x.name == name).values(**values)
                )
        return _exchange_of(self._row(name))

    def _find(self, name: str) -> AnyRow | None:
        return self._session.connection.execute(_rows().where(_x.name == name)).one_or_none()

    def _row(self, name: str) -> AnyRow:
        row = self._find(name)
        if row is None:
            msg = f"The store has no exchange {name[:80]!r}."
            raise UnknownRecordError(msg, hint="See which exchanges there are.")
        return row


def _rows() -> Select[Any]:
    return select(s.exchange, t.hash_list.c.id.label("list_id")).join(
        t.hash_list, t.hash_list.c.list_no == _x.list_no
    )


def _exchange_of(row: AnyRow) -> Exchange:
    return Exchange(
        name=row.name,
        list_id=ListId(UUID(bytes=row.list_id)),
        api=row.api,
        settings=from_json(row.settings),
        is_enabled=bool(row.is_enabled),
        checkpoint=None if row.checkpoint is None else from_json(row.checkpoint),
        checkpoint_at=None if row.checkpoint_at is None else from_micros(row.checkpoint_at),
        running_since=None if row.running_since is None else from_micros(row.running_since),
        last_fetch_at=None if row.last_fetch_at is None else from_micros(row.last_fetch_at),
        last_fetch_succeeded=_truth(row.last_fetch_succeeded),
        is_up_to_date=bool(row.is_up_to_date),
        fetched_items=row.fetched_items,
    )


def _truth(value: object) -> bool | None:
    return None if value is None else bool(value)
