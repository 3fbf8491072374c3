"""Answers of law and what stands behind them as records: one JSON object each, in the reader's language."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from rempart.law import RULES, LawShelf, answer_record
from rempart.law.history import Stage, history_of
from rempart.law.language import Translator
from rempart.law.records import fact_record
from rempart.law.shipped import rule_texts
from rempart.model.law_answers import LawAnswer
from rempart.node.errors import LawFactUnknownError

Record: TypeAlias = dict[str, Any]  # JSON values, nested without end

LAW_FACT_SCHEMA: Final = "rempart.law-fact/1"
LAW_RULE_SCHEMA: Final = "rempart.law-rule/1"
LAW_VERSION_SCHEMA: Final = "rempart.law-version/1"

_SHOWN: Final = 80


def law_record(answer: LawAnswer, texts: Translator) -> Record:
    """Return an answer as a `rempart.law/1` record."""
    return answer_record(answer, texts.text)


def fact_history(shelf: LawShelf, fact_id: str, version: str | None = None) -> Record:
    """Return a fact with all that it replaced and all that replaced it as a `rempart.law-fact/1` record.

    Raises:
        LawFactUnknownError: no fact has the identifier.
        UnknownVersionError: there is no version of that name.
    """
    stages = history_of(shelf, fact_id, version)
    if not stages:
        message = f"There is no fact {fact_id[:_SHOWN]!r}."
        raise LawFactUnknownError(
            message, hint="Take an identifier from the derivation of an answer."
        )
    library = shelf.library(version)
    return {
        "schema": LAW_FACT_SCHEMA,
        "id": fact_id,
        "history": [_stage_record(each) for each in stages],
        "data_version": library.version,
        "data_hash": library.hash,
        "overlay": library.has_overlay,
    }


def rule_records() -> Iterator[Record]:
    """Yield every rule as a `rempart.law-rule/1` record, by identifier."""
    for name in sorted(RULES, key=_rule_order):
        rule = RULES[name]
        does = inspect.cleandoc(rule.find.__doc__ or "")
        first, _, more = does.partition("\n\n")
        words = rule_texts().get(rule.id)
        yield {
            "schema": LAW_RULE_SCHEMA,
            "rule": rule.id,
            "article": rule.article,
            "does": " ".join(first.split()),
            "details": " ".join(more.split()),
            "question": None if words is None else words.question,
            "logic": None if words is None else words.logic,
        }


def version_records(shelf: LawShelf) -> Iterator[Record]:
    """Yield every data version as a `rempart.law-version/1` record, oldest first, with the hash of what it sees."""
    for each in shelf.versions:
        library = shelf.library(each.id)
        yield {
            "schema": LAW_VERSION_SCHEMA,
            "version": each.id,
            "date": each.date.isoformat(),
            "title": each.title,
            "facts": len(library.all_facts()),
            "data_hash": library.hash,
            "overlay": library.has_overlay,
        }


def _rule_order(name: str) -> tuple[str, int]:
    family, _, number = name.rpartition("-")
    return family, int(number) if number.isdigit() else 0


def _stage_record(stage: Stage) -> Mapping[str, Any]:
    fact = stage.fact
    return {
        **fact_record(stage.seen or fact),
        "reviewer": fact.reviewer,
        "supersedes": fact.supersedes,
        "corrects": fact.corrects,
        "seen": stage.seen is not None,
    }
