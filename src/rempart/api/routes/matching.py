"""Match fingerprints."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from rempart.api.answers import JSON, MSGPACK, Answer
from rempart.api.bodies import decode_body, is_msgpack, require_few_objects
from rempart.api.call import SMALL_BODY_BYTES, Call, recorded
from rempart.api.errors import BodyTooLargeError
from rempart.api.forms import answers_in_msgpack
from rempart.api.languages import language_of
from rempart.api.metrics import Metrics
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.shapes import Context, MatchAnswer, MatchRequest
from rempart.model.records import MATCH_SCHEMA, conflict_fields, match_fields
from rempart.node.service import MOST_FINGERPRINTS, Action, Batch, Found

_INLINE_BYTES: Final = 8 * 1024
"""Requests of at most so many bytes are searched on the loop: handing them to a thread would cost more."""

_QUERY_BYTES: Final = 4096
_MSGPACK_QUERY_BYTES: Final = 1024
"""For each query that a request may hold: several fingerprints with a reference. MessagePack packs more into a byte."""

_QUERY_OBJECTS: Final = 1 + MOST_FINGERPRINTS
_CONTEXT_OBJECTS: Final = 1_000

_Decoder: TypeAlias = "msgspec.json.Decoder[MatchRequest] | msgspec.msgpack.Decoder[MatchRequest]"

_FROM_JSON: Final = msgspec.json.Decoder(MatchRequest)
_FROM_MSGPACK: Final = msgspec.msgpack.Decoder(MatchRequest)
_TO_JSON: Final = msgspec.json.Encoder()
_TO_MSGPACK: Final = msgspec.msgpack.Encoder()
_FORMS: Final = ("application/json", "application/msgpack")
_EXAMPLE_REQUEST: Final = {
    "queries": [
        {
            "fingerprints": [{"kind": "pdq", "value": "f8f8f0cce0f4e84d0e370a22028f67f0" * 2}],
            "reference": "upload-1",
        }
    ]
}
_EXAMPLE_ANSWER: Final = {
    "schema": MATCH_SCHEMA,
    "results": [{"reference": "upload-1", "matches": [], "conflicts": []}],
}


def matching_operations(metrics: Metrics) -> list[Operation]:
    """Return the operation that matches fingerprints."""

    async def match(call: Call) -> Answer:
        return await _match(call, metrics)

    return [
        Operation(
            method="POST",
            path="/v1/match",
            name="match",
            tag="matching",
            summary="Match fingerprints",
            description="Results stand in the order of the queries. Matches are on record when the answer arrives; "
            "a query without a match leaves nothing.",
            handle=match,
            action=Action.MATCH,
            body=BodyForm(shape=MatchRequest, media_types=_FORMS, example=_EXAMPLE_REQUEST),
            answers={
                200: AnswerForm(
                    description="What the queries found.",
                    shape=MatchAnswer,
                    media_types=_FORMS,
                    example=_EXAMPLE_ANSWER,
                )
            },
            errors=(406,),
        )
    ]


async def _match(call: Call, metrics: Metrics) -> Answer:
    asked_in_msgpack = is_msgpack(call.header(b"content-type"))
    in_msgpack = answers_in_msgpack(call.header(b"accept"), asked_in_msgpack=asked_in_msgpack)
    most = call.service.settings.batch_queries
    body = await call.body(limit=_largest_body(most, in_msgpack=asked_in_msgpack))
    decoder = _FROM_MSGPACK if asked_in_msgpack else _FROM_JSON
    is_small = len(body) <= _INLINE_BYTES
    if is_small:
        asked = _understood(decoder, body, most)
    else:
        asked = await call.in_thread(_understood, decoder, body, most)
    await call.charge(asked.batch.cost)
    found = await _find(call, asked, is_small=is_small)
    metrics.matched(len(asked.batch), sum(bool(each.matches) for each in found.findings.values()))
    encode = _TO_MSGPACK.encode if in_msgpack else _TO_JSON.encode
    if is_small:
        answer = _encoded(encode, asked.batch, found)
    else:
        answer = await call.in_thread(_encoded, encode, asked.batch, found)
    return Answer(status=200, body=answer, media_type=MSGPACK if in_msgpack else JSON)


@dataclass(frozen=True, slots=True)
class _Asked:
    batch: Batch
    context: Context | None


def _largest_body(queries: int, *, in_msgpack: bool) -> int:
    return max(SMALL_BODY_BYTES, queries * (_MSGPACK_QUERY_BYTES if in_msgpack else _QUERY_BYTES))


def _understood(decoder: _Decoder, body: bytes, most: int) -> _Asked:
    if decoder is _FROM_JSON:
        require_few_objects(body, most * _QUERY_OBJECTS + _CONTEXT_OBJECTS)
    request = decode_body(decoder, body)
    if len(request.queries) > most:
        message = f"A request holds at most {most} queries."
        raise BodyTooLargeError(message, hint="Divide them among several requests.")
    return _Asked(Batch(request.queries), request.context)


async def _find(call: Call, asked: _Asked, *, is_small: bool) -> Found:
    """Return what the queries found, when it is on record."""
    matching, caller = call.service.matching, call.caller
    desk = None
    if asked.context is not None:
        context, language = asked.context, language_of(call)
        desk = await call.in_thread(lambda: call.service.desks.desk(context, language))
    hits = None
    # A caller limited to lists waits for a thread in any case: the time would tell what other lists hold.
    if is_small and caller.lists is None:
        hits = matching.hits(asked.batch)
        if not hits:
            return matching.nothing(asks_decisions=desk is not None)
        if desk is None:
            explained = call.service.explaining.match(
                asked.batch, hits, principal_id=caller.principal.id
            )
            return await asyncio.wrap_future(explained)
    found = await call.in_thread(
        matching.match,
        asked.batch,
        hits,
        principal_id=caller.principal.id,
        visible=caller.lists,
        desk=desk,
    )
    await recorded(found.recorded)
    return found


def _encoded(encode: Callable[[object], bytes], batch: Batch, found: Found) -> bytes:
    results = [_result(batch, found, at) for at in range(len(batch))]
    return encode({"schema": MATCH_SCHEMA, "results": results})


def _result(batch: Batch, found: Found, at: int) -> dict[str, object]:
    findings = found.findings.get(at)
    result: dict[str, object] = {"reference": batch.reference(at)}
    if findings is None:
        result["matches"] = result["conflicts"] = ()
    else:
        result["matches"] = [match_fields(each) for each in findings.matches]
        result["conflicts"] = [conflict_fields(each) for each in findings.conflicts]
    if found.decisions is not None:
        result["decisions"] = found.decisions.get(at, ())
    if at in batch.unsearched:
        result["not_searched"] = batch.unsearched[at]
    return result
