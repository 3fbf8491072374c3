"""Media of a request, uploaded or behind a URL: read in the sandbox, never on a disk, and told as signals."""

import asyncio
import os
from collections.abc import Mapping
from typing import Final

from multipart import MultipartSegment

from rempart.api.errors import BodyMalformedError, MediaTypeError
from rempart.api.hma.calls import HmaCall
from rempart.api.memory import Memory
from rempart.api.uploads import (
    FileBeingWritten,
    FilePart,
    PartBeingWritten,
    TextBeingWritten,
    TextPart,
    boundary_of,
    file_name,
    form_parts,
)
from rempart.node.hma import (
    BadRequestError,
    Signals,
    signal_types_for,
    signals_of_media,
)

_MEDIA_TYPES: Final = {"image": "photo", "video": "video"}


async def signals_of_upload(call: HmaCall) -> tuple[Signals, Mapping[str, str]]:
    """Return the signals of the one file of a form, whose field says what it is, and the form's other fields.

    Raises:
        BadRequestError: there is no file, more than one, or one that is no such media.
        RequestError: the form is torn, too large or too slow.
    """
    try:
        boundary = boundary_of(call.call.header(b"content-type"))
    except MediaTypeError as error:
        msg = "Neither `url` nor multipart file upload was received"
        raise BadRequestError(msg) from error
    with Memory(call.call.service.upload_memory) as memory:
        field, file, fields = await _one_file(call, boundary, memory)
        return await _signals(call, file, field), fields


async def signals_of_url(call: HmaCall) -> Signals:
    """Return the signals of what the URL of the request leads to.

    Raises:
        BadRequestError: it is no such media, or nobody says what it is.
        FetchError: it cannot be fetched, or may not be.
    """
    hint, url = call.query.get("content_type"), call.query["url"]
    if hint:
        signal_types_for(
            hint, call.query.get("types")
        )  # a mistake is told before anything is fetched
    with Memory(call.call.service.upload_memory) as memory:
        memory.take(call.call.service.settings.fetch_bytes)
        file = FileBeingWritten(None)
        try:
            # Beside the loop: where nothing may be fetched, the first request loads what refuses it.
            fetcher = await call.call.in_thread(lambda: call.hma.fetcher)
            fetched = await fetcher.fetch(url, file.write)
            content_type = hint or _content_type(fetched.media_type)
        except BaseException:
            file.give_up()
            raise
        return await _signals(call, file.end(), content_type)


def _content_type(media_type: str | None) -> str:
    content_type = _MEDIA_TYPES.get((media_type or "").partition("/")[0])
    if content_type is None:
        msg = (
            "The URL leads to media of an unsupported type; if you know the expected type, provide it with the "
            "content_type query param"
        )
        raise BadRequestError(msg)
    return content_type


async def _one_file(
    call: HmaCall, boundary: str, memory: Memory
) -> tuple[str, FilePart, dict[str, str]]:
    files: list[tuple[str, FilePart]] = []
    fields: dict[str, str] = {}
    try:
        async for name, part in form_parts(call.call, boundary, memory, _begun):
            if isinstance(part, FilePart):
                files.append((name, part))
            else:
                fields.setdefault(name, _text(part))
        _require_one(len(files))
    except BaseException:
        for _, file in files:
            os.close(file.descriptor)
        raise
    return *files[0], fields


def _require_one(count: int) -> None:
    if count == 0:
        msg = "Missing multipart/form-data file upload"
        raise BadRequestError(msg)
    if count > 1:
        msg = "Only one file allowed per request"
        raise BadRequestError(msg)


def _begun(segment: MultipartSegment) -> PartBeingWritten[FilePart | TextPart]:
    """Take up a part of a form: a file where it has the name of one, else the text of a field."""
    if file_name(segment) is None:
        return TextBeingWritten("A field of the form")
    return FileBeingWritten(None)


def _text(part: TextPart) -> str:
    try:
        return part.content.decode()
    except UnicodeDecodeError as error:
        msg = "A field is no text."
        raise BodyMalformedError(msg, hint="Send UTF-8.") from error


async def _signals(call: HmaCall, file: FilePart, content_type: str) -> Signals:
    """Have a file read with exact fingerprints; its descriptor is closed in any case."""
    try:
        wanted = signal_types_for(content_type, call.query.get("types"))
        await call.call.charge(1)
    except BaseException:
        os.close(file.descriptor)
        raise
    reading = call.call.service.scanning.read(file.descriptor, file.size, is_exact=True)
    return signals_of_media((await asyncio.wrap_future(reading)).file(), wanted)
