"""Match URLs, one by one or from a stream, without any file; what is asked is written nowhere."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from rempart.fingerprint.errors import UrlError
from rempart.match import Findings, Matcher, Query, UrlQuery
from rempart.node.errors import SettingsError
from rempart.node.index_upkeep import ready_index
from rempart.node.match_values import FROM_STREAM
from rempart.node.matching import matcher_for
from rempart.node.node import OpenNode

_LONGEST_LINE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UrlLookUp:
    """What one URL of a stream came to.

    Attributes:
        asked: the URL as it was given.
        findings: what it met; absent where it is no URL that can be matched.
        refused: why it is none.
        line: where in the stream it stands, from 1; absent where it was named.
    """

    asked: str
    findings: Findings | None = None
    refused: UrlError | None = None
    line: int | None = None


def look_up_urls(
    node: OpenNode,
    urls: Iterable[str],
    stream: BinaryIO,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[UrlLookUp]:
    """Yield what each URL meets.

    A line of the stream that is no URL is told, and the others go on.

    Args:
        node: against whose lists.
        urls: URLs, or `-` for URLs from the stream, one on a line; blank lines are skipped.
        stream: read where a URL is `-`.
        report: told, in a sentence, of work on the index.

    Raises:
        SettingsError: a named URL is none; nothing was matched.
    """
    named = [(url, None if url == FROM_STREAM else _named(url)) for url in urls]
    matcher = matcher_for(node, ready_index(node.folder, node.store, report=report))
    for url, query in named:
        if query is None:
            yield from _streamed(matcher, stream)
        else:
            yield UrlLookUp(url, _findings(matcher, query))


def _named(url: str) -> UrlQuery:
    try:
        return UrlQuery.of(url)
    except UrlError as error:
        raise SettingsError(error.message, hint=error.hint) from error


def _streamed(matcher: Matcher, stream: BinaryIO) -> Iterator[UrlLookUp]:
    number = 0
    while line := stream.readline(_LONGEST_LINE_BYTES):
        number += 1
        url = line.strip()
        if not url:
            continue
        asked = url.decode(errors="replace")
        try:
            query = UrlQuery.of(url)
        except UrlError as error:
            yield UrlLookUp(asked, refused=error, line=number)
        else:
            yield UrlLookUp(asked, _findings(matcher, query), line=number)


def _findings(matcher: Matcher, url: UrlQuery) -> Findings:
    return matcher.match_many([Query(digests=(), urls=(url,))])[0]
