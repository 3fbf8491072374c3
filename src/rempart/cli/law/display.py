"""One answer of law for people: the answer and why, what it gives, what to ask a lawyer, and its derivation."""

from typing import Final

from rempart.cli.law.page import Page
from rempart.cli.law.parts import PARTS
from rempart.cli.law.words import (
    Record,
    answer_name,
    as_of,
    first_line,
    heading,
    heads,
    labelled,
    question_text,
    shown,
    standing,
)
from rempart.node import Translator

_READING: Final = "F-1"
"""The rule that reads a fact: its article is the fact's own."""


def tell_answer(record: Record, texts: Translator) -> None:
    """Write an answer to standard output.

    Args:
        record: its `rempart.law/1` record, with texts in the reader's language.
        texts: names and headings in that language.
    """
    page = Page(texts)
    page.line(first_line(texts, record))
    page.pair(heading(texts, "question"), question_text(texts, record["question"]))
    for name, show in PARTS.items():
        is_told_with_articles = name == "instruments" and record.get("treaty_articles")
        if record.get(name) and not is_told_with_articles:
            show(page, texts, record[name])
    _texts(page, heading(texts, "notes"), record["notes"])
    _texts(page, heading(texts, "asks"), record["asks"], numbered=True)
    _derivation(page, texts, record["derivation"])
    page.sources(heading(texts, "source"))
    page.line()
    page.line(standing(texts, record))
    page.show()


def _texts(page: Page, title: str, messages: list[Record], *, numbered: bool = False) -> None:
    if messages:
        page.heading(title)
        page.items((each["text"] for each in messages), numbered=numbered)


def _derivation(page: Page, texts: Translator, steps: list[Record]) -> None:
    page.heading(heading(texts, "derivation"))
    page.table(
        ["#", *heads(texts, "rule", "article", "answer", "facts")],
        [
            (
                str(number),
                labelled(texts, step["rule"], texts.name("rule", step["rule"])),
                _article(step),
                answer_name(texts, step["result"]),
                _grounds(page, texts, step),
            )
            for number, step in enumerate(steps, start=1)
        ],
        is_ruled=False,
        shares=(None, 4, 4, None, 7),
    )


def _article(step: Record) -> str:
    """Return a step's article; that of a rule without one is its name in English, which stands beside it already."""
    article: str = step["article"]
    is_named = step["rule"] == _READING or any(sign.isdigit() for sign in article)
    return article if is_named else "-"


def _grounds(page: Page, texts: Translator, step: Record) -> str:
    """Return the facts of a step and the steps that it uses, a line each."""
    lines = [
        f"{fact['id']} = {shown(fact['value'])} "
        f"({as_of(texts, fact['as_of'])}, {texts.name('confidence', fact['confidence'])})"
        f" {page.source(fact['source'])}".rstrip()
        for fact in step["facts"]
    ]
    if step["uses"]:
        lines.append("← " + ", ".join(str(each + 1) for each in step["uses"]))
    return "\n".join(lines)
