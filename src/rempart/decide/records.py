"""Decisions as JSON records."""

from typing import Any, Final

from rempart.decide.context import context_record
from rempart.law import Writer, answer_record
from rempart.model.decision import Decision

DECISION_SCHEMA: Final = "rempart.decision/1"


def decision_record(decision: Decision, write: Writer) -> dict[str, Any]:  # Any: JSON values
    """Return a decision as a `rempart.decision/1` record: the match it names, what law asks, and the derivation.

    Args:
        decision: the decision.
        write: gives the text of a message in the reader's language.
    """
    outcome = answer_record(decision.ruling.outcome, write, is_brief=True)
    return {
        **outcome,
        "schema": DECISION_SCHEMA,
        "id": str(decision.id),
        "match": str(decision.match_id),
        "context": context_record(decision.ruling.context),
    }
