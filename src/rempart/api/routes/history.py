"""The history of matches: read, with every look on record, and judged by persons."""

from typing import Final
from uuid import UUID

import msgspec

from rempart.api.answers import Answer, json_answer
from rempart.api.call import Call
from rempart.api.errors import ParameterError
from rempart.api.history_shapes import (
    DispositionRequest,
    DispositionView,
    MatchesQuery,
    MatchHistory,
    MatchPage,
    disposition_view,
    recorded_view,
)
from rempart.api.identifiers import identifier
from rempart.api.moments import kept_moment
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.paging import make_cursor, read_cursor
from rempart.api.writing import answer_write, write_request, written
from rempart.model.identifiers import ListId, MatchId, PrincipalId
from rempart.model.service import DispositionValue
from rempart.node.service import Action, HistoryFilter

_MATCH_PATH: Final = {"match": "The match's id."}
_NOBODY: Final = "none"


def history_operations() -> list[Operation]:
    """Return the operations on the history."""
    return [
        Operation(
            method="GET",
            path="/v1/matches",
            name="show_matches",
            tag="history",
            summary="What was matched, newest first",
            description="Every look is on record: who, with which filter, and how many matches were shown.",
            handle=_show_matches,
            action=Action.READ_MATCHES,
            query=MatchesQuery,
            answers={200: AnswerForm(description="A page.", shape=MatchPage)},
            errors=(404, 409),
        ),
        Operation(
            method="GET",
            path="/v1/matches/{match}",
            name="show_match",
            tag="history",
            summary="One match with everything that was said of it",
            handle=_show_match,
            action=Action.READ_MATCHES,
            path_parameters=_MATCH_PATH,
            answers={200: AnswerForm(description="The match.", shape=MatchHistory)},
        ),
        Operation(
            method="POST",
            path="/v1/matches/{match}/disposition",
            name="dispose_match",
            tag="history",
            summary="Say what a match is: true, false or unclear, and why",
            description="What was said before stays on record.",
            handle=_dispose_match,
            action=Action.DISPOSE_MATCH,
            path_parameters=_MATCH_PATH,
            body=BodyForm(
                shape=DispositionRequest,
                example={"value": "unclear", "reason": "A second opinion was asked for."},
            ),
            answers={200: AnswerForm(description="What was said.", shape=DispositionView)},
            is_write=True,
        ),
    ]


async def _show_matches(call: Call) -> Answer:
    query = call.query(MatchesQuery)
    list_id = None
    if query.list is not None:
        lists = call.service.lists
        found = await call.in_thread(lists.find, call.caller, Action.READ_MATCHES, query.list)
        list_id = found.id
    wanted = _filter(query, list_id)
    question = msgspec.json.encode(("matches", wanted.told())).decode()
    after = None if query.cursor is None else read_cursor(query.cursor, question=question)
    page = await call.writing(
        call.service.reviewing.page,
        call.caller,
        wanted,
        after=None if after is None else MatchId(after),
        limit=query.limit,
    )
    cursor = make_cursor(page.matches[-1].match.id, question=question) if page.has_more else None
    return json_answer(
        {"matches": [recorded_view(each) for each in page.matches], "next_cursor": cursor}
    )


async def _show_match(call: Call) -> Answer:
    reviewing = call.service.reviewing
    found, said = await call.writing(reviewing.show, call.caller, _match_id(call))
    return json_answer(
        {"match": recorded_view(found), "dispositions": [disposition_view(each) for each in said]}
    )


async def _dispose_match(call: Call) -> Answer:
    body = await call.body()
    given = await call.json(DispositionRequest, body)
    request, match_id = write_request(call, body), _match_id(call)
    reviewing, caller = call.service.reviewing, call.caller
    return await answer_write(
        call,
        lambda: reviewing.dispose(
            request,
            caller,
            match_id,
            value=DispositionValue(given.value),
            reason=given.reason,
            answering=lambda said: written(disposition_view(said)),
        ),
    )


def _match_id(call: Call) -> MatchId:
    return MatchId(identifier(call.path["match"], "match"))


def _filter(query: MatchesQuery, list_id: ListId | None) -> HistoryFilter:
    disposition = query.disposition
    return HistoryFilter(
        list_id=list_id,
        since=kept_moment(query.since, ParameterError),
        until=kept_moment(query.until, ParameterError),
        disposition=None if disposition in {None, _NOBODY} else DispositionValue(disposition),
        is_undisposed=disposition == _NOBODY,
        principal_id=None if query.principal is None else _principal(query.principal),
    )


def _principal(text: str) -> PrincipalId:
    try:
        return PrincipalId(UUID(text))
    except ValueError as error:
        message = "The parameter principal is no identifier."
        raise ParameterError(message, hint="Give it as a match shows it.") from error
