"""What a report says of decisions: counted from their records, named in the reader's language."""

from collections import Counter
from typing import Final

from rempart.law.language import Translator
from rempart.node.record_lines import ContextLine, DecisionLine, DutyLine, ScanLine
from rempart.report import clipped
from rempart.report.values import DecisionFacts, DutyCount

_MOST_DUTIES: Final = 200
_MOST_DATA: Final = 20

_Duty = tuple[str, str, str, str, str, str]


class DecisionFigures:
    """Counts decisions."""

    def __init__(self, names: Translator) -> None:
        """Begin with none.

        Args:
            names: writes the names of duties, states and roles.
        """
        self._names = names
        self._context: ContextLine | None = None
        self._answers: Counter[str] = Counter()
        self._duties: Counter[_Duty] = Counter()
        self._left_out: set[_Duty] = set()
        self._data: dict[tuple[str, str, bool], None] = {}

    def add(self, line: ScanLine) -> None:
        """Count the decisions of one record."""
        for decision in line.decisions or ():
            self._add(decision)

    def facts(self) -> DecisionFacts | None:
        """Return what was counted; nothing where there was no decision."""
        if self._context is None:
            return None
        duties = [
            DutyCount(
                what=what,
                state=state,
                answer=answer,
                to=to,
                within=within,
                article=article,
                matches=matches,
            )
            for (what, state, answer, to, within, article), matches in self._duties.most_common()
        ]
        case, names = self._context, self._names
        return DecisionFacts(
            kind=names.name("kind", case.kind),
            established=names.name("place", case.established),
            conduct=names.name("conduct", case.conduct),
            on=case.date,
            roles=tuple(
                (names.name("role", role), self._states(states))
                for role, states in list(case.roles.items())[:_MOST_DATA]
            ),
            answers=tuple(self._answers.most_common()),
            duties=tuple(duties),
            duties_left_out=len(self._left_out),
            data=tuple(self._data),
        )

    def _add(self, decision: DecisionLine) -> None:
        self._context = self._context or decision.context
        if decision.answer in self._answers or len(self._answers) < _MOST_DATA:
            self._answers[decision.answer] += 1
        if len(self._data) < _MOST_DATA:
            self._data[decision.data_version, decision.data_hash, decision.overlay] = None
        for duty in decision.duties:
            key = self._duty(duty)
            if key in self._duties or len(self._duties) < _MOST_DUTIES:
                self._duties[key] += 1
            elif len(self._left_out) < _MOST_DUTIES:
                self._left_out.add(key)

    def _duty(self, duty: DutyLine) -> _Duty:
        names = self._names
        condition = f" ({names.name('condition', duty.condition)})" if duty.condition else ""
        return (
            names.name("duty", duty.what),
            names.name("place", duty.state),
            names.name("answer", duty.answer) + condition,
            clipped(duty.to or ""),
            self._period(duty),
            clipped(duty.article or ""),
        )

    def _period(self, duty: DutyLine) -> str:
        within = duty.within
        if within is None:
            return ""
        if within.value is not None and within.unit is not None:
            return self._names.period(within.value, within.unit)
        return clipped(within.text or "")

    def _states(self, codes: tuple[str, ...]) -> str:
        return ", ".join(self._names.name("place", each) for each in codes)
