"""Keep the keys of the service and count what each used of its budget."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, delete, insert, literal, select, update

from rempart.model.identifiers import KeyId, ListId, PrincipalId
from rempart.model.service import ApiKey
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._codec import (
    AnyRow,
    from_micros,
    kept_micros,
    principal_of,
    reading_rows,
    to_json,
)
from rempart.store._lists import list_row
from rempart.store._reading import Connect, next_number, principal_numbers, upsert
from rempart.store._session import WriteSession
from rempart.store._texts import storable
from rempart.store.errors import UnknownRecordError, WriteMisuseError

LONGEST_LABEL: Final = 255

_k: Final = s.api_key.c
_b: Final = s.query_budget.c
_FIRST_DAY: Final = date(1970, 1, 1)


class KeyReading:
    """The keys of the service, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def by_digest(self, digest: bytes) -> ApiKey | None:
        """Return the key of this digest, whether or not it still holds, or nothing."""
        return self._one(_rows().where(_k.digest == digest))

    def get(self, key_id: KeyId) -> ApiKey | None:
        """Return one key, or nothing."""
        return self._one(_rows().where(_k.id == key_id.bytes))

    def all(self) -> tuple[ApiKey, ...]:
        """Return every key that was ever made, in the order of their making."""
        with self._reading() as connection, reading_rows():
            return tuple(_key_of(row) for row in connection.execute(_rows().order_by(_k.key_no)))

    def used_today(self, key_id: KeyId, day: date) -> int:
        """Return how many queries a key has used on a day in UTC."""
        wanted = (
            select(_b.used)
            .join(s.api_key, _k.key_no == _b.key_no)
            .where(_k.id == key_id.bytes)
            .where(_b.day == _day_number(day))
        )
        with self._reading() as connection:
            return connection.execute(wanted).scalar_one_or_none() or 0

    def _one(self, wanted: Select[Any]) -> ApiKey | None:
        with self._reading() as connection, reading_rows():
            row = connection.execute(wanted).one_or_none()
            return None if row is None else _key_of(row)


class KeyWriting:
    """Changes of keys within one write transaction."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def add(
        self,
        *,
        principal_id: PrincipalId,
        label: str,
        digest: bytes,
        roles: tuple[str, ...],
        lists: tuple[ListId, ...] | None = None,
        expires_at: datetime | None = None,
        requests_per_minute: int | None = None,
        queries_per_day: int | None = None,
    ) -> ApiKey:
        """Keep a new key.

        Args:
            principal_id: who acts when it is used.
            label: at most 255 characters.
            digest: keyed hash of its text; no other key has it.
            roles: at least one.
            lists: the lists that it may touch, none of them unknown; absent means every list.
            expires_at: moment from which it is refused.
            requests_per_minute: its pace; absent means the node's setting.
            queries_per_day: its budget; absent means the node's setting.

        Raises:
            UnknownRecordError: there is no such principal, or no such list.
            StoreConstraintError: the digest is another key's, or the label cannot be kept.
            WriteMisuseError: it has no role.
        """
        connection = self._session.connection
        if not roles:
            msg = "A key without a role can do nothing."
            raise WriteMisuseError(msg, hint="Name at least one role.")
        for each in lists or ():
            list_row(connection, each)
        number = next_number(connection, _k.key_no)
        connection.execute(
            insert(s.api_key).values(
                key_no=number,
                id=self._session.identifiers.new().bytes,
                principal_no=principal_numbers(connection, [principal_id])[principal_id],
                label=storable(label, what="label of the key", most=LONGEST_LABEL),
                digest=digest,
                roles=to_json(list(roles)),
                lists=None if lists is None else to_json(sorted({str(each) for each in lists})),
                created_at=self._session.at_micros,
                expires_at=None
                if expires_at is None
                else kept_micros(expires_at, what="end of the key"),
                requests_per_minute=requests_per_minute,
                queries_per_day=queries_per_day,
            )
        )
        return _key_of(connection.execute(_rows().where(_k.key_no == number)).one())

    def revoke(self, key_id: KeyId) -> bool:
        """Let a key hold no longer; tell whether it did until now.

        Raises:
            UnknownRecordError: there is no such key.
        """
        row = self._row(key_id)
        if row.revoked_at is not None:
            return False
        self._session.connection.execute(
            update(s.api_key)
            .where(_k.key_no == row.key_no)
            .values(revoked_at=self._session.at_micros)
        )
        return True

    def replace(self, old: KeyId, new: KeyId, *, ends_at: datetime | None = None) -> None:
        """Say that one key takes another's place; the old one holds until `ends_at` at most.

        Raises:
            UnknownRecordError: there is no such key.
            WriteMisuseError: the old one was replaced or revoked before, or both are the same.
        """
        row, successor = self._row(old), self._row(new)
        if row.replaced_by is not None or row.revoked_at is not None or row.id == successor.id:
            msg = f"The key {old} cannot be replaced: it was replaced or revoked already."
            raise WriteMisuseError(msg, hint="Make a new key.")
        ends = [] if row.expires_at is None else [row.expires_at]
        if ends_at is not None:
            ends.append(kept_micros(ends_at, what="end of the key"))
        self._session.connection.execute(
            update(s.api_key)
            .where(_k.key_no == row.key_no)
            .values(replaced_by=new.bytes, expires_at=min(ends, default=None))
        )

    def purge_budgets(self, before: date) -> int:
        """Delete the counts of days before a day; return how many."""
        connection = self._session.connection
        return connection.execute(
            delete(s.query_budget).where(_b.day < _day_number(before))
        ).rowcount

    def _row(self, key_id: KeyId) -> AnyRow:
        wanted = select(s.api_key).where(_k.id == key_id.bytes)
        row = self._session.connection.execute(wanted).one_or_none()
        if row is None:
            raise _unknown(key_id)
        return row


def charge(connection: Connection, key_id: KeyId, day: date, count: int, limit: int) -> int | None:
    """Count queries of a key, all or none; return what remains of its budget, or nothing where it is too small."""
    if count < 0:
        msg = f"A key cannot be charged {count} queries."
        raise WriteMisuseError(msg, hint="Count from 0.")
    of_key = select(_k.key_no, literal(_day_number(day)), literal(count)).where(
        _k.id == key_id.bytes, literal(count) <= limit
    )
    adding = upsert(connection, s.query_budget).from_select(["key_no", "day", "used"], of_key)
    total = _b.used + adding.excluded.used
    counted = adding.on_conflict_do_update(
        index_elements=[_b.key_no, _b.day], set_={"used": total}, where=total <= limit
    ).returning(_b.used)
    used: int | None = connection.execute(counted).scalar_one_or_none()
    if used is not None:
        return limit - used
    if connection.execute(select(_k.key_no).where(_k.id == key_id.bytes)).first() is None:
        raise _unknown(key_id)
    return None


def _rows() -> Select[Any]:
    p = t.principal.c
    return (
        select(
            s.api_key,
            p.id.label("principal_id"),
            p.issuer,
            p.subject,
            p.kind,
            t.organisation.c.id.label("organisation_id"),
        )
        .join(t.principal, p.principal_no == _k.principal_no)
        .join(t.organisation, t.organisation.c.organisation_no == p.organisation_no)
    )


def _key_of(row: AnyRow) -> ApiKey:
    return ApiKey(
        id=KeyId(UUID(bytes=row.id)),
        principal=principal_of(row),
        label=row.label,
        digest=row.digest,
        roles=tuple(json.loads(row.roles)),
        lists=None if row.lists is None else frozenset(_lists_of(row.lists)),
        created_at=from_micros(row.created_at),
        expires_at=None if row.expires_at is None else from_micros(row.expires_at),
        revoked_at=None if row.revoked_at is None else from_micros(row.revoked_at),
        replaced_by=None if row.replaced_by is None else KeyId(UUID(bytes=row.replaced_by)),
        requests_per_minute=row.requests_per_minute,
        queries_per_day=row.queries_per_day,
    )


def _lists_of(text: str) -> Iterator[ListId]:
    return (ListId(UUID(each)) for each in json.loads(text))


def _day_number(day: date) -> int:
    return (day - _FIRST_DAY).days


def _unknown(key_id: KeyId) -> UnknownRecordError:
    msg = f"The store has no key {key_id}."
    return UnknownRecordError(msg, hint="See `rempart keys list`.")
