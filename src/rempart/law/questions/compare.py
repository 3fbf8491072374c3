"""How do several states answer the same question?"""

from collections.abc import Sequence
from datetime import date
from typing import cast

from rempart.law.book import LawBook
from rempart.law.questions.citations import citation, deciding_fact
from rempart.law.questions.crime import Deed, crime_step, penalty_record, penalty_step
from rempart.law.rules.surveys import coherent_law, same_answer
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer, Conduct, Material
from rempart.model.law_answers import LawAnswer, Step


def all_deeds(material: Material, on: date, age: int | None = None) -> tuple[Deed, ...]:
    """Return every conduct on a class of material on a day."""
    return tuple(Deed(conduct, material, on, age) for conduct in Conduct)


def compare(book: LawBook, states: Sequence[Jurisdiction], deeds: Sequence[Deed]) -> LawAnswer:
    """Answer whether states agree on deeds: `yes` the same sure answer for each, `no` sure answers differ.

    `check`: no sure answers differ, but some are not known. One row for each deed holds a cell for each state.
    """
    rows = [_row(book, states, deed) for deed in deeds]
    last = coherent_law.apply({"states": tuple(states)}, uses=rows)
    question = {
        "kind": "compare",
        "states": list(states),
        "deeds": [deed.asked() for deed in deeds],
    }
    return book.answer(
        question,
        last,
        rows=[_row_values(book, *each) for each in zip(deeds, rows, strict=True)],
    )


def _row(book: LawBook, states: Sequence[Jurisdiction], deed: Deed) -> Step:
    given = {
        "states": tuple(states),
        "conduct": deed.conduct.value,
        "material": deed.material.value,
    }
    return same_answer.apply(given, uses=[crime_step(book, state, deed) for state in states])


def _row_values(book: LawBook, deed: Deed, row: Step) -> dict[str, object]:
    states = cast("tuple[Jurisdiction, ...]", row.given["states"])
    return {
        **deed.asked(),
        "answer": row.finding.answer.value,
        "differs": row.finding.values["differs"],
        "why": row.finding.why,
        "cells": {
            state: _cell(book, state, deed, crime)
            for state, crime in zip(states, row.uses, strict=True)
        },
    }


def _cell(book: LawBook, state: Jurisdiction, deed: Deed, crime: Step) -> dict[str, object]:
    penalty = penalty_step(book, state, deed)
    finding = crime.finding
    return {
        "answer": finding.answer.value,
        **citation(deciding_fact(crime)),
        "penalty": penalty_record(penalty) if penalty.finding.answer is Answer.YES else None,
        "age_limit": _age_limit(crime),
        "why": finding.why,
        "asks": list(finding.asks),
        "notes": list(finding.notes),
    }


def _age_limit(crime: Step) -> object:
    """Return the age below which national law protects, where the answer rests on it."""
    found = (each.finding.values.get("age_limit") for each in crime.uses)
    return next((age for age in found if age is not None), None)
