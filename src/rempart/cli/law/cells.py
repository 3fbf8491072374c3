"""Tables of law cell by cell: each with its answer, article, source, day and confidence, as CSV has them."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from rempart.cli.law.words import Record
from rempart.cli.messages import tell_as_is
from rempart.node import with_quote

Cell: TypeAlias = dict[str, Any]
"""One row of CSV: the values of its columns; what is absent is empty."""

_CITED: Final = (
    "article",
    "source",
    "as_of",
    "as_of_precision",
    "as_of_text",
    "confidence",
    "fact",
    "why",
    "asks",
)
_DATA: Final = ("data_version", "data_hash", "overlay")

COUNTRY_COLUMNS: Final = (
    "state",
    "on",
    "part",
    "topic",
    "value",
    "answer",
    *_CITED,
    "detail",
    *_DATA,
)
COMPARE_COLUMNS: Final = (
    "state",
    "conduct",
    "material",
    "age",
    "on",
    "answer",
    "penalty_min_months",
    "penalty_max_months",
    "fine_only",
    "age_limit",
    *_CITED,
    *_DATA,
)
GAPS_COLUMNS: Final = (
    "state",
    "instrument",
    "on",
    "party",
    "obligation",
    "conduct",
    "material",
    "status",
    "answer",
    *_CITED,
    *_DATA,
)

CHANGES_COLUMNS: Final = (
    "part",
    "state",
    "question",
    "conduct",
    "material",
    "instrument",
    "on",
    "differs",
    "before",
    "after",
    "before_details",
    "after_details",
    "why",
    "fact",
    "replaces",
    "topic",
    "article",
    "source",
    "holds_from",
    "holds_to",
    "confidence",
    "from_version",
    "from_hash",
    *_DATA,
)

AUDIT_COLUMNS: Final = (
    "part",
    "severity",
    "code",
    "subject",
    "why",
    "against",
    "fact",
    "article",
    "source",
    "as_of",
    "as_of_precision",
    "as_of_text",
    "confidence",
    "family",
    "known",
    "unsure",
    "unknown",
    "none",
    *_DATA,
)
MISTAKE_COLUMNS: Final = ("file", "line", "message", "expected")

_ASKED: Final = ("state", "conduct", "material", "instrument", "on")
_BETWEEN_TEXTS: Final = " | "


def write_csv(columns: Iterable[str], cells: Iterable[Cell]) -> None:
    """Write cells as UTF-8 CSV with header and CRLF to standard output; no cell is a formula to a spreadsheet."""
    names = tuple(columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for cell in cells:
        writer.writerow([with_quote(_text(cell.get(name))) for name in names])
    tell_as_is(text.getvalue())


def country_cells(record: Record) -> Iterator[Cell]:
    """Yield every topic, treaty, reservation and contact point of a state."""
    question = record["question"]
    shared = {"state": question["state"], "on": question["on"], **_data(record)}
    for part in ("topics", "contacts"):
        for row in record[part]:
            own = {"part": part, "topic": row["topic"], "value": row["value"]}
            yield {**shared, **own, "detail": row["detail"], **cited(row)}
    for row in record["treaties"]:
        topic = f"treaty.{row['instrument']}"
        yield {**shared, "part": "treaties", "topic": topic, "value": row["in_force"], **cited(row)}
    for row in record["reservations"]:
        own = {"part": "reservations", "topic": f"treaty.{row['instrument']}.reservation"}
        article = {"provision": row["article"], **row}
        yield {**shared, **own, "value": row["effect"], **cited(article)}


def compare_cells(record: Record) -> Iterator[Cell]:
    """Yield one cell for each conduct and state."""
    for row in record["rows"]:
        deed = {name: row.get(name) for name in ("conduct", "material", "age", "on")}
        for state, cell in row["cells"].items():
            yield {
                "state": state,
                **deed,
                **_penalty(cell["penalty"]),
                "age_limit": cell["age_limit"],
                **cited(cell),
                **_data(record),
            }


def gaps_cells(record: Record) -> Iterator[Cell]:
    """Yield one cell for each obligation."""
    question = record["question"]
    for row in record["obligations"]:
        yield {
            **{name: question[name] for name in ("state", "instrument", "on")},
            "party": record["party"]["answer"],
            "obligation": row["article"],
            **{name: row[name] for name in ("conduct", "material", "status")},
            **cited(row),
            **_data(record),
        }


def changes_cells(record: Record) -> Iterator[Cell]:
    """Yield every answer that differs, once for each fact that did it, and then every fact that differs."""
    old = record["question"]["from"]
    shared = {"from_version": old["data_version"], "from_hash": old["data_hash"], **_data(record)}
    for row in record["changes"]:
        asked = {name: row["question"].get(name) for name in _ASKED}
        answers = {
            "part": "answer",
            "question": row["question"]["kind"],
            "differs": row["differs"],
            "before": row["old"]["answer"],
            "after": row["new"]["answer"],
            "before_details": _details(row["old"], row["differs"]),
            "after_details": _details(row["new"], row["differs"]),
            "why": row["why"]["text"],
        }
        for fact in row["facts"] or [{"id": None, "old": None, "new": None}]:
            yield {**shared, **asked, **answers, **_fact_values(fact)}
    for kind, facts in record["facts"].items():
        for fact in facts:
            values = {"before": (fact["old"] or {}).get("value"), **_fact_values(fact)}
            after = (fact["new"] or {}).get("value")
            yield {**shared, "part": kind, "after": after, "replaces": fact["replaces"], **values}


def audit_cells(record: Record) -> Iterator[Cell]:
    """Yield every finding, once for each fact that it names, and then the coverage of every jurisdiction."""
    shared = _data(record)
    for each in record["findings"]:
        finding = {name: each[name] for name in ("severity", "code", "subject")}
        texts = {"part": "finding", "why": each["why"]["text"], "against": each["article"]}
        for name in each["facts"] or [None]:
            fact = record["cited"].get(name, {})
            yield {**shared, **finding, **texts, "fact": name, **_source(fact)}
    for each in record["coverage"]:
        yield {**shared, "part": "coverage", **each}


def _source(fact: Record) -> Cell:
    as_of: Mapping[str, Any] = fact.get("as_of") or {}
    return {
        "article": fact.get("basis"),
        "source": fact.get("source"),
        "as_of": as_of.get("date"),
        "as_of_precision": as_of.get("precision"),
        "as_of_text": as_of.get("text"),
        "confidence": fact.get("confidence"),
    }


def _details(view: Record, differs: Iterable[str]) -> str:
    own = {name: view[name] for name in differs if name != "answer"}
    return json.dumps(own, ensure_ascii=False) if own else ""


def _fact_values(fact: Record) -> Cell:
    values = fact["new"] or fact["old"] or {}
    own = ("topic", "source", "holds_from", "holds_to", "confidence")
    return {
        "fact": fact["id"],
        "article": values.get("basis"),
        **{name: values.get(name) for name in own},
    }


def cited(row: Record) -> Cell:
    """Return the answer of a row with article, source, day, confidence, reason and questions."""
    return {
        "answer": row["answer"],
        **_source({**row, "basis": row["provision"]}),
        "fact": row["fact"],
        "why": row["why"]["text"],
        "asks": _BETWEEN_TEXTS.join(each["text"] for each in row["asks"]),
    }


def _penalty(part: Record | None) -> Cell:
    if part is None:
        return {}
    limits = {f"penalty_{name}_months": (part[name] or {}).get("value") for name in ("min", "max")}
    return {**limits, "fine_only": part["fine_only"]}


def _data(record: Record) -> Cell:
    return {name: record[name] for name in _DATA}


def _text(value: Any) -> str:  # Any: a JSON value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _BETWEEN_TEXTS.join(map(str, value))
    return str(value)
