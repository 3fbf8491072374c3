"""The audit log: events, checkpoint, keys, proofs, and the whole of it to be checked elsewhere."""

from typing import Annotated, Any, Final

import msgspec

from rempart.api.answers import Answer, StreamedAnswer, json_answer
from rempart.api.call import Call
from rempart.api.errors import PathUnknownError
from rempart.api.exports import export_stream
from rempart.api.list_shapes import Limit
from rempart.api.operations import AnswerForm, Operation
from rempart.model.clock import to_text
from rempart.node.service import Action, AuditEvent

_TEXT: Final = b"text/plain; charset=utf-8"
_LINES: Final = b"application/x-ndjson"
_LARGEST_INDEX: Final = 2**53 - 1
_MOST_DIGITS: Final = 16
_Index = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_INDEX)]


class EventsQuery(msgspec.Struct, frozen=True):
    """What of the log is wanted."""

    limit: Limit = 100
    after: Annotated[
        _Index | None,
        msgspec.Meta(description="Index of the last event of the page before: `next_after`."),
    ] = None
    kind: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None,
        msgspec.Meta(description="Events of this kind, for example `list.imported`."),
    ] = None


class ExportQuery(msgspec.Struct, frozen=True):
    """From where on the log is wanted."""

    first: Annotated[_Index, msgspec.Meta(description="Index of the first event.")] = 0


class EventView(msgspec.Struct, frozen=True):
    """One event: what was done, when, by whom."""

    index: int
    id: str
    kind: str
    at: str
    principal: str
    subject: Annotated[str, msgspec.Meta(description="What the principal is called.")]
    details: Annotated[
        dict[str, Any], msgspec.Meta(description="What changed; empty once it was erased.")
    ]
    is_erased: bool


class EventPage(msgspec.Struct, frozen=True):
    """Some events; may be fewer than were asked for, or none, while there are more."""

    events: list[EventView]
    next_after: Annotated[int | None, msgspec.Meta(description="Absent at the log's end.")]


def audit_operations() -> list[Operation]:
    """Return the operations on the audit log."""
    text = ("text/plain",)
    return [
        Operation(
            method="GET",
            path="/v1/audit",
            name="show_events",
            tag="audit",
            summary="What was done, in the order in which it happened",
            handle=_show_events,
            action=Action.READ_AUDIT,
            query=EventsQuery,
            answers={200: AnswerForm(description="A page.", shape=EventPage)},
        ),
        Operation(
            method="GET",
            path="/v1/audit/checkpoint",
            name="show_checkpoint",
            tag="audit",
            summary="The newest signed checkpoint of the log (C2SP tlog-checkpoint)",
            handle=_show_checkpoint,
            action=Action.READ_AUDIT,
            answers={200: AnswerForm(description="A signed note.", media_types=text)},
        ),
        Operation(
            method="GET",
            path="/v1/audit/keys",
            name="show_audit_keys",
            tag="audit",
            summary="The public keys that checkpoints are checked with",
            handle=_show_keys,
            action=Action.READ_AUDIT,
            answers={200: AnswerForm(description="One a line.", media_types=text)},
        ),
        Operation(
            method="GET",
            path="/v1/audit/proofs/{index}",
            name="show_proof",
            tag="audit",
            summary="That one event stands in the log (C2SP tlog-proof)",
            handle=_show_proof,
            action=Action.READ_AUDIT,
            path_parameters={"index": "The event's index, counted from 0."},
            answers={200: AnswerForm(description="The proof.", media_types=text)},
            errors=(409,),
        ),
        Operation(
            method="GET",
            path="/v1/audit/export",
            name="export_audit",
            tag="audit",
            summary="The log as `rempart.log/1`, to be checked with `rempart audit verify`",
            description="Streamed; an answer that ends without its last chunk is torn: throw it away.",
            handle=_export,
            action=Action.READ_AUDIT,
            query=ExportQuery,
            answers={
                200: AnswerForm(description="JSON lines.", media_types=("application/x-ndjson",))
            },
            errors=(404,),
        ),
    ]


async def _show_events(call: Call) -> Answer:
    query = call.query(EventsQuery)
    page = await call.in_thread(
        call.service.audit.page, after=query.after, limit=query.limit, kind=query.kind
    )
    return json_answer(EventPage([_view(each) for each in page.events], page.after))


async def _show_checkpoint(call: Call) -> Answer:
    audit = call.service.audit
    note = await call.in_thread(audit.newest_checkpoint)
    if note is None:  # the first one is made when it is asked for
        note = await call.writing(audit.checkpoint)
    return Answer(status=200, body=note.encode(), media_type=_TEXT)


async def _show_keys(call: Call) -> Answer:
    lines = await call.in_thread(call.service.audit.keys)
    return Answer(status=200, body=lines.encode(), media_type=_TEXT)


async def _show_proof(call: Call) -> Answer:
    text = call.path["index"]
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        raise PathUnknownError
    proof = await call.writing(call.service.audit.proof, int(text))
    return Answer(status=200, body=proof.encode(), media_type=_TEXT)


async def _export(call: Call) -> StreamedAnswer:
    query = call.query(ExportQuery)
    audit, caller = call.service.audit, call.caller
    return await export_stream(
        lambda sink: audit.export(caller, sink, first=query.first),
        media_type=_LINES,
        caller=caller,
    )


def _view(shown: AuditEvent) -> EventView:
    event, principal = shown.event, shown.principal
    return EventView(
        index=shown.index,
        id=str(event.id),
        kind=event.kind,
        at=to_text(event.at),
        principal=str(principal.id),
        subject=principal.subject,
        details=dict(event.details),
        is_erased=shown.is_erased,
    )
