"""Who does what: organisations, principals and the event that every write leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rempart.model.identifiers import EventId, NodeId, OrganisationId, PrincipalId
from rempart.model.jurisdictions import parse_jurisdiction


class OrganisationKind(StrEnum):
    """What an organisation is in the alliance."""

    PLATFORM = "platform"
    HOTLINE = "hotline"
    POLICE = "police"
    SECRETARIAT = "secretariat"


class PrincipalKind(StrEnum):
    """What acted."""

    PERSON = "person"
    SERVICE = "service"
    LOCAL = "local"


def is_jurisdiction(text: str) -> bool:
    """Tell whether a text has the form of an ISO 3166-1 or 3166-2 code: `FR`, `GB-SCT`, `US-CA`."""
    return parse_jurisdiction(text) is not None


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation that runs a node."""

    id: OrganisationId
    name: str
    kind: OrganisationKind
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class Node:
    """One installation. Whether it is an exercise node is fixed for ever when it is made."""

    id: NodeId
    organisation: Organisation
    is_exercise: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. `issuer` vouches for `subject`: for a local user the machine, for a person a directory."""

    id: PrincipalId
    issuer: str
    subject: str
    organisation_id: OrganisationId
    kind: PrincipalKind


@dataclass(frozen=True, slots=True)
class Event:
    """One write, recorded in the transaction that made it; later the leaf of a Merkle log.

    Attributes:
        kind: what was done, as `noun.verb`, for example `list.imported`.
        principal_id: who did it.
        details: what changed, as JSON values; never a path, a fingerprint or a secret.
    """

    id: EventId
    kind: str
    at: datetime
    principal_id: PrincipalId
    details: Mapping[str, object]
