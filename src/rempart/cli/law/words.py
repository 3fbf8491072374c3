"""Names and small texts of answers of law, in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from rempart.node import Translator

Record: TypeAlias = Mapping[str, Any]
"""A record, or a part of one: JSON values, nested without end."""

_HASH_SIGNS: Final = 12
_FRENCH: Final = "fr"


def heading(texts: Translator, name: str) -> str:
    """Return a heading."""
    return texts.name("heading", name)


def heads(texts: Translator, *names: str) -> list[str]:
    """Return the headings of a table."""
    return [heading(texts, name) for name in names]


def labelled(texts: Translator, label: str, text: str) -> str:
    """Return a label with what belongs to it, with the colon as the language sets it."""
    colon = " :" if texts.language == _FRENCH else ":"
    return f"{label}{colon} {text}"


def first_line(texts: Translator, record: Record) -> str:
    """Return the answer and why."""
    return labelled(texts, answer_name(texts, record["answer"]).upper(), record["why"]["text"])


def answer_name(texts: Translator, answer: str) -> str:
    """Return an answer for people."""
    return texts.name("answer", answer)


def period(texts: Translator, part: Record | None) -> str:
    """Return a period with the event that it runs from; an empty text where there is none."""
    if not part:
        return ""
    value, unit, event = part.get("value"), part.get("unit"), part.get("from")
    written = str(part.get("text") or "")
    if value is None or not unit:
        return written
    length = texts.period(value, unit)
    return f"{length} {texts.name('event', event)}" if event else length


def penalty(texts: Translator, part: Record) -> str:
    """Return a range of imprisonment in a line."""
    limits = zip(heads(texts, "minimum", "maximum"), ("min", "max"), strict=True)
    shown = [f"{name} {period(texts, part[key])}" for name, key in limits if part.get(key)]
    if part.get("fine_only") is not None:
        possible = answer_name(texts, _yes_no(is_so=part["fine_only"]))
        shown.append(labelled(texts, heading(texts, "fine-only"), possible))
    shown += [f"“{each['text']}”" for each in part.get("facts", ())]
    return "; ".join(shown)


_NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "state": "place",
        "from": "place",
        "to": "place",
        "established": "place",
        "conduct": "conduct",
        "material": "material",
        "instrument": "instrument",
        "need": "need",
        "organisation": "kind",
    }
)
"""Which kind of names the values of a question have."""


def question_text(texts: Translator, question: Record) -> str:
    """Return a question in a line."""
    parts = [texts.name("question", question["kind"])]
    for name, value in question.items():
        if name == "kind":
            continue
        parts += _asked(texts, name, value)
    return ", ".join(parts)


def _asked(texts: Translator, name: str, value: Any) -> list[str]:  # Any: a JSON value
    if isinstance(value, Mapping):
        return [
            f"{texts.name('role', role)} {' '.join(texts.name('place', code) for code in codes)}"
            for role, codes in value.items()
        ]
    if isinstance(value, list):
        return [texts.name("place", each) for each in value]
    if name == "age":
        return [f"{heading(texts, 'age')} {value}"]
    return [texts.name(_NAMED.get(name, name), str(value))]


def as_of(texts: Translator, part: Record | None) -> str:
    """Return the day for which a source speaks, and how exactly it is dated where that is not to the day."""
    if part is None:
        return "-"
    if part["precision"] == "day":
        return str(part["date"])
    return f"{part['date']} ({texts.name('precision', part['precision'])})"


def standing(texts: Translator, record: Record) -> str:
    """Return what an answer stands on: data version, the beginning of the hash, and whether an overlay was used."""
    values = (
        record["data_version"],
        record["data_hash"][:_HASH_SIGNS],
        answer_name(texts, _yes_no(is_so=record["overlay"])),
    )
    names = heads(texts, "data-version", "data-hash", "overlay")
    return "; ".join(labelled(texts, *each) for each in zip(names, values, strict=True))


def shown(value: Any) -> str:  # Any: a JSON value
    """Return a value of a fact for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _yes_no(*, is_so: bool) -> str:
    return "yes" if is_so else "no"
