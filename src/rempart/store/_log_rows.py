"""Keep Merkle logs: heads, leaves, hashes of whole subtrees, checkpoints. What they mean, `log` knows."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, select, update

from rempart.model.log import (
    EMPTY_HEAD,
    LogHead,
    LogNode,
    NewLeaf,
    StoredCheckpoint,
    StoredLeaf,
)
from rempart.model.principals import Event
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows
from rempart.store._codec import AnyRow, from_micros, to_micros
from rempart.store._events import events_from
from rempart.store._reading import Connect, upsert
from rempart.store._session import WriteSession
from rempart.store.errors import StoreDamagedError, UnknownRecordError

_HASH_BYTES: Final = 32

_h: Final = s.log_head.c
_l: Final = s.log_leaf.c
_n: Final = s.log_node.c
_c: Final = s.log_checkpoint.c


class LogRows:
    """The logs of a store, each under its name. Appending is a transaction without an event: it states nothing new."""

    def __init__(self, reading: Connect, counting: Connect) -> None:
        self._reading = reading
        self._counting = counting

    def head(self, log: str) -> LogHead:
        """Return the log's head; an empty one where nothing was ever appended."""
        with self._reading() as connection:
            row = connection.execute(_head(log)).one_or_none()
            return EMPTY_HEAD if row is None else LogHead(row.size, _hashes(row.frontier))

    def append(
        self,
        log: str,
        *,
        origin: str,
        expected_size: int,
        leaves: Sequence[NewLeaf],
        frontier: Sequence[bytes],
        nodes: Sequence[LogNode],
    ) -> bool:
        """Append leaves in one transaction that holds the head's row.

        Args:
            log: the log's name; its head is made with the first leaves.
            origin: who the log is, kept with a new head.
            expected_size: the size that the caller computed from; the leaves get the indexes from it on.
            leaves: at least one.
            frontier: the head's hashes after these leaves.
            nodes: the whole subtrees that these leaves complete and that are kept.

        Returns:
            False, with nothing changed, where the log has another size: somebody else appended.
        """
        with self._counting() as connection:
            if _held_size(connection, log, origin, expected_size) != expected_size:
                return False
            kept = [
                (log, index, leaf.leaf_hash, leaf.salt, None)
                for index, leaf in enumerate(leaves, expected_size)
            ]
            insert_rows(connection, s.log_leaf, kept)
            insert_rows(
                connection,
                s.log_node,
                [(log, node.level, node.number, node.node_hash) for node in nodes],
            )
            new = {"size": expected_size + len(leaves), "frontier": b"".join(frontier)}
            connection.execute(update(s.log_head).where(_h.log == log).values(**new))
            return True

    def leaf_hashes(self, log: str, first: int, last: int) -> tuple[bytes, ...]:
        """Return the leaf hashes of the indexes from `first` up to, not with, `last`; fewer where the log ends."""
        wanted = _leaves(log, first, last).with_only_columns(_l.leaf_hash)
        with self._reading() as connection:
            return tuple(connection.execute(wanted).scalars())

    def leaves(self, log: str, first: int, last: int) -> tuple[StoredLeaf, ...]:
        """Return the leaves of the indexes from `first` up to, not with, `last`; fewer where the log ends."""
        with self._reading() as connection:
            return tuple(
                StoredLeaf(row.idx, row.leaf_hash, row.salt)
                for row in connection.execute(_leaves(log, first, last))
            )

    def node(self, log: str, level: int, number: int) -> bytes | None:
        """Return the hash of one whole subtree that was kept, or nothing."""
        wanted = select(_n.hash).where(_n.log == log, _n.level == level, _n.n == number)
        with self._reading() as connection:
            node_hash: bytes | None = connection.execute(wanted).scalar_one_or_none()
            return node_hash

    def add_checkpoint(self, log: str, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint; it takes the place of an earlier one of the same size."""
        new = {"at": to_micros(checkpoint.at), "note": checkpoint.note}
        with self._counting() as connection:
            connection.execute(
                upsert(connection, s.log_checkpoint)
                .values(log=log, size=checkpoint.size, **new)
                .on_conflict_do_update(index_elements=[_c.log, _c.size], set_=new)
            )

    def newest_checkpoint(self, log: str) -> StoredCheckpoint | None:
        """Return the checkpoint of the largest size, or nothing."""
        return self._checkpoint(_checkpoints(log).order_by(_c.size.desc()))

    def checkpoint_from(self, log: str, size: int) -> StoredCheckpoint | None:
        """Return the checkpoint of the smallest size that is not below `size`, or nothing."""
        return self._checkpoint(_checkpoints(log).where(_c.size >= size).order_by(_c.size))

    def events(self, first: int, limit: int) -> tuple[tuple[int, Event], ...]:
        """Return at most `limit` events from an index on, each with its index: the leaves of the log of events."""
        with self._reading() as connection:
            return events_from(connection, first, limit)

    def _checkpoint(self, wanted: Select[Any]) -> StoredCheckpoint | None:
        with self._reading() as connection:
            row = connection.execute(wanted.limit(1)).one_or_none()
            return None if row is None else _checkpoint_of(row)


class LogErasing:
    """Erasing from the log of events, within one write transaction."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def erase(self, log: str, index: int) -> bool:
        """Delete an event's details and the salt of its leaf; the leaf's hash stays, and so does the root.

        Its kind, moment and principal stay too. The bytes are overwritten.

        Args:
            log: name of the log whose leaves are the events.
            index: the leaf's; the event's number is one more.

        Returns:
            Whether there was something left to erase.

        Raises:
            UnknownRecordError: the log has no such leaf, or not yet.
        """
        connection = self._session.connection
        is_leaf = (_l.log == log) & (_l.idx == index)
        row = connection.execute(select(_l.erased_at).where(is_leaf)).one_or_none()
        if row is None:
            msg = f"The log {log} has no leaf {index}."
            raise UnknownRecordError(msg, hint="Name an index below the size of the log.")
        if row.erased_at is not None:
            return False
        erased_at = self._session.at_micros
        connection.execute(update(s.log_leaf).where(is_leaf).values(salt=None, erased_at=erased_at))
        connection.execute(
            update(t.event).where(t.event.c.event_no == index + 1).values(details="{}")
        )
        self._session.note_purge(1)
        return True


def _head(log: str) -> Select[Any]:
    return select(_h.size, _h.frontier).where(_h.log == log)


def _held_size(connection: Connection, log: str, origin: str, expected_size: int) -> int:
    """Return the log's size and hold its head until the transaction ends; a new log's head is made."""
    held = _head(log).with_for_update()
    row = connection.execute(held).one_or_none()
    if row is None:
        if expected_size:
            return 0
        connection.execute(
            upsert(connection, s.log_head)
            .values(log=log, origin=origin, size=0, frontier=b"")
            .on_conflict_do_nothing(index_elements=[_h.log])
        )
        row = connection.execute(held).one()
    return int(row.size)


def _leaves(log: str, first: int, last: int) -> Select[Any]:
    return (
        select(_l.idx, _l.leaf_hash, _l.salt)
        .where(_l.log == log)
        .where(_l.idx >= first)
        .where(_l.idx < last)
        .order_by(_l.idx)
    )


def _checkpoints(log: str) -> Select[Any]:
    return select(_c.size, _c.at, _c.note).where(_c.log == log)


def _checkpoint_of(row: AnyRow) -> StoredCheckpoint:
    return StoredCheckpoint(size=row.size, at=from_micros(row.at), note=row.note)


def _hashes(frontier: bytes) -> tuple[bytes, ...]:
    if len(frontier) % _HASH_BYTES:
        msg = "The frontier of a log is not made of whole hashes."
        raise StoreDamagedError(msg, hint="Restore the node folder from a backup.")
    starts = range(0, len(frontier), _HASH_BYTES)
    return tuple(frontier[start : start + _HASH_BYTES] for start in starts)
