"""What differs between two versions of the law data, for people."""

from collections.abc import Mapping
from typing import Any

from rempart.cli.law.page import Page
from rempart.cli.law.words import (
    Record,
    answer_name,
    first_line,
    heading,
    heads,
    penalty,
    period,
    question_text,
    shown,
    standing,
)
from rempart.node import Translator


def tell_changes(record: Record, texts: Translator) -> None:
    """Write the answers that differ and the facts that did it to standard output."""
    page = Page(texts)
    page.line(first_line(texts, record))
    if record["changes"]:
        page.table(
            heads(texts, "question", "before", "after", "facts"),
            [
                (
                    question_text(texts, row["question"]),
                    _view(texts, row["old"], row["differs"]),
                    _view(texts, row["new"], row["differs"]),
                    "\n".join(_fact(page, texts, each) for each in row["facts"]),
                )
                for row in record["changes"]
            ],
        )
    page.pair(
        heading(texts, "facts"),
        ", ".join(
            f"{texts.name('change', kind)} {len(each)}" for kind, each in record["facts"].items()
        ),
    )
    page.sources(heading(texts, "source"))
    page.heading(heading(texts, "before"))
    page.line(standing(texts, record["question"]["from"]))
    page.heading(heading(texts, "after"))
    page.line(standing(texts, record))
    page.show()


def _view(texts: Translator, view: Record, differs: list[str]) -> str:
    """Return an answer, and those of its details that differ, a line each."""
    details = (_detail(texts, view[name]) for name in differs if name != "answer")
    return "\n".join([answer_name(texts, view["answer"]), *(each for each in details if each)])


def _detail(texts: Translator, value: Any) -> str:  # Any: a JSON value
    match value:
        case None:
            return ""
        case Mapping():
            return penalty(texts, value)
        case list():
            return "\n".join(_duty(texts, each) for each in value)
        case _:
            return shown(value)


def _duty(texts: Translator, part: Record) -> str:
    words = (texts.name("duty", part["what"]), part["to"], period(texts, part["within"]))
    return ", ".join(each for each in words if each)


def _fact(page: Page, texts: Translator, part: Record) -> str:
    before, after = ((part[side] or {}).get("value", "-") for side in ("old", "new"))
    values = part["new"] or part["old"]
    sure = texts.name("confidence", values["confidence"])
    source = page.source(values["source"])
    return (
        f"{part['id']}: {shown(before)} → {shown(after)} ({values['holds_from']}, {sure}) {source}"
    )
