"""Decisions for callers that state a case: one desk for each case, kept while cases come again."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from rempart.decide import parse_context
from rempart.law import LawBook, LawDataRefusedError
from rempart.model.language import Language
from rempart.model.match import Match
from rempart.node.errors import LawOverlayError, LawUnreadableError
from rempart.node.law.deciding import DecisionDesk, DecisionRequest, Record
from rempart.node.law.questions import law_book_of, law_overlay_of, open_law_shelf, today
from rempart.node.node import OpenNode

_MOST_DESKS: Final = 64


class SharedDesk:
    """A desk that several threads may use; what it has worked out is remembered for all of them."""

    def __init__(self, desk: DecisionDesk) -> None:
        self._desk = desk
        self._lock = threading.Lock()

    def decide(self, matches: Sequence[Match]) -> list[Record]:
        """Return a decision for every match that nothing suppresses."""
        with self._lock:
            return self._desk.decide(matches)


class Desks:
    """The desks of one worker; the law is read when the first one is asked for."""

    def __init__(self, node: OpenNode) -> None:
        """Remember whose law to read; nothing is read yet."""
        self._node = node
        self._lock = threading.Lock()
        self._book: LawBook | None = None
        self._desks: OrderedDict[bytes, SharedDesk] = OrderedDict()

    def desk(
        self, context: Mapping[str, Any], language: Language
    ) -> SharedDesk:  # Any: JSON values, checked here
        """Return who decides in a case.

        Args:
            context: the content of a `context.toml`, as JSON values.
            language: in which the texts of the decisions are written.

        Raises:
            ContextRefusedError: it does not describe a case; the first mistakes are told.
            LawUnreadableError: the operator's own facts cannot be read.
        """
        case = parse_context("The context", context, today=today(self._node.clock))
        request = DecisionRequest(case, language)
        key = msgspec.json.encode(request.settings())
        with self._lock:
            desk = self._desks.get(key)
            if desk is None:
                desk = SharedDesk(DecisionDesk(request, self._law(), self._node.identifiers))
                self._desks[key] = desk
                if len(self._desks) > _MOST_DESKS:
                    self._desks.popitem(last=False)
            else:
                self._desks.move_to_end(key)
            return desk

    def _law(self) -> LawBook:
        if self._book is None:
            try:
                self._book = law_book_of(open_law_shelf(law_overlay_of(self._node)))
            except (LawOverlayError, LawDataRefusedError) as error:
                # The operator's mistake: callers cannot mend it, and its message names places of this machine.
                raise LawUnreadableError(error.message, hint=error.hint) from error
        return self._book
