"""Decision: what the laws of the countries involved ask after one match. It proposes; a named person decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rempart.model.identifiers import DecisionId, MatchId
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, DutyBearer, Role
from rempart.model.law_answers import LawAnswer


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What the operator says of a case; nothing in it is guessed.

    Attributes:
        established: state where the organisation is established.
        roles: which countries have which role.
        on: the day for which law is asked.
    """

    kind: DutyBearer
    established: Jurisdiction
    roles: Mapping[Role, tuple[Jurisdiction, ...]]
    conduct: Conduct
    on: date


@dataclass(frozen=True, slots=True)
class Ruling:
    """What law asks for one class of material in one context; many matches share it.

    Attributes:
        outcome: whether there is a duty to report, with every step that leads to it; its parts hold the
            `material`, the `offences` of each state and the `duties`.
    """

    context: CaseContext
    outcome: LawAnswer


@dataclass(frozen=True, slots=True)
class Decision:
    """The ruling that one match got."""

    id: DecisionId
    match_id: MatchId
    ruling: Ruling
