"""What only some answers of law give, for people: provision, penalty, duties, powers, deadlines, candidates."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from rempart.cli.law.page import Page
from rempart.cli.law.words import (
    Record,
    answer_name,
    heading,
    heads,
    labelled,
    penalty,
    period,
)
from rempart.node import Translator

Part: TypeAlias = Any  # a JSON value, of another shape for each part
_DATES: Final = ("signed", "ratified", "in_force")

ShowPart: TypeAlias = Callable[[Page, Translator, Part], None]


def _provision(page: Page, texts: Translator, part: Part) -> None:
    page.pair(heading(texts, "provision"), part)


def _penalty(page: Page, texts: Translator, part: Part) -> None:
    page.pair(heading(texts, "penalty"), penalty(texts, part))


def _instruments(page: Page, texts: Translator, part: Part) -> None:
    page.pair(
        heading(texts, "instruments"), "; ".join(texts.name("instrument", key) for key in part)
    )


def _treaty_articles(page: Page, texts: Translator, part: Part) -> None:
    named = (f"{texts.name('instrument', key)} {', '.join(each)}" for key, each in part.items())
    page.pair(heading(texts, "instruments"), "; ".join(named))


def _dates(page: Page, texts: Translator, part: Part) -> None:
    for name, day in zip(heads(texts, "signed", "ratified", "in-force"), _DATES, strict=True):
        if part.get(day):
            page.pair(name, part[day])


def _dual(page: Page, texts: Translator, part: Part) -> None:
    page.pair(heading(texts, "dual-criminality"), answer_name(texts, part))


def _states(page: Page, texts: Translator, part: Part) -> None:
    page.table(
        heads(texts, "state", "answer", "provision", "penalty"),
        [
            (
                texts.name("place", code),
                answer_name(texts, each["answer"]),
                each["provision"] or "-",
                penalty(texts, each["penalty"]) if each["penalty"] else "-",
            )
            for code, each in part.items()
        ],
    )


def _powers(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "powers"))
    page.table(
        heads(texts, "instrument", "article", "answer", "why"),
        [_power(texts, each) for each in part],
    )
    for each in part:
        if each["provisions"] and each["answer"] != "no":
            page.line(texts.name("instrument", each["instrument"]))
            page.items(_requirement(page, texts, one) for one in each["provisions"])


def _power(texts: Translator, part: Record) -> tuple[str, ...]:
    return (
        texts.name("instrument", part["instrument"]),
        part["article"],
        answer_name(texts, part["answer"]),
        part["why"]["text"],
    )


def _requirement(page: Page, texts: Translator, part: Record) -> str:
    sure = texts.name("confidence", part["confidence"])
    text = f"{part['requires']} ({sure}) {page.source(part['source'])}".rstrip()
    return labelled(texts, part["article"], text)


def _deadlines(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "deadlines"))
    page.table(
        heads(texts, "what-to-do", "time-limit", "instrument", "article", "confidence"),
        [
            (
                each["what"],
                period(texts, each),
                texts.name("instrument", each["instrument"]) if "instrument" in each else "",
                each["article"],
                _reach(texts, each),
            )
            for each in part
        ],
    )


def _refusals(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "refusal-grounds"))
    page.items(
        labelled(
            texts,
            f"{texts.name('refusal', each['ground'])}, {each['article']}",
            f"{answer_name(texts, each['answer'])}. {each['why']['text']}",
        )
        for each in part
    )


def _attach(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "attach"))
    page.items(
        labelled(
            texts,
            f"{texts.name('instrument', each['instrument'])} {each['article']}",
            "; ".join(each["what"]),
        )
        for each in part
    )


def _reservations(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "reservations"))
    for each in part:
        where = f"{texts.name('place', each['state'])}, {each['article']}"
        text = f"{each['effect']} ({_reach(texts, each)}) {page.source(each['source'])}".rstrip()
        page.items([labelled(texts, where, text)])


def _contacts(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "contacts"))
    for each in part:
        text = ", ".join(shown for shown in (each["name"], each["url"]) if shown)
        kind = texts.name("kind", each["kind"])
        page.items([labelled(texts, kind, f"{text} ({_reach(texts, each)})")])


def _candidates(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "candidates"))
    page.table(
        heads(texts, "state", "answer", "role", "article", "why"),
        [row for each in part for row in _candidate_rows(texts, each)],
    )


def _candidate_rows(texts: Translator, part: Record) -> list[tuple[str, ...]]:
    place = texts.name("place", part["state"])
    whole = (place, answer_name(texts, part["answer"]), "", "", part["why"]["text"])
    return [
        whole,
        *(
            (
                "",
                answer_name(texts, ground["answer"]),
                texts.name("role", ground["role"]),
                ground["article"],
                ground["why"]["text"],
            )
            for ground in part["grounds"]
        ),
    ]


def _consultation(page: Page, texts: Translator, part: Part) -> None:
    page.pair(
        heading(texts, "consultation"),
        f"{answer_name(texts, part['needed'])}, {part['article']}. {part['why']['text']}",
    )


def _duties(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "duties"))
    for number, each in enumerate(part, start=1):
        where = f", {texts.name('place', each['state'])}" if each.get("state") else ""
        what = labelled(texts, f"{_duty(texts, each)}{where}", _sureness(texts, each))
        page.line(f"{number}. {what}", indent=2)
        for name, text in _details(texts, each):
            if text:
                page.line(labelled(texts, name, text), indent=5)


def _details(texts: Translator, part: Record) -> list[tuple[str, str]]:
    """Return recipient, time limit and article; what a duty besides reporting says without a number is no limit."""
    is_limit = part["what"] == "report" or bool((part["within"] or {}).get("unit"))
    return [
        (heading(texts, "recipient"), part["to"] or ""),
        (
            heading(texts, "time-limit") if is_limit else heading(texts, "detail"),
            period(texts, part["within"]),
        ),
        (heading(texts, "article"), part["article"] or ""),
    ]


def _duty(texts: Translator, part: Record) -> str:
    name = texts.name("duty", part["what"])
    condition = part.get("condition")
    return f"{name} ({texts.name('condition', condition)})" if condition else name


def _sureness(texts: Translator, part: Record) -> str:
    """Return how sure it is that a duty binds, and how sure the fact is."""
    answer, confidence = answer_name(texts, part["answer"]), part["confidence"]
    return f"{answer}, {texts.name('confidence', confidence)}" if confidence else answer


def _detection(page: Page, texts: Translator, part: Part) -> None:
    page.heading(heading(texts, "voluntary-detection"))
    page.items(
        f"{answer_name(texts, each['answer'])}, {each['article']}. {each['why']['text']}"
        for each in part
    )


def _reach(texts: Translator, part: Record) -> str:
    """Return how sure a fact is, and that it does not speak for the day, where it does not."""
    sure = texts.name("confidence", part["confidence"])
    return sure if part.get("in_reach", True) else f"{sure}; {heading(texts, 'out-of-reach')}"


PARTS: Final[Mapping[str, ShowPart]] = MappingProxyType(
    {
        "provision": _provision,
        "penalty": _penalty,
        "dual": _dual,
        "states": _states,
        "treaty_articles": _treaty_articles,
        "instruments": _instruments,
        "dates": _dates,
        "powers": _powers,
        "deadlines": _deadlines,
        "refusal_grounds": _refusals,
        "attach": _attach,
        "reservations": _reservations,
        "contacts": _contacts,
        "candidates": _candidates,
        "consultation": _consultation,
        "duties": _duties,
        "voluntary_detection": _detection,
    }
)
"""How each part is shown, in this order."""
