"""Lists: shown, made, changed, withdrawn, given out."""

from collections.abc import Callable
from typing import Final

import msgspec

from rempart.api.answers import Answer, StreamedAnswer, json_answer
from rempart.api.call import Call
from rempart.api.conditions import etag_of, is_unchanged, require_match
from rempart.api.exports import export_stream
from rempart.api.list_shapes import (
    ExportQuery,
    ListCountsView,
    ListPage,
    ListPatch,
    ListQuery,
    ListView,
    NewList,
    list_view,
)
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.paging import make_cursor, read_cursor
from rempart.api.writing import answer_write, write_request, written
from rempart.model.handling import Standing, Subject
from rempart.model.lists import HashList, ListPurpose
from rempart.node.service import Action, ListChange, ListDraft, Written

LIST_PATH: Final = {
    "list": "The list's id; or its name, where one owner alone has a list of that name."
}
_REVALIDATE: Final = (b"cache-control", b"private, no-cache")
_NOT_MODIFIED: Final = 304
_CREATED: Final = 201
_QUESTION: Final = "lists"
_FORMATS: Final = {
    "csv": b"text/csv; charset=utf-8",
    "vics": b"application/json",
    "plain": b"text/plain; charset=utf-8",
}
_EXAMPLE: Final = {
    "id": "01a8c2c4-5b7e-7d11-8a55-3b1f0c9d2e4f",
    "name": "exercise-list",
    "owner": "Exercise Hotline",
    "purpose": "known",
    "subject": "child",
    "threshold_bits": 31,
    "standing": "published",
    "marking": "red",
    "generation": 4,
}


def list_operations() -> list[Operation]:
    """Return the operations on lists."""
    one = AnswerForm(description="The list.", shape=ListView, example=_EXAMPLE, has_etag=True)
    return [
        Operation(
            method="GET",
            path="/v1/lists",
            name="show_lists",
            tag="lists",
            summary="Lists that the key may see",
            handle=_show_lists,
            action=Action.LIST_LISTS,
            query=ListQuery,
            answers={200: AnswerForm(description="In the order of their making.", shape=ListPage)},
        ),
        Operation(
            method="POST",
            path="/v1/lists",
            name="add_list",
            tag="lists",
            summary="Make a list",
            handle=_add_list,
            action=Action.CREATE_LIST,
            body=BodyForm(shape=NewList, example={"name": "exercise-list"}),
            answers={201: one},
            is_write=True,
        ),
        Operation(
            method="GET",
            path="/v1/lists/{list}",
            name="show_list",
            tag="lists",
            summary="One list",
            handle=_show_list,
            action=Action.LIST_LISTS,
            path_parameters=LIST_PATH,
            answers={
                200: one,
                304: AnswerForm(
                    description="The list is as If-None-Match names it.", has_etag=True
                ),
            },
            condition="read",
            errors=(409,),
        ),
        Operation(
            method="GET",
            path="/v1/lists/{list}/counts",
            name="count_list",
            tag="lists",
            summary="How much a list holds",
            description="Counted when it is asked: of millions of entries that takes seconds.",
            handle=_count_list,
            action=Action.LIST_LISTS,
            path_parameters=LIST_PATH,
            answers={200: AnswerForm(description="The counts.", shape=ListCountsView)},
            errors=(409,),
        ),
        Operation(
            method="PATCH",
            path="/v1/lists/{list}",
            name="change_list",
            tag="lists",
            summary="Change what is said about a list",
            handle=_change_list,
            action=Action.CHANGE_LIST,
            path_parameters=LIST_PATH,
            body=BodyForm(shape=ListPatch, example={"threshold_bits": 24}),
            answers={200: one},
            is_write=True,
            condition="change",
        ),
        Operation(
            method="DELETE",
            path="/v1/lists/{list}",
            name="withdraw_list",
            tag="lists",
            summary="Withdraw a list with all its entries",
            description="They stay on record, and match no more.",
            handle=_withdraw_list,
            action=Action.CHANGE_LIST,
            path_parameters=LIST_PATH,
            answers={204: AnswerForm(description="It is withdrawn.")},
            is_write=True,
            condition="change",
        ),
        Operation(
            method="GET",
            path="/v1/lists/{list}/export",
            name="export_list",
            tag="lists",
            summary="All active entries of a list, in one of the field's formats",
            description="Streamed; an answer that ends without its last chunk is torn: throw it away.",
            handle=_export_list,
            action=Action.EXPORT_ENTRIES,
            path_parameters=LIST_PATH,
            query=ExportQuery,
            answers={
                200: AnswerForm(
                    description="The list.",
                    media_types=("text/csv", "application/json", "text/plain"),
                )
            },
            errors=(409,),
        ),
    ]


async def _show_lists(call: Call) -> Answer:
    query = call.query(ListQuery)
    question = f"{_QUESTION} {query.withdrawn}"
    after = None if query.cursor is None else read_cursor(query.cursor, question=question)
    visible = await call.in_thread(call.service.lists.visible, call.caller)
    wanted = [
        each
        for each in sorted(visible, key=lambda each: each.id)
        if (query.withdrawn or each.standing is not Standing.WITHDRAWN)
        and (after is None or each.id > after)
    ]
    page = wanted[: query.limit]
    has_more = len(wanted) > len(page)
    cursor = make_cursor(page[-1].id, question=question) if has_more else None
    return json_answer(ListPage([list_view(each) for each in page], cursor))


async def _add_list(call: Call) -> Answer:
    body = await call.body()
    given = await call.json(NewList, body)
    request = write_request(call, body)
    draft = ListDraft(
        name=given.name,
        owner=given.owner,
        purpose=ListPurpose(given.purpose),
        subject=None if given.subject is None else Subject(given.subject),
        threshold_bits=given.threshold_bits,
    )
    lists = call.service.lists
    return await answer_write(
        call,
        lambda: lists.add(request, draft, lambda made: _written(made, status=_CREATED)),
        has_etag=True,
    )


async def _show_list(call: Call) -> Answer:
    found = await find_list(call, Action.LIST_LISTS)
    body = msgspec.json.encode(list_view(found))
    return conditional(call, body)


async def _count_list(call: Call) -> Answer:
    found = await find_list(call, Action.LIST_LISTS)
    summary = await call.in_thread(call.service.lists.summary, found)
    return json_answer(ListCountsView(summary.entries, summary.fingerprints))


async def _change_list(call: Call) -> Answer:
    body = await call.body()
    given = await call.json(ListPatch, body)
    found = await find_list(call, Action.CHANGE_LIST)
    unset = msgspec.UNSET
    change = ListChange(
        subject=None if given.subject is unset else Subject(given.subject),
        threshold_bits=None if given.threshold_bits is unset else given.threshold_bits,
        standing=None if given.standing is unset else Standing(given.standing),
    )
    request, check = write_request(call, body), list_check(call)
    lists = call.service.lists
    return await answer_write(
        call,
        lambda: lists.change(request, found, change, check=check, answering=_written),
        has_etag=True,
    )


async def _withdraw_list(call: Call) -> Answer:
    found = await find_list(call, Action.CHANGE_LIST)
    request, check = write_request(call), list_check(call)
    lists = call.service.lists
    return await answer_write(
        call,
        lambda: lists.withdraw(
            request, found, check=check, answering=lambda _: written(None, status=204)
        ),
    )


async def _export_list(call: Call) -> StreamedAnswer:
    query = call.query(ExportQuery)
    found = await find_list(call, Action.EXPORT_ENTRIES)
    lists, caller = call.service.lists, call.caller
    return await export_stream(
        lambda sink: lists.export(caller, found, sink, format_name=query.format),
        media_type=_FORMATS[query.format],
        caller=caller,
    )


async def find_list(call: Call, action: Action) -> HashList:
    """Return the list that the address names, if the caller may do this with it."""
    return await call.in_thread(call.service.lists.find, call.caller, action, call.path["list"])


def conditional(call: Call, body: bytes) -> Answer:
    """Answer a record with its ETag, or that the caller has it already."""
    etag = etag_of(body)
    headers = ((b"etag", etag), _REVALIDATE)
    if is_unchanged(call.header(b"if-none-match"), etag):
        return Answer(status=_NOT_MODIFIED, headers=headers)
    return Answer(status=200, body=body, headers=headers)


def list_check(call: Call) -> Callable[[HashList], None]:
    """Return what refuses a change of a list that is not as If-Match names it."""
    if_match = call.header(b"if-match")
    return lambda present: require_match(if_match, etag_of(msgspec.json.encode(list_view(present))))


def _written(changed: HashList, *, status: int = 200) -> Written:
    return written(list_view(changed), status=status)
