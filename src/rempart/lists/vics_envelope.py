"""The envelope of a Project VIC / VICS document: finds its media records, whatever its version."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.errors import ListFormatError
from rempart.lists.json_events import SCALARS, JsonEvents
from rempart.lists.limits import MAX_LABEL_CHARS

_CONTEXT_KEYS: Final = frozenset({"odata.metadata", "@odata.context"})
_RECORD_KEYS: Final = frozenset({"value", "Cases"})
_REGION: Final = re.compile(
    rf"/DataModels/[^/]*\.xml/([A-Za-z0-9_-]{{1,{MAX_LABEL_CHARS}}})/", re.ASCII
)

Found = dict[str, Any] | BadRecordError


class VicsEnvelope:
    """Walks one document. Its shape decides: a record that holds a `Media` key is a case.

    Args:
        events: the events of the document.
        check_region: called with the region as soon as the document names it; may raise.

    Attributes:
        region: the region that the context names; absent until a context has named one.
    """

    def __init__(self, events: JsonEvents, *, check_region: Callable[[str | None], None]) -> None:
        self.region: str | None = None
        self._events = events
        self._check_region = check_region

    def records(self) -> Iterator[Found]:
        """Yield each media record as a dict, or the reason why it is none.

        Raises:
            ListFormatError: the document is no object with a list of records.
            ListTornError: it ends too early.
        """
        events = self._events
        stream = events.stream
        if next(stream)[0] != "start_map":
            raise _not_vics(why="it is no JSON object")
        has_records = False
        for event, key in stream:
            if event == "end_map":
                break
            opening, value = next(stream)
            if key in _RECORD_KEYS:
                has_records = True
                yield from self._array(_checked_list(key, opening))
            elif key in _CONTEXT_KEYS and opening == "string":
                self.region = _region_of(value)
                self._check_region(self.region)
            else:
                events.skip(opening)
        deque(stream, maxlen=0)  # read to the end, where a torn or continued document shows
        if not has_records:
            raise _not_vics(why="it holds neither value nor Cases")

    def _array(self, opening: str, *, may_hold_cases: bool = True) -> Iterator[Found]:
        """Yield the records of a list that has just begun; anything else is one bad record."""
        events = self._events
        stream = events.stream
        if opening != "start_array":
            events.skip(opening)
            yield self._counted(_not_an_object())
            return
        for element, _ in stream:
            if element == "end_array":
                return
            if element != "start_map":
                events.skip(element)
                yield self._counted(_not_an_object())
                continue
            record = self._record() if may_hold_cases else events.object()
            if record is None:
                yield from self._rest_of_case()
            else:
                yield self._counted(record)

    def _record(self) -> dict[str, Any] | None:
        """Return a record; None as soon as its key `Media` shows that it is a case."""
        events = self._events
        stream = events.stream
        record: dict[str, Any] = {}
        for event, key in stream:
            if event == "end_map":
                break
            if key == "Media":
                return None
            opening, value = next(stream)
            record[key] = value if opening in SCALARS else events.value(opening, value, depth=1)
        return record

    def _rest_of_case(self) -> Iterator[Found]:
        """Yield the media of a case whose key `Media` was just read, and read past its other keys."""
        events = self._events
        stream = events.stream
        events.is_too_deep = False
        opening = next(stream)[0]
        if opening != "null":
            yield from self._array(opening, may_hold_cases=False)
        for event, key in stream:
            if event == "end_map":
                return
            opening = next(stream)[0]
            if key == "Media" and opening != "null":
                yield from self._array(opening, may_hold_cases=False)
            else:
                events.skip(opening)

    def _counted(self, found: Found) -> Found:
        events = self._events
        events.records += 1
        if events.is_too_deep:
            events.is_too_deep = False
            return BadRecordError(BadCode.TOO_DEEP, "the record is nested too deeply")
        return found


def _checked_list(key: str, opening: str) -> str:
    if opening != "start_array":
        raise _not_vics(why=f"{key} is no list")
    return opening


def _region_of(context: str) -> str | None:
    found = _REGION.search(context)
    return None if found is None else found[1]


def _not_an_object() -> BadRecordError:
    return BadRecordError(BadCode.NOT_AN_OBJECT, "a media record must be a JSON object")


def _not_vics(*, why: str) -> ListFormatError:
    return ListFormatError(
        f"The list is no Project VIC / VICS document: {why}.",
        hint="Check the file and --format.",
    )
