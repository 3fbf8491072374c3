"""Decisions beside the matches of a scan: the operator's context, the law of the node, and the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from rempart.decide import Decider, context_record, decision_record, parse_context, read_context
from rempart.law import LawBook
from rempart.law.language import Translator
from rempart.model.decision import CaseContext, Decision, Ruling
from rempart.model.identifiers import IdentifierSource
from rempart.model.language import Language
from rempart.model.match import Match
from rempart.model.scan import ScanRecord
from rempart.node.errors import ContextFileError

Record: TypeAlias = dict[str, Any]  # JSON values, nested without end

_MOST_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What a scan is asked to decide.

    Attributes:
        context: the case as the operator states it.
        language: in which the texts of the decisions are written.
    """

    context: CaseContext
    language: Language

    @property
    def texts(self) -> Translator:
        """Who writes the texts of the decisions."""
        return Translator(self.language)

    def settings(self) -> Mapping[str, object]:
        """Return the request as JSON values, for a run that may be resumed."""
        return {"context": context_record(self.context), "language": self.language.value}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "DecisionRequest":  # Any: JSON values
        """Return the request that `settings` wrote down."""
        case = parse_context("the run's context", settings["context"], today=date.min)
        return cls(case, Language(settings["language"]))


def read_context_file(path: Path, *, today: date) -> CaseContext:
    """Return the case that a file describes.

    Raises:
        ContextFileError: it cannot be read.
        ContextRefusedError: it does not describe a case; every mistake is told.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"The context {path} cannot be read: {error.strerror}."
        raise ContextFileError(message, hint="Name a file that can be read.") from error
    return read_context(str(path), content, today=today)


@dataclass(slots=True)
class DecisionDesk:
    """Decides on the matches of a scan, and writes the decisions down in one language."""

    request: DecisionRequest
    book: LawBook
    identifiers: IdentifierSource
    _decider: Decider = field(init=False)
    _texts: Translator = field(init=False)
    _written: dict[int, tuple[Ruling, Record]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up what decides and who writes."""
        self._decider = Decider(self.book, self.request.context)
        self._texts = self.request.texts

    def records(self, record: ScanRecord) -> list[Record]:
        """Return a decision for every match of a file that nothing suppresses."""
        return self.decide(record.matches)

    def decide(self, matches: Sequence[Match]) -> list[Record]:
        """Return a decision for every match that nothing suppresses."""
        decisions = (self._decider.decide(match, self.identifiers) for match in matches)
        return [self._record(decision) for decision in decisions if decision is not None]

    def _record(self, decision: Decision) -> Record:
        """Return a decision's record; what a ruling says is written once and shared."""
        ruling = decision.ruling
        kept = self._written.get(id(ruling))
        if kept is None or kept[0] is not ruling:
            if len(self._written) >= _MOST_REMEMBERED:
                self._written.clear()
            kept = self._written[id(ruling)] = ruling, decision_record(decision, self._texts.text)
        return {**kept[1], "id": str(decision.id), "match": str(decision.match_id)}
