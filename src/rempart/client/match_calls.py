"""The operations of matching: fingerprints and files."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from rempart.client.errors import BadRequestError, CallError, TooLargeError
from rempart.client.match_shapes import MatchAnswer, Query, QueryResult, ScanAnswer, ScanResult
from rempart.client.requests import (
    JSON,
    MSGPACK,
    FormFile,
    Named,
    Reply,
    Request,
    Steps,
    json_body,
    not_understood,
    reading,
)

MOST_QUERIES: Final = 10_000
"""Queries that are sent in one request; more are divided."""

MOST_FILES: Final = 64
"""Files that are sent in one request; more are divided."""

_PLACE: Final = re.compile(r"queries\[(\d+)\]")
_match_answer: Final = reading(MatchAnswer, is_msgpack=True)
_scan_answer: Final = reading(ScanAnswer)
_Answer = TypeVar("_Answer", MatchAnswer, ScanAnswer)
_Context = Mapping[str, Any] | None  # Any: JSON values


def match(
    queries: Iterable[Query], *, context: _Context = None, language: str | None = None
) -> Steps[MatchAnswer]:
    """Match fingerprints, and return one result for each query, in their order.

    They go out as MessagePack, 10,000 a request; where the service takes less at a time, in smaller parts. Matches
    are on record when their part is answered, also when a later part fails.

    Args:
        queries: any number; at least one.
        context: what a `context.toml` says; with it every match gets a decision.
        language: of the texts in decisions, for example `fr`.
    """
    waiting = iter(queries)
    parts: deque[list[Query]] = deque()
    results: list[QueryResult] = []
    schema = ""
    while parts or (part := list(islice(waiting, MOST_QUERIES))):
        part = parts.popleft() if parts else part
        try:
            answer: MatchAnswer = yield match_request(part, context=context, language=language)
        except TooLargeError:
            if len(part) == 1:
                raise
            middle = len(part) // 2
            parts.extendleft((part[middle:], part[:middle]))
        except BadRequestError as error:
            if not results:
                raise
            raise _counted_behind(len(results), error) from error
        else:
            schema = answer.schema
            results += answer.results
    if not results:
        message = "There is no query."
        raise CallError(message, hint="Give at least one.")
    return MatchAnswer(schema, results)


def _counted_behind(count: int, error: BadRequestError) -> BadRequestError:
    """Return a refusal that names queries by their place in the call, where the service counts those of a request."""
    return type(error)(
        _PLACE.sub(lambda found: f"queries[{int(found[1]) + count}]", error.message),
        hint=error.hint,
        kind=error.kind,
        reference=error.reference,
        status=error.status,
        retry_after_seconds=error.retry_after_seconds,
    )


def match_request(
    queries: Sequence[Query], *, context: _Context = None, language: str | None = None
) -> Request[MatchAnswer]:
    """Return the request for some queries."""
    body: dict[str, object] = {"queries": queries}
    if context is not None:
        body["context"] = context
    return Request(
        operation="match",
        method="POST",
        path="/v1/match",
        headers=(("Content-Type", MSGPACK), ("Accept", MSGPACK), *_language(language)),
        content=msgspec.msgpack.encode(body),
        read=_one_for_each(len(queries), _match_answer),
    )


class File(msgspec.Struct, frozen=True):
    """A file to be scanned.

    Attributes:
        content: its bytes, or where it lies.
        reference: your own word for it, given back with the result and kept with a match; take none that is
            personal data. The file's name is sent only if you give it here.
    """

    content: bytes | Path
    reference: str | None = None

    def __repr__(self) -> str:
        """Say nothing of the content."""
        return f"File(reference={self.reference!r})"


def scan(
    files: Iterable[File | bytes | Path],
    *,
    context: _Context = None,
    language: str | None = None,
) -> Steps[ScanAnswer]:
    """Send files to be fingerprinted and matched, and return one record for each, in their order.

    They go out 64 a request. The service keeps no file.

    Args:
        files: any number, at least one; a path is read while it is sent, so that a large file needs no memory.
        context: what a `context.toml` says; with it every match gets a decision.
        language: of the texts in decisions, for example `fr`.
    """
    waiting = iter(files)
    results: list[ScanResult] = []
    schema = ""
    while part := list(islice(waiting, MOST_FILES)):
        answer: ScanAnswer = yield scan_request(part, context=context, language=language)
        schema = answer.schema
        results += answer.results
    if not results:
        message = "There is no file."
        raise CallError(message, hint="Give at least one.")
    return ScanAnswer(schema, results)


def scan_request(
    files: Sequence[File | bytes | Path],
    *,
    context: _Context = None,
    language: str | None = None,
) -> Request[ScanAnswer]:
    """Return the request for some files."""
    given = [each if isinstance(each, File) else File(each) for each in files]
    return Request(
        operation="scan",
        method="POST",
        path="/v1/scan",
        headers=(("Accept", JSON), *_language(language)),
        files=[FormFile(each.content, each.reference) for each in given],
        fields={} if context is None else {"context": json_body(context)},
        read=_one_for_each(len(given), _scan_answer),
    )


def _one_for_each(count: int, read: Callable[[Reply], _Answer]) -> Callable[[Reply], _Answer]:
    """Return what reads an answer that must have one result for each thing that was sent."""

    def read_all(reply: Reply) -> _Answer:
        answer = read(reply)
        if len(answer.results) != count:
            raise not_understood(reply)
        return answer

    return read_all


def _language(language: str | None) -> Named:
    if language is None:
        return ()
    if not (language.isascii() and language.isprintable()):
        message = "The language is none."
        raise CallError(message, hint="Give its code, for example fr.")
    return (("Accept-Language", language),)
