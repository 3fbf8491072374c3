"""Tables of law for people: what is known of a state, states side by side, distances from an instrument."""

from collections.abc import Iterable, Sequence
from typing import Any

from rempart.cli.law.page import Page
from rempart.cli.law.words import (
    Record,
    answer_name,
    as_of,
    first_line,
    heading,
    heads,
    penalty,
    shown,
    standing,
)
from rempart.node import Translator


def tell_country(record: Record, texts: Translator) -> None:
    """Write what is known of a state to standard output."""
    page = _begun(record, texts)
    page.table(
        heads(texts, "topic", "value", "answer", "article", "as-of"),
        [
            (
                texts.name("topic", row["topic"]),
                _value(row),
                answer_name(texts, row["answer"]),
                row["provision"] or "-",
                cited(page, texts, row),
            )
            for row in (*record["topics"], *record["contacts"])
        ],
    )
    _treaties(page, texts, record["treaties"])
    _reservations(page, texts, record["reservations"])
    _ended(page, texts, record)


def tell_compare(record: Record, texts: Translator) -> None:
    """Write the answers of several states, one below the other for each conduct, to standard output."""
    page = _begun(record, texts)
    page.table(
        heads(texts, "conduct", "state", "answer", "article", "as-of"),
        [cells for row in record["rows"] for cells in _compared(page, texts, row)],
    )
    _ended(page, texts, record)


def tell_gaps(record: Record, texts: Translator) -> None:
    """Write how far one state is from an instrument to standard output."""
    page = _begun(record, texts)
    page.pair(
        heading(texts, "party"),
        f"{answer_name(texts, record['party']['answer'])}. {record['party']['why']['text']}",
    )
    page.table(
        heads(texts, "obligation", "conduct", "status", "article", "as-of"),
        [
            (
                row["article"],
                _deed(texts, row),
                texts.name("status", row["status"]),
                row["provision"] or "-",
                cited(page, texts, row),
            )
            for row in record["obligations"]
        ],
    )
    _ended(page, texts, record)


def tell_all_gaps(records: Sequence[Record], texts: Translator) -> None:
    """Write how far every state is from an instrument, a line each, to standard output."""
    page = Page(texts)
    statuses = list(records[0]["counts"]) if records else []
    page.table(
        [
            *heads(texts, "state", "party", "answer"),
            *(texts.name("status", each) for each in statuses),
        ],
        [
            (
                texts.name("place", each["question"]["state"]),
                answer_name(texts, each["party"]["answer"]),
                answer_name(texts, each["answer"]),
                *(str(count) for count in each["counts"].values()),
            )
            for each in records
        ],
        is_ruled=False,
    )
    if records:
        page.line(standing(texts, records[0]))
    page.show()


def cited(page: Page, texts: Translator, row: Record) -> str:
    """Return day, confidence and the mark of the source of one cell."""
    if row["fact"] is None:
        return "-"
    sure = texts.name("confidence", row["confidence"])
    return f"{as_of(texts, row['as_of'])}, {sure} {page.source(row['source'])}".rstrip()


def _begun(record: Record, texts: Translator) -> Page:
    page = Page(texts)
    page.line(first_line(texts, record))
    return page


def _ended(page: Page, texts: Translator, record: Record) -> None:
    if record["notes"]:
        page.heading(heading(texts, "notes"))
        page.items(each["text"] for each in record["notes"])
    if record["asks"]:
        page.heading(heading(texts, "asks"))
        page.items((each["text"] for each in record["asks"]), numbered=True)
    page.sources(heading(texts, "source"))
    page.line()
    page.line(standing(texts, record))
    page.show()


def _value(row: Record) -> str:
    value = "-" if row["value"] is None else shown(row["value"])
    has_more = row["detail"] and row["detail"] != row["value"]
    return f"{value}\n({row['detail']})" if has_more else value


def _treaties(page: Page, texts: Translator, rows: Iterable[Record]) -> None:
    page.heading(heading(texts, "instruments"))
    page.table(
        heads(texts, "instrument", "answer", "signed", "ratified", "in-force", "as-of"),
        [
            (
                texts.name("instrument", row["instrument"]),
                answer_name(texts, row["answer"]),
                *(row[name] or "-" for name in ("signed", "ratified", "in_force")),
                cited(page, texts, row),
            )
            for row in rows
        ],
    )


def _reservations(page: Page, texts: Translator, rows: Sequence[Record]) -> None:
    if not rows:
        return
    page.heading(heading(texts, "reservations"))
    page.table(
        heads(texts, "instrument", "article", "value", "answer", "as-of"),
        [
            (
                texts.name("instrument", row["instrument"]),
                row["article"],
                row["effect"],
                answer_name(texts, row["answer"]),
                cited(page, texts, row),
            )
            for row in rows
        ],
    )


def _compared(page: Page, texts: Translator, row: Record) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = []
    for state, cell in row["cells"].items():
        article = cell["provision"] or "-"
        if cell["penalty"]:
            article = f"{article}\n{penalty(texts, {**cell['penalty'], 'facts': ()})}"
        cells.append(
            (
                "" if cells else _deed(texts, row),
                texts.name("place", state),
                answer_name(texts, cell["answer"]),
                article,
                cited(page, texts, cell),
            )
        )
    return cells


def _deed(texts: Translator, row: Record) -> str:
    material: Any = row["material"]
    name = texts.name("conduct", row["conduct"])
    return f"{name}, {texts.name('material', material)}"
