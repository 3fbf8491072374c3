"""Is a state bound by a treaty on a date?"""

from datetime import date

from rempart.law.book import LawBook
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Treaty
from rempart.model.law_answers import LawAnswer


def is_party(book: LawBook, state: Jurisdiction, treaty: Treaty, on: date) -> LawAnswer:
    """Answer whether a treaty binds a jurisdiction on a day, with its dates where they are known."""
    step = book.party(state, treaty, on)
    question = {
        "kind": "party",
        "state": state,
        "instrument": treaty.value,
        "on": on.isoformat(),
    }
    dates = {
        name: step.finding.values[name]
        for name in ("signed", "ratified", "in_force")
        if name in step.finding.values
    }
    return book.answer(question, step, instruments=[treaty.value], dates=dates)
