"""What a fact of each topic may hold: the one description of the files, for reading, checking and the JSON Schema."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rempart.model.law import Conduct, Confidence, DutyBearer, Material, Treaty
from rempart.model.law_facts import Precision

DATA_SCHEMA: Final = "rempart.law-data/1"
UNKNOWN: Final = "unknown"
LARGEST_INTEGER: Final = 10_000
UNITS: Final = ("hours", "days", "working-days", "months", "years")
YES_NO: Final = ("yes", "no", "partly", UNKNOWN)

Kind: TypeAlias = Literal["text", "integer", "boolean", "date", "texts", "as-of"]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a fact.

    Attributes:
        choices: the only values allowed; empty for any.
    """

    name: str
    kind: Kind
    meaning: str
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """What facts of one topic hold.

    Attributes:
        value: kind of the value; an `integer` value may also be the text `unknown`.
        choices: the only values allowed; empty for any.
        fields: the keys that only this topic has.
        family: the topic's group, which says what to ask a lawyer.
    """

    name: str
    family: str
    value: Kind
    choices: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


_CONDUCTS: Final = tuple(each.value for each in Conduct)
_CODES_MEANING: Final = "codes of jurisdictions"

COMMON_FIELDS: Final = (
    Field("id", "text", "unique in all files: SUBJECT.TOPIC.NUMBER", is_required=True),
    Field("topic", "text", "what the fact is about", is_required=True),
    Field("basis", "text", "the legal basis: article or act"),
    Field("source", "text", "where it was read; several separated by ` ; `"),
    Field("as_of", "as-of", "the day for which the source speaks"),
    Field("valid_from", "date", "first day on which the fact holds"),
    Field("valid_to", "date", "last day on which the fact holds"),
    Field(
        "confidence",
        "text",
        "how sure the fact is",
        is_required=True,
        choices=tuple(each.value for each in Confidence),
    ),
    Field("reviewer", "text", "the person who checked the fact"),
    Field("recorded", "text", "the data version that brought the fact", is_required=True),
    Field("detail", "text", "what the source says besides"),
    Field("supersedes", "text", "the fact that ends the day before this one begins"),
    Field("corrects", "text", "the fact that this one replaces altogether"),
)

AS_OF_FIELDS: Final = (
    Field("date", "date", "the last day of the period that the source names", is_required=True),
    Field(
        "precision",
        "text",
        "how exactly the source is dated",
        is_required=True,
        choices=tuple(each.value for each in Precision),
    ),
    Field("text", "text", "the source's date in its own words", is_required=True),
)

_PENALTY_FIELDS: Final = (
    Field("min_months", "integer", "least imprisonment, in months"),
    Field("max_months", "integer", "most imprisonment, in months"),
    Field("fine_only", "boolean", "whether a fine alone is possible"),
    Field("real_only", "boolean", "whether other classes of material have another range"),
)
_AGE_FIELDS: Final = (
    Field("child_from", "integer", "the child's age from which the fact speaks"),
    Field("child_below", "integer", "the child's age below which the fact speaks"),
)
_CONDUCTS_FIELD: Final = Field(
    "conducts", "texts", "the only conducts that the fact speaks of", choices=_CONDUCTS
)
_PERIOD_FIELDS: Final = (
    Field("amount", "integer", "length of the period"),
    Field("unit", "text", "unit of the period", choices=UNITS),
    Field("from", "text", "the event from which the period runs"),
)
_DUTY_FIELDS: Final = (
    *_PERIOD_FIELDS,
    Field(
        "applies_to",
        "texts",
        "whom the duty binds",
        choices=(*(each.value for each in DutyBearer), "anyone"),
    ),
    Field("condition", "text", "what must be so for the duty to exist"),
    _CONDUCTS_FIELD,
)
_ARTICLE_FIELDS: Final = (
    Field("article", "text", "the article"),
    Field("paragraph", "text", "the paragraph"),
)


def _national() -> Iterable[Topic]:
    yield Topic("statute", "statute", "text")
    older = Field("older_if", "text", "who is protected beyond the age")
    yield Topic("age-of-child", "age", "integer", (), (older,))
    for conduct in _CONDUCTS:
        yield Topic(f"crime.{conduct}", "crime", "text", YES_NO, _AGE_FIELDS)
        yield Topic(f"penalty.{conduct}", "penalty", "text", (), (*_PENALTY_FIELDS, *_AGE_FIELDS))
        yield Topic(f"general.{conduct}", "crime", "text", YES_NO)
        yield Topic(f"protected-age.{conduct}", "age", "integer")
    for material in Material:
        fields = (
            _CONDUCTS_FIELD,
            *_AGE_FIELDS,
            Field("consent", "boolean", "whether it needs consent"),
            Field("unless_adult", "boolean", "whether proof that the person was an adult ends it"),
        )
        yield Topic(f"material.{material.value}", "material", "text", YES_NO, fields)
    yield Topic("icmec", "icmec", "text")


def _reporting() -> Iterable[Topic]:
    yield Topic("report.duty", "report", "text", YES_NO, _DUTY_FIELDS)
    for name in ("recipient", "within", "preserve", "remove", "erase", "do-not-inform", "allowed"):
        yield Topic(f"report.{name}", "report", "text", (), _DUTY_FIELDS)
    for name in ("hotline", "police"):
        fields = (Field("url", "text", "the institution's address"),)
        yield Topic(f"contact.{name}", "contact", "text", (), fields)


def _treaties() -> Iterable[Topic]:
    for treaty in Treaty:
        name = f"treaty.{treaty.value}"
        party = ("ratification", "accession", "not", UNKNOWN)
        yield Topic(f"{name}.party", "party", "text", party)
        dates = (
            Field("signed", "date", "day of signature"),
            Field("ratified", "date", "day of the deposit of the instrument"),
            Field("alternative", "date", "another day that a second source gives"),
            Field("alternative_source", "text", "where the other day was read"),
        )
        yield Topic(f"{name}.in-force", "party", "date", (), dates)
        for act in ("signed", "ratified"):
            yield Topic(f"{name}.{act}", "party", "date")
        none_on = Field("none_on", "texts", "articles on which the absence of one was read")
        yield Topic(f"{name}.reservations", "reservation", "text", (), (none_on,))
        yield Topic(
            f"{name}.reservation",
            "reservation",
            "text",
            (),
            (
                Field("article", "text", "the article that allows it", is_required=True),
                Field("applies_to", "texts", "what it limits", is_required=True),
                Field("status", "text", "its state in the source's words"),
                *_AGE_FIELDS,
                Field("consent", "boolean", "whether it needs consent"),
            ),
        )
        territory = (
            Field("applies_in", "texts", _CODES_MEANING),
            Field("not_in", "texts", _CODES_MEANING),
        )
        yield Topic(f"{name}.territory", "territory", "text", (), territory)
    yield Topic("eu.member", "eu", "text", YES_NO)
    for instrument in EU_INSTRUMENTS:
        yield Topic(f"eu.bound.{instrument}", "eu", "text", YES_NO)


def _labels() -> Iterable[Topic]:
    yield Topic(
        "label",
        "label",
        "text",
        (*(each.value for each in Material), UNKNOWN),
        (
            Field("scheme", "text", "the scheme's name, as entries carry it", is_required=True),
            Field("scheme_version", "text", "the only version of the scheme that is meant"),
            Field("region", "text", "the only region that is meant"),
            Field("label", "text", "the class within the scheme", is_required=True),
        ),
    )


def _instruments() -> Iterable[Topic]:
    needed = Field("ratifications_needed", "integer", "ratifications needed for entry into force")
    opened = Field("opened", "date", "day on which it was opened for signature")
    yield Topic("status", "status", "text", (), (needed, opened))
    steps = (
        Field("act", "text", "the act concerned"),
        Field("state", "text", "where it stands"),
        Field("since", "text", "since when, in the source's words"),
        Field("opened", "date", "day on which it was opened for signature"),
    )
    yield Topic("procedure", "status", "text", (), steps)
    yield Topic(
        "provision",
        "provision",
        "text",
        (),
        (
            *_ARTICLE_FIELDS,
            Field("kind", "text", "offence, definition, power, jurisdiction or cooperation"),
            Field("conducts", "texts", "the conducts concerned", choices=_CONDUCTS),
            Field("about", "texts", "what else it is about"),
            Field("allowed_reservations", "text", "which reservations the treaty allows"),
            Field("only_if", "text", "what must be so besides for the obligation"),
            Field("attach", "texts", "what a request must hold"),
            Field("grounds", "texts", "grounds of refusal"),
        ),
    )
    yield Topic("deadline", "deadline", "text", (), (*_ARTICLE_FIELDS, *_PERIOD_FIELDS))


EU_INSTRUMENTS: Final = ("directive-2011-93", "dsa", "e-evidence", "interim-regulation")

TOPICS: Final = {
    topic.name: topic
    for group in (_national(), _reporting(), _treaties(), _instruments(), _labels())
    for topic in group
}
