"""Entries of a list: shown, added, changed, withdrawn, suspended, resumed."""

from binascii import unhexlify
from collections.abc import Callable
from typing import Final

import msgspec

from rempart.api.answers import Answer, json_answer
from rempart.api.bodies import require_few_objects
from rempart.api.call import Call
from rempart.api.conditions import etag_of, require_match
from rempart.api.errors import BodyMalformedError, CursorError, ParameterError
from rempart.api.identifiers import identifier
from rempart.api.list_shapes import (
    EntriesQuery,
    EntriesTaken,
    EntryChange,
    EntryPage,
    EntryShown,
    NewEntries,
    RecordKept,
    SourceQuery,
    SuspensionRequest,
    entry_view,
    kept_view,
    taken,
)
from rempart.api.moments import kept_moment
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.paging import make_cursor, read_cursor
from rempart.api.routes.lists import LIST_PATH, conditional, find_list
from rempart.api.writing import answer_write, write_request, written
from rempart.model.fingerprint import FIXED_BYTES
from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId
from rempart.model.list_content import EntryView
from rempart.node.service import Action, RecordAbsentError

_ENTRIES: Final = "/v1/lists/{list}/entries"
_ENTRY: Final = "/v1/lists/{list}/entries/{entry}"
_ENTRY_PATH: Final = {**LIST_PATH, "entry": "The entry's id."}
_LARGEST_ENTRY: Final = 16 << 20
_MOST_OBJECTS: Final = 1_000_000
"""More than 10,000 entries of most fingerprints and labels have."""

_DONE: Final = written(None, status=204)
_EXAMPLE: Final = {
    "entries": [
        {
            "fingerprints": [{"kind": "pdq", "value": "f8f8f0cce0f4e84d0e370a22028f67f0" * 2}],
            "labels": [{"scheme": "exercise", "value": "exercise-A"}],
        }
    ]
}


def entry_operations() -> list[Operation]:
    """Return the operations on entries."""
    one = AnswerForm(description="The entry.", shape=EntryShown, has_etag=True)
    return [
        Operation(
            method="GET",
            path=_ENTRIES,
            name="show_entries",
            tag="lists",
            summary="Entries of a list, in the order in which they came",
            handle=_show_entries,
            action=Action.READ_ENTRIES,
            path_parameters=LIST_PATH,
            query=EntriesQuery,
            answers={200: AnswerForm(description="A page.", shape=EntryPage)},
            errors=(409,),
        ),
        Operation(
            method="POST",
            path=_ENTRIES,
            name="put_entries",
            tag="lists",
            summary="Add entries to a list, or change them",
            description="As an import in mode `add`: a record that names an entry of the list changes what the "
            "source says of it. One that is refused keeps no other out.",
            handle=_put_entries,
            action=Action.EDIT_ENTRIES,
            path_parameters=LIST_PATH,
            body=BodyForm(shape=NewEntries, example=_EXAMPLE),
            answers={200: AnswerForm(description="What became of each.", shape=EntriesTaken)},
            is_write=True,
        ),
        Operation(
            method="GET",
            path=_ENTRY,
            name="show_entry",
            tag="lists",
            summary="One entry, withdrawn or not",
            handle=_show_entry,
            action=Action.READ_ENTRIES,
            path_parameters=_ENTRY_PATH,
            answers={
                200: one,
                304: AnswerForm(
                    description="The entry is as If-None-Match names it.", has_etag=True
                ),
            },
            condition="read",
            errors=(409,),
        ),
        Operation(
            method="PUT",
            path=_ENTRY,
            name="change_entry",
            tag="lists",
            summary="Replace what a source says of an entry",
            description="Its `source_id`, or without one its strongest fingerprint, has to stay: by that it is known.",
            handle=_change_entry,
            action=Action.EDIT_ENTRIES,
            path_parameters=_ENTRY_PATH,
            body=BodyForm(shape=EntryChange, example=_EXAMPLE["entries"][0]),
            answers={200: AnswerForm(description="What became of it.", shape=RecordKept)},
            is_write=True,
            condition="change",
        ),
        Operation(
            method="DELETE",
            path=_ENTRY,
            name="withdraw_entry",
            tag="lists",
            summary="Withdraw an entry, or one source's claim on it",
            description="An entry goes on matching while any source claims it. A source that claims nothing is no error"
            " and changes nothing: read the entry to see whose claims are left.",
            handle=_withdraw_entry,
            action=Action.EDIT_ENTRIES,
            path_parameters=_ENTRY_PATH,
            query=SourceQuery,
            answers={204: AnswerForm(description="No such claim is left.")},
            is_write=True,
            condition="change",
        ),
        Operation(
            method="POST",
            path=f"{_ENTRY}/suspend",
            name="suspend_entry",
            tag="lists",
            summary="Let an entry not be matched for a time",
            handle=_suspend_entry,
            action=Action.EDIT_ENTRIES,
            path_parameters=_ENTRY_PATH,
            body=BodyForm(shape=SuspensionRequest, example={"until": None}),
            answers={204: AnswerForm(description="It is suspended.")},
            is_write=True,
        ),
        Operation(
            method="POST",
            path=f"{_ENTRY}/resume",
            name="resume_entry",
            tag="lists",
            summary="Let a suspended entry be matched again",
            handle=_resume_entry,
            action=Action.EDIT_ENTRIES,
            path_parameters=_ENTRY_PATH,
            answers={204: AnswerForm(description="It is not suspended any more.")},
            is_write=True,
        ),
    ]


async def _show_entries(call: Call) -> Answer:
    query = call.query(EntriesQuery)
    value = _wanted_value(query)
    of_list = await find_list(call, Action.READ_ENTRIES)
    filters = (query.standing, query.kind, query.value, query.source_id)
    question = msgspec.json.encode(("entries", str(of_list.id), filters)).decode()
    after = None if query.cursor is None else read_cursor(query.cursor, question=question)
    try:
        found = await call.in_thread(
            call.service.entries.page,
            of_list,
            after=None if after is None else EntryId(after),
            limit=query.limit + 1,
            standing=None if query.standing is None else Standing(query.standing),
            kind=query.kind,
            value=value,
            source_id=query.source_id,
        )
    except RecordAbsentError as error:
        message = "The cursor belongs to no page of this list."
        raise CursorError(message, hint="Begin with the first page.") from error
    page = found[: query.limit]
    has_more = len(found) > len(page)
    cursor = make_cursor(page[-1].entry.id, question=question) if has_more else None
    return json_answer({"entries": [entry_view(each) for each in page], "next_cursor": cursor})


async def _put_entries(call: Call) -> Answer:
    of_list = await find_list(call, Action.EDIT_ENTRIES)
    body = await call.body(limit=call.service.settings.request_body_bytes)
    require_few_objects(body, _MOST_OBJECTS)
    given = await call.json(NewEntries, body)
    request = write_request(call, body)
    return await answer_write(
        call,
        lambda: call.service.entries.put(
            request,
            of_list,
            given.entries,
            source=given.source,
            answering=lambda kept, bad: written(taken(kept, bad)),
        ),
    )


async def _show_entry(call: Call) -> Answer:
    of_list = await find_list(call, Action.READ_ENTRIES)
    found = await call.in_thread(call.service.entries.get, of_list, _entry_id(call))
    return conditional(call, _encoded(found))


async def _change_entry(call: Call) -> Answer:
    of_list = await find_list(call, Action.EDIT_ENTRIES)
    entry_id = _entry_id(call)
    body = await call.body(limit=_LARGEST_ENTRY)
    given = await call.json(EntryChange, body)
    request, check = write_request(call, body), _check(call)
    return await answer_write(
        call,
        lambda: call.service.entries.change(
            request,
            of_list,
            entry_id,
            given,
            source=given.source,
            check=check,
            answering=lambda kept: written(kept_view(1, kept)),
        ),
    )


async def _withdraw_entry(call: Call) -> Answer:
    query = call.query(SourceQuery)
    of_list = await find_list(call, Action.EDIT_ENTRIES)
    entry_id, request, check = _entry_id(call), write_request(call), _check(call)
    return await answer_write(
        call,
        lambda: call.service.entries.withdraw(
            request, of_list, entry_id, source=query.source, check=check, answer=_DONE
        ),
    )


async def _suspend_entry(call: Call) -> Answer:
    of_list = await find_list(call, Action.EDIT_ENTRIES)
    entry_id = _entry_id(call)
    body = await call.body()
    given = await call.json(SuspensionRequest, body)
    until = kept_moment(given.until, BodyMalformedError)
    request = write_request(call, body)
    return await answer_write(
        call,
        lambda: call.service.entries.suspend(request, of_list, entry_id, until=until, answer=_DONE),
    )


async def _resume_entry(call: Call) -> Answer:
    of_list = await find_list(call, Action.EDIT_ENTRIES)
    entry_id, request = _entry_id(call), write_request(call)
    return await answer_write(
        call, lambda: call.service.entries.resume(request, of_list, entry_id, answer=_DONE)
    )


def _entry_id(call: Call) -> EntryId:
    return EntryId(identifier(call.path["entry"], "entry"))


def _encoded(shown: EntryView) -> bytes:
    return msgspec.json.encode(entry_view(shown))


def _check(call: Call) -> Callable[[EntryView], None]:
    """Return what refuses a change of an entry that is not as If-Match names it."""
    if_match = call.header(b"if-match")
    return lambda present: require_match(if_match, etag_of(_encoded(present)))


def _wanted_value(query: EntriesQuery) -> bytes | None:
    if query.value is None:
        return None
    if query.kind is None:
        message = "The parameter value needs the parameter kind."
        raise ParameterError(message, hint="Say of which kind the value is.")
    width = FIXED_BYTES.get(query.kind)
    if width is None:
        return query.value.encode(errors="replace")
    try:
        value = unhexlify(query.value)
    except ValueError:
        value = b""
    if len(value) != width:
        message = f"The parameter value is no {query.kind}."
        raise ParameterError(message, hint=f"Write it in {2 * width} hexadecimal digits.")
    return value
