"""Answers as JSON records, and the proof that the derivation in a record leads to its answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from rempart.law import rules  # noqa: F401 - registers every rule
from rempart.law.derivation import RULES, Case
from rempart.law.errors import DerivationError
from rempart.law.questions.citations import as_of_values
from rempart.law.same_record import difference
from rempart.law.schema import TOPICS
from rempart.model.law import Answer, Confidence, Message
from rempart.model.law_answers import Finding, LawAnswer, Step
from rempart.model.law_facts import AsOf, Fact, FactValue, Precision

LAW_SCHEMA: Final = "rempart.law/1"

Writer: TypeAlias = Callable[[Message], str]
"""Writes a message in the reader's language."""

Json: TypeAlias = Any  # a JSON value: nested without end


def answer_record(answer: LawAnswer, write: Writer, *, is_brief: bool = False) -> dict[str, Json]:
    """Return an answer as a `rempart.law/1` record.

    Args:
        answer: the answer.
        write: gives the text of a message in the reader's language.
        is_brief: whether the steps leave out the texts of what they found; the answer can still be computed again.
    """
    finding = answer.last.finding
    return {
        "schema": LAW_SCHEMA,
        "question": plain(answer.question, write),
        "answer": answer.answer.value,
        "why": message_record(finding.why, write),
        "asks": [message_record(each, write) for each in finding.asks],
        "notes": [message_record(each, write) for each in finding.notes],
        **{name: plain(value, write) for name, value in answer.parts.items()},
        "derivation": derivation_record(answer, write, is_brief=is_brief),
        "data_version": answer.data_version,
        "data_hash": answer.data_hash,
        "overlay": answer.has_overlay,
    }


def derivation_record(
    answer: LawAnswer, write: Writer, *, is_brief: bool = False
) -> list[dict[str, Json]]:
    """Return the steps of an answer, each behind those that it uses, which it names by their place from 0."""
    steps = answer.steps()
    place = {id(step): number for number, step in enumerate(steps)}
    records = []
    for step in steps:
        record = _step_record(step, [place[id(each)] for each in step.uses])
        records.append(record if is_brief else {**record, "found": _found_record(step, write)})
    return records


def message_record(text: Message, write: Writer) -> dict[str, Json]:
    """Return a text for people as its code, what it speaks of, and its wording."""
    return {"code": text.code, "params": plain(text.params, write), "text": write(text)}


def fact_record(fact: Fact) -> dict[str, Json]:
    """Return a fact as JSON values, all that a rule may look at included."""
    return {
        "id": fact.id,
        "subject": fact.subject,
        "topic": fact.topic,
        "value": plain(fact.value),
        "basis": fact.basis,
        "source": fact.source,
        "as_of": as_of_values(fact),
        "confidence": fact.confidence.value,
        "holds_from": plain(fact.holds_from),
        "holds_to": plain(fact.holds_to),
        "detail": fact.detail,
        "fields": plain(fact.fields),
        "recorded": fact.recorded,
    }


def recompute(record: Mapping[str, Json]) -> Answer:
    """Compute an answer again from the derivation in its record alone.

    Proved is as well that no step stands there for nothing, that the reason, the questions and the notes are those
    of the last step, and that this step answers the question so far as it was given its parts. Not proved is that
    the facts are all there are, and what stands beside the derivation.

    Raises:
        DerivationError: the record is not made as one of ours is, a step does not find what the record says, or the
            last one is not the answer.
    """
    findings: list[Finding] = []
    number = 0
    try:
        said = record["answer"]
        for number, step in enumerate(record["derivation"]):
            findings.append(_found_again(number, step, findings))
    except _UNFIT as error:
        reason = f"step {number} is not made as a step is ({type(error).__name__})"
        raise _broken(reason) from error
    if not findings or findings[-1].answer.value != said:
        reason = "its last step does not give the answer"
        raise _broken(reason)
    try:
        _check_around(record, findings[-1])
    except _UNFIT as error:
        reason = f"what stands around it is not made as a record is ({type(error).__name__})"
        raise _broken(reason) from error
    return findings[-1].answer


def _check_around(record: Mapping[str, Json], last: Finding) -> None:
    """Compare a record with its steps, once each of them finds what it says.

    Raises:
        DerivationError: a step is used by none, or the record says other things than its last step.
    """
    steps = record["derivation"]
    used = {each for step in steps for each in step["uses"]}
    for number in range(len(steps) - 1):
        if number not in used:
            reason = f"step {number} is used by no later one"
            raise _broken(reason)
    found = _found(last)["found"]
    for name in ("why", "asks", "notes"):
        place = difference(record[name], found[name], name)
        if place is not None:
            reason = f"{place} is not that of its last step"
            raise _broken(reason)
    given, question = steps[-1]["given"], record["question"]
    for name in _OF_THE_QUESTION:
        is_given = given.get(name) is not None
        if is_given and difference(question.get(name), given[name]) is not None:
            reason = f"its last step was given another {name} than the question"
            raise _broken(reason)


_OF_THE_QUESTION: Final = ("state", "on", "conduct", "material", "age", "from", "to", "need")
"""What the last step, where it is given it, is given as the question has it."""

_STEP_KEYS: Final = frozenset({"rule", "article", "facts", "uses", "given", "result"})
_FACT_KEYS: Final = frozenset(
    {
        "id",
        "subject",
        "topic",
        "value",
        "basis",
        "source",
        "as_of",
        "confidence",
        "detail",
        "holds_from",
        "holds_to",
        "fields",
        "recorded",
    }
)
_AS_OF_KEYS: Final = frozenset({"date", "precision", "text"})


_UNFIT: Final = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    StopIteration,
)
"""What a rule raises over facts and findings that no rule has given it, and reading what is no record."""


def _found_again(number: int, step: Mapping[str, Json], findings: Sequence[Finding]) -> Finding:
    """Apply a step's rule again, and return what it finds where the record says the same."""
    if step.keys() - {"found"} != _STEP_KEYS:
        reason = f"step {number} lacks a key, or has one that no step has"
        raise _broken(reason)
    rule = RULES.get(step["rule"])
    if rule is None:
        reason = f"step {number} names a rule that does not exist"
        raise _broken(reason)
    uses = step["uses"]
    if not all(type(each) is int and 0 <= each < number for each in uses):
        reason = f"step {number} builds on a step that does not stand before it"
        raise _broken(reason)
    case = Case(
        tuple(_fact(each) for each in step["facts"]),
        tuple(findings[each] for each in uses),
        _given(step["given"]),
    )
    finding = rule.find(case)
    ours = _found(finding)
    said = {name: step[name] for name in ("result", "found") if name in step}
    if difference(said, {name: ours[name] for name in said}) is not None:
        reason = f"step {number}, rule {rule.id}, does not find what it says"
        raise _broken(reason)
    return finding


def plain(value: object, write: Writer | None = None) -> Json:
    """Return a value as JSON has it: days as ISO texts, sequences as lists, messages with their text."""
    match value:
        case Message():
            return message_record(value, write or _no_text)
        case date():
            return value.isoformat()
        case Mapping() | MappingProxyType():
            return {str(name): plain(each, write) for name, each in value.items()}
        case str():
            return str(value)
        case Sequence():
            return [plain(each, write) for each in value]
        case _:
            return value


def _step_record(step: Step, uses: list[int]) -> dict[str, Json]:
    return {
        "rule": step.rule,
        "article": step.article,
        "facts": [fact_record(each) for each in step.facts],
        "uses": uses,
        "given": plain(step.given),
        "result": step.finding.answer.value,
    }


def _found_record(step: Step, write: Writer) -> dict[str, Json]:
    finding = step.finding
    return {
        "why": message_record(finding.why, write),
        "asks": [message_record(each, write) for each in finding.asks],
        "notes": [message_record(each, write) for each in finding.notes],
        "values": plain(finding.values, write),
    }


def _no_text(_: Message) -> str:
    return ""


def _found(finding: Finding) -> Json:
    return {
        "result": finding.answer.value,
        "found": {
            "why": plain(finding.why),
            "asks": plain(finding.asks),
            "notes": plain(finding.notes),
            "values": plain(finding.values),
        },
    }


def _given(given: Mapping[str, Json]) -> dict[str, object]:
    return {
        name: date.fromisoformat(value) if name == "on" else value for name, value in given.items()
    }


def _fact(record: Mapping[str, Json]) -> Fact:
    as_of = record["as_of"]
    if record.keys() != _FACT_KEYS or (as_of is not None and as_of.keys() != _AS_OF_KEYS):
        reason = "a fact lacks a key, or has one that no fact has"
        raise _broken(reason)
    topic = TOPICS[record["topic"]]
    kinds = {field.name: field.kind for field in topic.fields}
    return Fact(
        id=record["id"],
        subject=record["subject"],
        topic=record["topic"],
        value=_value(topic.value, record["value"]),
        basis=record["basis"],
        source=record["source"],
        as_of=None
        if as_of is None
        else AsOf(date.fromisoformat(as_of["date"]), Precision(as_of["precision"]), as_of["text"]),
        confidence=Confidence(record["confidence"]),
        holds_from=_day(record["holds_from"]),
        holds_to=_day(record["holds_to"]),
        recorded=record["recorded"],
        fields=MappingProxyType(
            {name: _value(kinds[name], value) for name, value in record["fields"].items()}
        ),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _value(kind: str, value: Json) -> FactValue:
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def _broken(reason: str) -> DerivationError:
    return DerivationError(
        f"The derivation does not hold: {reason}.",
        hint="Ask the question again, and compare the data version and its hash.",
    )
