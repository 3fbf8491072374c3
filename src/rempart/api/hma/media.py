"""Media of a request, uploaded or behind a URL: read in the sandbox, never on a disk, and told as signals."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from multipart import MultipartSegment

from rempart.api.bodies import declared_length
from rempart.api.errors import BodyMalformedError, BodyTooLargeError, MediaTypeError
from rempart.api.hma.calls import HmaCall
from rempart.api.memory import Memory
from rempart.api.uploads import (
    FileBeingWritten,
    FilePart,
    PartBeingWritten,
    boundary_of,
    form_parts,
)
from rempart.node.hma import (
    BadRequestError,
    Signals,
    signal_types_for,
    signals_of_media,
)

_LARGEST_FIELD: Final = 100_000
_MEDIA_TYPES: Final = {"image": "photo", "video": "video"}


@dataclass(frozen=True, slots=True)
class _Upload:
    """One part of a form: a file, or the text of a field."""

    field: str
    file: FilePart | None
    text: str


class _File:
    def __init__(self, field: str) -> None:
        self._field = field
        self._file = FileBeingWritten(None)

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def end(self) -> _Upload:
        return _Upload(self._field, self._file.end(), "")

    def give_up(self) -> None:
        self._file.give_up()


class _Text:
    def __init__(self, field: str) -> None:
        self._field = field
        self._content = bytearray()

    def write(self, data: bytes) -> None:
        self._content += data
        if len(self._content) > _LARGEST_FIELD:
            message = "A field of the form is too large."
            raise BodyTooLargeError(message, hint=f"It has at most {_LARGEST_FIELD} bytes.")

    def end(self) -> _Upload:
        try:
            return _Upload(self._field, None, self._content.decode())
        except UnicodeDecodeError as error:
            msg = "A field is no text."
            raise BodyMalformedError(msg, hint="Send UTF-8.") from error

    def give_up(self) -> None:
        self._content.clear()


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
    limit = call.call.service.settings.request_body_bytes
    declared = declared_length(call.call.header(b"content-length"))
    with Memory(call.call.service.upload_memory) as memory:
        if declared is not None and declared <= limit:
            memory.take(declared)
        field, file, fields = await _one_file(call, boundary, memory, limit)
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
            fetched = await call.hma.fetcher.fetch(url, file.write)
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
    call: HmaCall, boundary: str, memory: Memory, limit: int
) -> tuple[str, FilePart, dict[str, str]]:
    files: list[tuple[str, FilePart]] = []
    fields: dict[str, str] = {}
    chunks = call.call.body_parts(limit=limit)
    try:
        async for part in form_parts(chunks, boundary, memory, largest_file=limit, begin=_begun):
            if part.file is None:
                fields.setdefault(part.field, part.text)
            else:
                files.append((part.field, part.file))
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


def _begun(segment: MultipartSegment) -> PartBeingWritten[_Upload]:
    return _Text(segment.name) if segment.filename is None else _File(segment.name)


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
