"""Rows to values of the model and back; a row that is no value means a damaged store."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from rempart.model.clock import from_text, to_text
from rempart.model.handling import Handling, Marking, Standing, Subject, Use
from rempart.model.identifiers import (
    ListId,
    NodeId,
    OrganisationId,
    PrincipalId,
)
from rempart.model.labels import Label
from rempart.model.lists import HashList, ListPurpose
from rempart.model.principals import Node, Organisation, OrganisationKind, Principal, PrincipalKind
from rempart.store.errors import StoreConstraintError, StoreDamagedError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_END: Final = datetime.max.replace(tzinfo=UTC)

AnyRow = Row[*tuple[Any, ...]]
"""A row of the engine; its types are the columns', which the engine does not promise."""


@contextmanager
def reading_rows() -> Iterator[None]:
    """Turn a value that cannot be what was written into StoreDamagedError."""
    try:
        yield
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        msg = "The store holds a record that Rempart did not write."
        raise StoreDamagedError(msg, hint="Run `rempart doctor --deep`.") from error


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def kept_micros(moment: datetime, *, what: str) -> int:
    """Return microseconds since 1970 of a moment that somebody gave, such as can be read again.

    Raises:
        StoreConstraintError: in UTC it lies before 1970 or after 9999.
    """
    if not _EPOCH <= moment <= _END:
        msg = f"The {what} lies outside the years that can be kept."
        raise StoreConstraintError(msg, hint="Give a moment between 1970 and 9999, in UTC.")
    return to_micros(moment)


def from_micros(micros: int) -> datetime:
    """Return the aware time in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def to_json(value: object) -> str:
    """Write JSON values so that equal values give equal text."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def from_json(text: str) -> dict[str, object]:
    """Read a JSON object that `to_json` wrote."""
    value = json.loads(text)
    if not isinstance(value, dict):
        msg = "not a JSON object"
        raise TypeError(msg)
    return value


def labels_text(labels: tuple[Label, ...]) -> str:
    """Write labels as JSON, in their order."""
    return to_json([[each.scheme, each.scheme_version, each.region, each.value] for each in labels])


def labels_of(text: str) -> tuple[Label, ...]:
    """Read what `labels_text` wrote."""
    return tuple(Label(*fields) for fields in json.loads(text))


def handling_text(handling: Handling) -> str:
    """Write a handling as JSON."""
    expires_at = handling.expires_at
    return to_json(
        {
            "audience": list(handling.audience),
            "marking": handling.marking.value,
            "uses": [use.value for use in handling.uses],
            "purpose": handling.purpose,
            "legal_basis": handling.legal_basis,
            "expires_at": None if expires_at is None else to_text(expires_at),
            "retention_days": handling.retention_days,
        }
    )


def handling_of(text: str) -> Handling:
    """Read what `handling_text` wrote."""
    fields: Mapping[str, Any] = json.loads(text)
    expires_at = fields["expires_at"]
    return Handling(
        audience=tuple(fields["audience"]),
        marking=Marking(fields["marking"]),
        uses=tuple(Use(use) for use in fields["uses"]),
        purpose=fields["purpose"],
        legal_basis=fields["legal_basis"],
        expires_at=None if expires_at is None else from_text(expires_at),
        retention_days=fields["retention_days"],
    )


def list_of(row: AnyRow) -> HashList:
    """Read a row of `hash_list` joined with the content of its handling."""
    return HashList(
        id=ListId(UUID(bytes=row.id)),
        name=row.name,
        owner=row.owner,
        purpose=ListPurpose(row.purpose),
        subject=Subject(row.subject),
        threshold_bits=row.threshold_bits,
        handling=handling_of(row.content),
        standing=Standing(row.standing),
        generation=row.generation,
    )


def node_of(row: AnyRow) -> Node:
    """Read a row of `node` joined with its organisation."""
    organisation = Organisation(
        id=OrganisationId(UUID(bytes=row.organisation_id)),
        name=row.name,
        kind=OrganisationKind(row.kind),
        jurisdiction=row.jurisdiction,
    )
    return Node(
        id=NodeId(UUID(bytes=row.id)),
        organisation=organisation,
        is_exercise=bool(row.is_exercise),
        created_at=from_micros(row.created_at),
    )


def principal_of(row: AnyRow) -> Principal:
    """Read a row of `principal` with its identifier as `principal_id`, joined with its organisation's."""
    return Principal(
        id=PrincipalId(UUID(bytes=row.principal_id)),
        issuer=row.issuer,
        subject=row.subject,
        organisation_id=OrganisationId(UUID(bytes=row.organisation_id)),
        kind=PrincipalKind(row.kind),
    )
