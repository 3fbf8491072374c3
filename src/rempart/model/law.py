"""What questions of law are asked about, and the four values of an answer.

Sources of the lists: Budapest Convention art. 9, Lanzarote Convention arts 20 to 24, OPSC art. 3, and the
declaration of 2012, which names distribution, sale, possession and viewing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

Parameter: TypeAlias = str | int | bool | tuple[str, ...]
"""A value that a text speaks of."""


class Answer(StrEnum):
    """`check` is not a weak no: it names a question that a lawyer must answer."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    CHECK = "check"


_WEAKEST_FIRST: Final = (Answer.NO, Answer.CHECK, Answer.PARTLY)
_STRONGEST_FIRST: Final = (Answer.YES, Answer.CHECK, Answer.PARTLY)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Join answers that must all hold: no beats check, check beats partly, partly beats yes."""
    given = set(answers)
    return next((each for each in _WEAKEST_FIRST if each in given), Answer.YES)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Join answers of which one is enough: yes beats check, check beats partly, partly beats no.

    What is not known may be a yes, so it is not hidden behind a part.
    """
    given = set(answers)
    return next((each for each in _STRONGEST_FIRST if each in given), Answer.NO)


class Confidence(StrEnum):
    """How sure a fact is; see the explanation of the law data."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"

    @property
    def is_usable(self) -> bool:
        """Whether a fact of this confidence may decide; low and unknown ask a lawyer."""
        return self is Confidence.HIGH or self is Confidence.MEDIUM


class Conduct(StrEnum):
    """What somebody did."""

    PRODUCTION = "production"
    OFFERING = "offering"
    DISTRIBUTION = "distribution"
    PROCURING = "procuring"
    POSSESSION = "possession"
    ACCESS = "access"
    SALE = "sale"
    SOLICITATION = "solicitation"
    PERFORMANCE_RECRUITING = "performance-recruiting"
    PERFORMANCE_ATTENDING = "performance-attending"
    CORRUPTION = "corruption"
    ATTEMPT = "attempt"
    AIDING = "aiding"


CONDUCTS_WITHOUT_MATERIAL: Final = frozenset(
    {
        Conduct.SOLICITATION,
        Conduct.PERFORMANCE_RECRUITING,
        Conduct.PERFORMANCE_ATTENDING,
        Conduct.CORRUPTION,
    }
)
"""Offences against a child that need no material."""


class Material(StrEnum):
    """What the material shows."""

    REAL_CHILD = "real-child"
    APPARENT_MINOR = "apparent-minor"
    REALISTIC_IMAGE = "realistic-image"
    SELF_MADE_CONSENSUAL = "self-made-consensual"
    TEXT_AUDIO = "text-audio"
    UNKNOWN_AGE = "unknown-age"


class Need(StrEnum):
    """What one state wants of another."""

    PRESERVATION = "preservation"
    SUBSCRIBER = "subscriber"
    TRAFFIC = "traffic"
    CONTENT = "content"
    EMERGENCY = "emergency"
    SPONTANEOUS = "spontaneous"
    EXTRADITION = "extradition"
    MLA = "mla"
    JOINT_TEAM = "joint-team"
    TAKEDOWN = "takedown"


class DutyBearer(StrEnum):
    """Whom duties bind, as a sort of organisation."""

    PLATFORM = "platform"
    HOTLINE = "hotline"
    POLICE = "police"


class Role(StrEnum):
    """What a country has to do with a case; `flag` is the registration of a ship or aircraft."""

    HOST = "host"
    UPLOADER = "uploader"
    VIEWER = "viewer"
    SUSPECT = "suspect"
    CHILD = "child"
    FLAG = "flag"


class Treaty(StrEnum):
    """The conventions whose parties are known state by state."""

    BUDAPEST = "budapest"
    CETS224 = "cets224"
    LANZAROTE = "lanzarote"
    OPSC = "opsc"
    UN_CYBERCRIME = "un-cybercrime"


def _no_parameters() -> MappingProxyType[str, Parameter]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people as a code and what it speaks of; the language comes in when it is written.

    Attributes:
        code: stable name of the text, `subject.case`.
        params: what the text names: codes and numbers, never wording.
    """

    code: str
    params: MappingProxyType[str, Parameter] = field(default_factory=_no_parameters)


def message(code: str, **params: Parameter) -> Message:
    """Return a message with what it speaks of."""
    return Message(code, MappingProxyType(params))
