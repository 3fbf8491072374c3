"""The envelope of a Project VIC / VICS document: finds its media records, whatever its version."""

import re
from collections.abc import Iterator
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

    Attributes:
        region: the region that the context names; absent until a context has named one.
    """

    def __init__(self, events: JsonEvents) -> None:
        self.region: str | None = None
        self._events = events

    def records(self) -> Iterator[Found]:
        """Yield each media record as a dict, or the reason why it is none.

        Raises:
            ListFormatError: the document is no object with a list of records.
            ListTornError: it ends too early.
        """
        events = self._events
        if next(events)[0] != "start_map":
            raise _not_vics(why="it is no JSON object")
        has_records = False
        for event, key in events:
            if event == "end_map":
                break
            opening, value = next(events)
            if key in _RECORD_KEYS:
                has_records = True
                yield from self._list(key, opening)
            elif key in _CONTEXT_KEYS and opening == "string":
                self.region = _region_of(value)
            else:
                events.skip(opening)
        for _ in events:
            """Read to the end, where a torn or continued document shows."""
        if not has_records:
            raise _not_vics(why="it holds neither value nor Cases")

    def _list(self, key: str, opening: str) -> Iterator[Found]:
        if opening != "start_array":
            raise _not_vics(why=f"{key} is no list")
        yield from self._array(may_hold_cases=True)

    def _array(self, *, may_hold_cases: bool) -> Iterator[Found]:
        events = self._events
        for opening, _ in events:
            if opening == "end_array":
                return
            if opening != "start_map":
                events.skip(opening)
                yield from self._counted(_not_an_object())
            elif may_hold_cases:
                yield from self._record_or_case()
            else:
                yield from self._counted(events.object())

    def _record_or_case(self) -> Iterator[Found]:
        events = self._events
        record: dict[str, Any] = {}
        is_case = False
        for event, key in events:
            if event == "end_map":
                break
            opening, value = next(events)
            if key == "Media":
                is_case = True
                record.clear()
                yield from self._media(opening)
            elif is_case:
                events.skip(opening)
            else:
                record[key] = value if opening in SCALARS else events.value(opening, value, depth=1)
        if is_case:
            events.is_too_deep = False
        else:
            yield from self._counted(record)

    def _media(self, opening: str) -> Iterator[Found]:
        self._events.is_too_deep = False
        if opening == "start_array":
            yield from self._array(may_hold_cases=False)
        elif opening != "null":
            self._events.skip(opening)
            yield from self._counted(_not_an_object())

    def _counted(self, found: Found) -> Iterator[Found]:
        events = self._events
        events.records += 1
        if events.is_too_deep:
            events.is_too_deep = False
            yield BadRecordError(BadCode.TOO_DEEP, "the record is nested too deeply")
        else:
            yield found


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
