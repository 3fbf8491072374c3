"""Keep what foreign clients call a list and what they say of its entries."""

import math
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, insert, select, update

from rempart.model.banks import Bank, BankContent
from rempart.model.identifiers import EntryId, ListId
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import Places, rows_among
from rempart.store._codec import AnyRow
from rempart.store._lists import list_row
from rempart.store._reading import Connect, upsert
from rempart.store._session import WriteSession
from rempart.store._texts import is_storable, storable, storable_or_absent
from rempart.store.errors import BankExistsError, UnknownRecordError, WriteMisuseError

LONGEST_NAME: Final = 255
LONGEST_TEXTS: Final = {
    "original_media_uri": 4_000,
    "content_id": 4_000,
    "content_uri": 4_000,
    "content_json": 1_000_000,
    "note": 255,
}

_b: Final = s.bank.c
_c: Final = s.bank_content.c
_ENABLED: Final = 1
_LARGEST_ALIAS: Final = 2**63 - 1


class BankReading:
    """The banks, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def all(self) -> tuple[Bank, ...]:
        """Return every bank by name."""
        with self._reading() as connection:
            banks = [_bank_of(row) for row in connection.execute(_banks())]
            return tuple(sorted(banks, key=lambda bank: bank.name))

    def by_name(self, name: str) -> Bank | None:
        """Return the bank of this name, or nothing."""
        if not is_storable(name):
            return None
        with self._reading() as connection:
            row = connection.execute(_banks().where(_b.name == name)).one_or_none()
            return None if row is None else _bank_of(row)

    def of_list(self, list_id: ListId) -> Bank | None:
        """Return what a list is called as a bank, or nothing where it is none."""
        with self._reading() as connection:
            wanted = _banks().where(t.hash_list.c.id == list_id.bytes)
            row = connection.execute(wanted).one_or_none()
            return None if row is None else _bank_of(row)

    def content(self, alias: int) -> BankContent | None:
        """Return what is said of an entry, or nothing where no entry has this number."""
        return self.contents([alias]).get(alias)

    def contents(self, aliases: Iterable[int]) -> dict[int, BankContent]:
        """Return what is said of entries, by their numbers; numbers without an entry are left out."""
        wanted = (
            select(
                s.bank_content,
                t.entry.c.entry_no.label("alias"),
                t.entry.c.id.label("entry_id"),
                t.hash_list.c.id.label("list_id"),
            )
            .select_from(t.entry)
            .join(t.hash_list, t.hash_list.c.list_no == t.entry.c.list_no)
            .outerjoin(s.bank_content, _c.entry_no == t.entry.c.entry_no)
            .where(t.entry.c.entry_no.in_([n for n in aliases if 1 <= n <= _LARGEST_ALIAS]))
        )
        with self._reading() as connection:
            return {row.alias: _content_of(row) for row in connection.execute(wanted)}

    def aliases(self, entry_ids: Iterable[EntryId]) -> dict[EntryId, int]:
        """Return the numbers of entries; unknown ones are left out."""
        wanted = [each.bytes for each in entry_ids]
        with self._reading() as connection:
            rows = rows_among(connection, _aliases_among, wanted)
            return {EntryId(UUID(bytes=row.id)): row.entry_no for row in rows}


class BankWriting:
    """Changes of banks within one write transaction."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def name(self, list_id: ListId, name: str, *, enabled_ratio: float = 1.0) -> Bank:
        """Make a list a bank.

        Raises:
            UnknownRecordError: there is no such list.
            BankExistsError: the name is another bank's, or the list is one already.
            StoreConstraintError: the name cannot be kept.
            WriteMisuseError: the ratio is none.
        """
        connection = self._session.connection
        number = list_row(connection, list_id).list_no
        taken = (_b.name == storable(name, what="name of the bank", most=LONGEST_NAME)) | (
            _b.list_no == number
        )
        if connection.execute(select(_b.list_no).where(taken)).first() is not None:
            raise _exists(name)
        connection.execute(
            insert(s.bank).values(list_no=number, name=name, enabled_ratio=_ratio(enabled_ratio))
        )
        self._session.change()
        return Bank(list_id, name, enabled_ratio)

    def rename(self, list_id: ListId, name: str) -> Bank:
        """Give a bank another name.

        Raises:
            UnknownRecordError: the list is no bank.
            BankExistsError: the name is another bank's.
            StoreConstraintError: the name cannot be kept.
        """
        storable(name, what="name of the bank", most=LONGEST_NAME)
        bank = self._bank(list_id)
        taken = select(_b.list_no).where(_b.name == name)
        if bank.name != name and self._session.connection.execute(taken).first() is not None:
            raise _exists(name)
        return self._change(list_id, name=name)

    def set_ratio(self, list_id: ListId, enabled_ratio: float) -> Bank:
        """Say which share of a bank's entries is matched, 0 to 1.

        Raises:
            UnknownRecordError: the list is no bank.
            WriteMisuseError: the ratio is none.
        """
        self._bank(list_id)
        return self._change(list_id, enabled_ratio=_ratio(enabled_ratio))

    def remove(self, list_id: ListId) -> None:
        """Let a list be a bank no longer; the list stays as it is.

        Raises:
            UnknownRecordError: the list is no bank.
        """
        self._bank(list_id)
        number = list_row(self._session.connection, list_id).list_no
        self._session.connection.execute(delete(s.bank).where(_b.list_no == number))
        self._session.change()

    def set_content(
        self,
        alias: int,
        *,
        disable_until_ts: int = _ENABLED,
        original_media_uri: str | None = None,
        content_id: str | None = None,
        content_uri: str | None = None,
        content_json: str | None = None,
        note: str | None = None,
    ) -> None:
        """Keep what a foreign client says of an entry, in place of what was said before.

        Args:
            alias: the entry's number.
            disable_until_ts: seconds since 1970 as the client gives them; whether the entry is matched, its
                suspension says (`writer.entries`).
            original_media_uri: at most 4,000 characters, like the next two.
            content_id: the client's own.
            content_uri: the client's own.
            content_json: JSON text, at most 1,000,000 characters.
            note: at most 255 characters.

        Raises:
            UnknownRecordError: no entry has this number.
            StoreConstraintError: a text cannot be kept.
        """
        texts = {
            "original_media_uri": original_media_uri,
            "content_id": content_id,
            "content_uri": content_uri,
            "content_json": content_json,
            "note": note,
        }
        for column, text in texts.items():
            storable_or_absent(text, what=column, most=LONGEST_TEXTS[column])
        connection = self._session.connection
        wanted = select(t.entry.c.entry_no).where(t.entry.c.entry_no == alias)
        if connection.execute(wanted).first() is None:
            msg = f"The store has no entry with number {alias}."
            raise UnknownRecordError(msg, hint="Numbers count from 1 over all lists.")
        new = {"disable_until_ts": disable_until_ts, **texts}
        connection.execute(
            upsert(connection, s.bank_content)
            .values(entry_no=alias, **new)
            .on_conflict_do_update(index_elements=[_c.entry_no], set_=new)
        )

    def _bank(self, list_id: ListId) -> Bank:
        wanted = _banks().where(t.hash_list.c.id == list_id.bytes)
        row = self._session.connection.execute(wanted).one_or_none()
        if row is None:
            msg = f"The list {list_id} is no bank."
            raise UnknownRecordError(msg, hint="Name it as a bank first.")
        return _bank_of(row)

    def _change(self, list_id: ListId, **values: object) -> Bank:
        number = list_row(self._session.connection, list_id).list_no
        changed = update(s.bank).where(_b.list_no == number).values(**values)
        self._session.connection.execute(changed)
        self._session.change()
        return self._bank(list_id)


def _banks() -> Select[Any]:
    return select(s.bank, t.hash_list.c.id).join(t.hash_list, t.hash_list.c.list_no == _b.list_no)


def _aliases_among(places: Places) -> Select[Any]:
    return select(t.entry.c.id, t.entry.c.entry_no).where(t.entry.c.id.in_(places))


def _bank_of(row: AnyRow) -> Bank:
    return Bank(ListId(UUID(bytes=row.id)), row.name, row.enabled_ratio)


def _content_of(row: AnyRow) -> BankContent:
    is_said = row.entry_no is not None
    return BankContent(
        alias=row.alias,
        entry_id=EntryId(UUID(bytes=row.entry_id)),
        list_id=ListId(UUID(bytes=row.list_id)),
        disable_until_ts=row.disable_until_ts if is_said else _ENABLED,
        original_media_uri=row.original_media_uri,
        content_id=row.content_id,
        content_uri=row.content_uri,
        content_json=row.content_json,
        note=row.note,
    )


def _ratio(ratio: float) -> float:
    if not (math.isfinite(ratio) and 0 <= ratio <= 1):
        msg = "The enabled ratio of a bank lies between 0 and 1."
        raise WriteMisuseError(msg, hint="Use 0 for none and 1 for all.")
    return float(ratio)


def _exists(name: str) -> BankExistsError:
    msg = f"There is a bank {name[:80]!r} already, or the list is a bank."
    return BankExistsError(msg, hint="Use it, or choose another name.")
