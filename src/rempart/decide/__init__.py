"""Match, context and law joined to a decision; see README.md."""

from rempart.decide.context import context_record, parse_context, read_context
from rempart.decide.decider import Decider
from rempart.decide.errors import ContextRefusedError
from rempart.decide.records import decision_record

__all__ = [
    "ContextRefusedError",
    "Decider",
    "context_record",
    "decision_record",
    "parse_context",
    "read_context",
]
