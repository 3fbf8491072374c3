"""Requests as values: what is asked, in full, before anything is sent; and how the answer is read."""

import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Generic, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from rempart.client.errors import AnswerError, CallError
from rempart.model.clock import to_text

T = TypeVar("T")
Named: TypeAlias = tuple[tuple[str, str], ...]

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
_LONGEST_KEY: Final = 200
_KEY_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, with one of the statuses that its request takes."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    reference: str


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form, in a form that can be sent again: bytes, or a path that is opened for each try."""

    content: bytes | Path = field(repr=False)
    reference: str | None = None

    def opened(self) -> bytes | BinaryIO:
        """Return what is sent; whoever takes an open file closes it."""
        return self.content.open("rb") if isinstance(self.content, Path) else self.content


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One request, which may be sent more than once and is done once.

    Attributes:
        operation: name of the operation in the service's OpenAPI.
        path: template of the address.
        names: values of the names in the template.
        query: parameters after the question mark.
        content: the body, encoded; absent where there is none or a form.
        files: of a form.
        fields: of a form besides its files.
        statuses: those that are an answer and no error.
        read: makes the result of the answer.
    """

    operation: str
    method: str
    path: str
    read: Callable[[Reply], T] = field(repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    query: Named = ()
    headers: Named = ()
    content: bytes | None = field(default=None, repr=False)
    files: Sequence[FormFile] | None = field(default=None, repr=False)
    fields: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    statuses: frozenset[int] = frozenset({200})

    @property
    def address(self) -> str:
        """The path with its names filled in.

        Raises:
            CallError: a name cannot stand in an address.
        """
        path = self.path
        for name, value in self.names.items():
            # Servers take %2F for a slash, and some clients' libraries walk up at dots: neither is in any name.
            if value in {"", ".", ".."} or "/" in value:
                message = f"The argument {name} is no name."
                raise CallError(message, hint="Give an identifier or a name.")
            path = path.replace(f"{{{name}}}", quote(value, safe="", errors="replace"))
        return path


Steps: TypeAlias = Generator[Request[Any], Any, T]
"""Several requests that make one result: yields each, and is given what it answered."""


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """Records that come page by page.

    Attributes:
        request: makes the request of a page from the mark of the one before, or of the first page from nothing.
        records: of a page.
        following: the mark of the next page, or nothing.
    """

    request: Callable[[Any], Request[Any]]
    records: Callable[[Any], Sequence[T]]
    following: Callable[[Any], Any]


def reading(shape: type[T], *, is_msgpack: bool = False) -> Callable[[Reply], T]:
    """Return what reads an answer of a shape, in JSON or in MessagePack."""
    decoder = msgspec.msgpack.Decoder(shape) if is_msgpack else msgspec.json.Decoder(shape)

    def read(reply: Reply) -> T:
        try:
            return decoder.decode(reply.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise not_understood(reply) from error

    return read


def not_understood(reply: Reply) -> AnswerError:
    """Return the error for an answer that has not the shape of its operation."""
    return AnswerError(
        "The answer is not what the operation answers.",
        hint="Check that the address is that of a Rempart service, of a version that this client knows.",
        reference=reply.reference,
    )


def nothing(_: Reply) -> None:
    """Read an answer that has no body."""


def text(reply: Reply) -> str:
    """Read an answer in plain text."""
    try:
        return reply.content.decode()
    except UnicodeDecodeError as error:
        raise not_understood(reply) from error


def json_body(value: object) -> bytes:
    """Return a body; what is absent is left out."""
    return msgspec.json.encode(value)


def given(**fields: object) -> dict[str, object]:
    """Return the fields that are not absent, moments as texts."""
    return {
        name: moment_text(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not None
    }


def query(**parameters: object) -> Named:
    """Return the parameters that are not absent, as texts."""
    return tuple((name, _parameter(value)) for name, value in given(**parameters).items())


def moment_text(moment: datetime) -> str:
    """Return a moment as the service reads it.

    Raises:
        CallError: it has no zone.
    """
    try:
        return to_text(moment)
    except ValueError as error:
        message = "A moment has no zone."
        raise CallError(message, hint="Give an aware datetime, for example in UTC.") from error


def write_headers(idempotency_key: str | None, if_match: str | None = None) -> Named:
    """Return the headers of a write, with a key of its own where the caller gives none.

    Raises:
        CallError: the key has not its form.
    """
    key = secrets.token_urlsafe(_KEY_BYTES) if idempotency_key is None else idempotency_key
    if not 0 < len(key) <= _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = "The idempotency key has not its form."
        raise CallError(message, hint=f"Give 1 to {_LONGEST_KEY} printable ASCII characters.")
    condition = () if if_match is None else (("If-Match", header_value(if_match)),)
    return (("Idempotency-Key", key), *condition)


def header_value(etag: str) -> str:
    """Return an ETag as a header.

    Raises:
        CallError: it cannot be one.
    """
    if not etag or not (etag.isascii() and etag.isprintable()):
        message = "The ETag has not its form."
        raise CallError(message, hint="Give it as an answer carried it.")
    return etag


def _parameter(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
