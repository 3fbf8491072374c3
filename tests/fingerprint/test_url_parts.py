"""URLs on their way from a worker that is not trusted."""

import msgspec
import pytest

from rempart.fingerprint.errors import WorkMessageError
from rempart.fingerprint.messages import WorkResult, encode_result
from rempart.fingerprint.parts import AnswerReader, Ended, say_begun, say_result, say_urls
from rempart.fingerprint.url_finding import MOST_URLS, FoundUrl, FoundUrls, find_urls
from rempart.media import WorkerLimits
from rempart.model.scan import Outcome, Problem, ProblemKind
from rempart.model.urls import UrlSummary


class Parts(list[bytes]):
    """An answer that keeps its parts."""

    def part(self, payload: bytes) -> None:
        self.append(payload)

    def working(self) -> None:
        raise AssertionError


def result(distinct: int | None, *, is_complete: bool = True) -> WorkResult:
    return WorkResult(
        size=5,
        media_type=None,
        outcome=Outcome.UNREADABLE,
        problem=Problem(ProblemKind.CORRUPT, "It is torn.", "Get it again."),
        urls=None if distinct is None else UrlSummary(distinct, is_complete),
    )


def told(found: FoundUrls | None) -> Parts:
    parts = Parts()
    say_urls(parts, found)
    return parts


def read(parts: list[bytes], distinct: int | None) -> Ended | None:
    reader = AnswerReader()
    for part in parts:
        assert reader.take(part) is None
    return reader.finish(encode_result(result(distinct)))


def test_urls_come_as_they_were_found_in_messages_that_fit() -> None:
    long = b"http://long%d.example/" + "é".encode() * 1000 + b"?%d "
    found = find_urls([long % (at, at) for at in range(300)])
    parts = told(found)
    assert len(parts) > 10
    assert max(map(len, parts)) <= WorkerLimits().response_bytes
    ended = read(parts, 300)
    assert ended is not None
    assert ended.urls == found.urls


def test_as_many_urls_as_are_kept_can_be_told() -> None:
    urls = tuple(FoundUrl(f"http://h.example/{at}", bytes(96), 1) for at in range(MOST_URLS))
    ended = read(told(FoundUrls(urls)), MOST_URLS)
    assert ended is not None
    assert len(ended.urls) == MOST_URLS


def test_urls_belong_to_the_member_whose_result_follows() -> None:
    found = find_urls([b"http://a.example/ http://b.example/"])
    parts = Parts()
    say_begun(parts, 1, b"page.html")
    say_urls(parts, found)
    say_result(parts, result(2))
    reader = AnswerReader(most_members=1)
    said = [reader.take(part) for part in parts]
    assert isinstance(said[-1], Ended)
    assert said[-1].urls == found.urls
    ended = reader.finish(encode_result(result(None)))
    assert ended is not None
    assert ended.urls == ()


@pytest.mark.parametrize("distinct", [None, 0, 1, 3])
def test_another_number_than_was_told_is_refused(distinct: int | None) -> None:
    with pytest.raises(WorkMessageError):
        read(told(find_urls([b"http://a.example/ http://b.example/"])), distinct)


@pytest.mark.parametrize("distinct", [-1, MOST_URLS + 1])
def test_number_that_is_not_possible_is_refused(distinct: int) -> None:
    with pytest.raises(WorkMessageError):
        read([], distinct)


GOOD = {"url": "http://a.example/", "digests": bytes(32), "times": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": ""},
        {"url": "http://a.example/" + "a" * 9000},
        {"url": "http://\u00fc.example/"},
        {"digests": b""},
        {"digests": bytes(33)},
        {"digests": bytes(32 * 31)},
        {"times": 0},
        {"times": 2**60},
        {"times": "1"},
    ],
)
def test_url_that_is_not_possible_is_refused(wrong: dict[str, object]) -> None:
    part = b"U" + msgspec.msgpack.encode([{**GOOD, **wrong}])
    with pytest.raises(WorkMessageError):
        read([part], 1)
    assert read([b"U" + msgspec.msgpack.encode([GOOD])], 1) is not None


def test_more_urls_than_can_be_are_refused_before_they_fill_the_memory() -> None:
    part = b"U" + msgspec.msgpack.encode([GOOD] * 100)
    reader = AnswerReader()
    for _ in range(MOST_URLS // 100):
        reader.take(part)
    with pytest.raises(WorkMessageError):
        reader.take(part)


def test_member_that_begins_between_urls_and_their_result_is_refused() -> None:
    parts = told(find_urls([b"http://a.example/"]))
    say_begun(parts, 1, b"x")
    reader = AnswerReader(most_members=1)
    with pytest.raises(WorkMessageError):
        [reader.take(part) for part in parts]
