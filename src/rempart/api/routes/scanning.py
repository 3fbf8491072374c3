"""Scan files: a form of files in, one explained record for each out."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from rempart.api.answers import Answer, json_answer
from rempart.api.bodies import decode_body
from rempart.api.call import Call, recorded
from rempart.api.errors import BodyMalformedError, BodyTooLargeError
from rempart.api.languages import language_of
from rempart.api.memory import Memory
from rempart.api.metrics import Metrics
from rempart.api.operations import AnswerForm, BodyForm, Operation
from rempart.api.shapes import CONTEXT_SCHEMA, Context, ScanAnswer
from rempart.api.uploads import (
    MOST_FILES,
    FilePart,
    TextPart,
    boundary_of,
    files_and_context,
    form_parts,
)
from rempart.model.records import SCAN_SCHEMA, scan_record
from rempart.node.service import Action, QueryRefusedError, ScannedUpload, as_reference

if TYPE_CHECKING:
    from rempart.node.service import Reading

_CONTEXT: Final = msgspec.json.Decoder(Context)
_FORM: Final = {
    "type": "object",
    "properties": {
        "file": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_FILES,
            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
            "description": "The files, each a part of this name; they are told by content, never by name.",
        },
        "context": {
            "type": "object",
            **CONTEXT_SCHEMA,
            "description": "What a `context.toml` says, as JSON; with it every match gets a decision.",
        },
    },
    "required": ["file"],
}
_HINT: Final = "See the operation in /openapi.json."
_NO_FILE: Final = "The form holds no file."
_TWO_CONTEXTS: Final = "The form holds the part context twice."
_BAD_NAME: Final = "The name of a file is too long or holds control characters."
_Readings: TypeAlias = "list[tuple[str | None, Future[Reading]]]"


def scanning_operations(metrics: Metrics) -> list[Operation]:
    """Return the operation that scans files."""

    async def scan(call: Call) -> Answer:
        return await _scan(call, metrics)

    return [
        Operation(
            method="POST",
            path="/v1/scan",
            name="scan",
            tag="matching",
            summary="Scan files",
            description="Every file is read in a sandbox, matched, and forgotten: none is kept, and none touches "
            "the disk. The part `context` is the content of a `context.toml` as JSON. A file's name comes back as "
            "its reference and is kept with a match; leave it out if it is personal data.",
            handle=scan,
            action=Action.SCAN,
            body=BodyForm(schema=_FORM, media_types=("multipart/form-data",)),
            answers={
                200: AnswerForm(
                    description="One record for each file, in the order of the form.",
                    shape=ScanAnswer,
                )
            },
        )
    ]


async def _scan(call: Call, metrics: Metrics) -> Answer:
    service = call.service
    read, context = await _read(call)
    desk = None
    if context is not None:
        desk = await call.in_thread(lambda: service.desks.desk(context, language_of(call)))
    scanned = await call.in_thread(
        service.scanning.match,
        read,
        principal_id=call.caller.principal.id,
        visible=call.caller.lists,
        desk=desk,
    )
    await recorded(scanned.recorded)
    metrics.matched(len(read), sum(bool(each.record.matches) for each in scanned.uploads))
    return json_answer(
        {"schema": SCAN_SCHEMA, "results": [_record(each) for each in scanned.uploads]}
    )


async def _read(call: Call) -> "tuple[list[tuple[str | None, Reading]], Context | None]":
    """Return what the workers read of each file of the form, and the case that they belong to."""
    boundary = boundary_of(call.header(b"content-type"))
    readings: _Readings = []
    with Memory(call.service.upload_memory) as memory:
        try:
            parts = form_parts(call, boundary, memory, files_and_context)
            context = await _submit(call, parts, readings)
            return [(name, await asyncio.wrap_future(each)) for name, each in readings], context
        except BaseException:
            for _, each in readings:
                each.cancel()
            raise


async def _submit(
    call: Call, parts: AsyncIterator[tuple[str, FilePart | TextPart]], readings: _Readings
) -> Context | None:
    """Hand each file to a worker as soon as it is whole; return the case of the form."""
    context: Context | None = None
    async for _, part in parts:
        if isinstance(part, FilePart):
            try:
                reference = _reference(part)
                _check_number(len(readings) + 1)
                await call.charge(1)
            except BaseException:
                os.close(part.descriptor)
                raise
            reading = call.service.scanning.read(part.descriptor, part.size)
            readings.append((reference, reading))
        elif context is None:
            context = decode_body(_CONTEXT, part.content)
        else:
            raise BodyMalformedError(_TWO_CONTEXTS, hint=_HINT)
    if not readings:
        raise BodyMalformedError(_NO_FILE, hint=_HINT)
    return context


def _check_number(files: int) -> None:
    if files > MOST_FILES:
        message = "The form holds too many files."
        raise BodyTooLargeError(message, hint=f"Send at most {MOST_FILES} in one request.")


def _reference(part: FilePart) -> str | None:
    """Return a file's name as the caller's word for it.

    Raises:
        BodyMalformedError: it is too long or holds what cannot be kept.
    """
    try:
        return as_reference(part.name)
    except QueryRefusedError as error:
        raise BodyMalformedError(_BAD_NAME, hint=_HINT) from error


def _record(scanned: ScannedUpload) -> dict[str, Any]:  # Any: JSON values
    """Return a file's record without the fields of a path: it has none."""
    record = scan_record(scanned.record, scanned.decisions)
    for name in ("schema", "path"):
        del record[name]
    return {"reference": scanned.reference, **record}
