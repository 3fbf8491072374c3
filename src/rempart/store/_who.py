"""Whose the store is, and who may write to it."""

from typing import Final

from sqlalchemy import Connection, select

from rempart.model.principals import Node, Principal
from rempart.store import _tables as t
from rempart.store._codec import node_of, principal_of, reading_rows
from rempart.store.errors import StoreDamagedError

_NODE: Final = select(
    t.node.c.id,
    t.node.c.is_exercise,
    t.node.c.created_at,
    t.organisation.c.id.label("organisation_id"),
    t.organisation.c.name,
    t.organisation.c.kind,
    t.organisation.c.jurisdiction,
).join(t.organisation)
_PRINCIPALS: Final = (
    select(
        t.principal,
        t.principal.c.id.label("principal_id"),
        t.organisation.c.id.label("organisation_id"),
    )
    .join(t.organisation)
    .order_by(t.principal.c.principal_no)
)


def node_in(connection: Connection, shown: str) -> Node:
    """Return the node that the store belongs to.

    Raises:
        StoreDamagedError: it does not say.
    """
    with reading_rows():
        row = connection.execute(_NODE).one_or_none()
        if row is None:
            msg = f"The store {shown} does not say whose it is."
            raise StoreDamagedError(msg, hint="Restore it from a backup.")
        return node_of(row)


def principal_in(connection: Connection, issuer: str, subject: str) -> Principal | None:
    """Return who has this name, or nothing."""
    p = t.principal.c
    wanted = _PRINCIPALS.where(p.issuer == issuer).where(p.subject == subject)
    with reading_rows():
        row = connection.execute(wanted).one_or_none()
        return None if row is None else principal_of(row)


def principals_in(connection: Connection) -> tuple[Principal, ...]:
    """Return everybody who may write, in the order in which they were made."""
    with reading_rows():
        return tuple(principal_of(row) for row in connection.execute(_PRINCIPALS))
