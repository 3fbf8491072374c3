"""Events of a JSON document that arrives piece by piece, and values built from them within limits."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import ijson

from rempart.lists.errors import ListFormatError, ListLimitError, ListTornError
from rempart.lists.limits import MAX_DEPTH, MAX_RECORD_BYTES

# JSON holds values of many types; the readers of records check the type of each field.
Event = tuple[str, Any]

SCALARS: Final = frozenset({"string", "number", "boolean", "null"})
_OPENING: Final = frozenset({"start_map", "start_array"})
_CLOSING: Final = frozenset({"end_map", "end_array"})

# What ijson raises on JSON that it cannot take: a syntax error, a number with more digits than Python
# converts (a SystemError, as the C code does not clear the ValueError below it), an exponent beyond
# the decimal module's.
_PARSE_ERRORS: Final = (ijson.JSONError, ValueError, ArithmeticError, SystemError)


class JsonEvents:
    """The events of one JSON document.

    Args:
        pieces: the decoded text of the document.

    Attributes:
        stream: the events themselves, each once; taken directly, as a method call for each costs a fifth.
        records: how many records were read; the reader of records counts it up, and more input than one
            record may take without a new one is refused.
        is_too_deep: whether `value` left something out since this was last set to False.
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self.records = 0
        self.is_too_deep = False
        self._pieces = pieces
        self.stream: Iterator[Event] = chain.from_iterable(self._batches())

    def value(self, event: str, scalar: Any, *, depth: int = 0) -> Any:
        """Return the value that begins with an event.

        Arrays and objects nested deeper than `MAX_DEPTH` are read past, and `is_too_deep` is set.
        """
        if event in SCALARS:
            return scalar
        if depth >= MAX_DEPTH:
            self.is_too_deep = True
            self.skip(event)
            return None
        return self.object(depth=depth) if event == "start_map" else self._array(depth=depth)

    def object(self, *, depth: int = 0) -> dict[str, Any]:
        """Return the object whose start was just read."""
        stream = self.stream
        found: dict[str, Any] = {}
        for event, key in stream:
            if event == "end_map":
                break
            event, scalar = next(stream)  # noqa: PLW2901 - the event of the key has been used
            found[key] = scalar if event in SCALARS else self.value(event, scalar, depth=depth + 1)
        return found

    def skip(self, event: str) -> None:
        """Read past the value that begins with an event."""
        if event not in _OPENING:
            return
        depth = 1
        for inner, _ in self.stream:
            if inner in _OPENING:
                depth += 1
            elif inner in _CLOSING:
                depth -= 1
                if not depth:
                    return

    def _array(self, *, depth: int) -> list[Any]:
        stream = self.stream
        found: list[Any] = []
        for event, scalar in stream:
            if event == "end_array":
                break
            found.append(scalar if event in SCALARS else self.value(event, scalar, depth=depth + 1))
        return found

    def _batches(self) -> Iterator[list[Event]]:
        """Yield the events of each piece.

        Raises:
            ListTornError: the text ends before the document does.
            ListFormatError: the text is not JSON.
            ListLimitError: a record takes too much input.
        """
        events = ijson.sendable_list()
        parser = ijson.basic_parse_coro(events)
        seen = waiting = 0
        for piece in self._pieces:
            waiting = len(piece) if self.records != seen else waiting + len(piece)
            seen = self.records
            if waiting > MAX_RECORD_BYTES:
                msg = f"After record {seen}, {MAX_RECORD_BYTES} characters hold no further record."
                raise ListLimitError(msg, hint="Check that the file is a hash set and complete.")
            try:
                parser.send(piece.encode())
            except _PARSE_ERRORS as cause:
                msg = f"The list is not JSON somewhere after record {seen}."
                raise ListFormatError(
                    msg,
                    hint="Get the file again or have its sender repair it; nothing was changed.",
                ) from cause
            yield events
            del events[:]
        try:
            parser.close()
        except _PARSE_ERRORS as cause:
            msg = f"The list ends too early, after record {self.records}: its JSON is incomplete."
            raise ListTornError(msg, hint="Get the complete file; nothing was changed.") from cause
        yield events
