"""A URL meets the lists that hold one of its expressions, and says which."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.fingerprint.urls import canonical_url, expressions
from rempart.match import KnownIndex, Matcher, PictureQuery, Query, UrlQuery, single_query
from rempart.model.fingerprint import FIXED_BYTES, PDQ, SHA256, URL_SHA256, Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId, MatchId
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint, Match
from rempart.model.urls import HostPart, PathPart, UrlEvidence

KNOWN, HARMLESS = ListPurpose.KNOWN, ListPurpose.KNOWN_HARMLESS
Row = tuple[str, bytes, ListPurpose]


def url_row(expression: str, purpose: ListPurpose = KNOWN) -> Row:
    return URL_SHA256, sha256(expression.encode()).digest(), purpose


class Lists:
    """Rows of lists in memory, each an entry of its own."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        return {number: self._known(number) for number in numbers}

    def _known(self, number: FingerprintNumber) -> KnownFingerprint:
        kind, _, purpose = self._rows[number]
        return KnownFingerprint(
            number=number,
            list_id=ListId(UUID(int=7)),
            list_name=purpose.value,
            owner="Exercise Hotline",
            purpose=purpose,
            subject=Subject.CHILD if purpose is KNOWN else Subject.HARMLESS,
            threshold_bits=31,
            list_generation=1,
            entry_id=EntryId(UUID(int=1000 + number)),
            entry_version=1,
            kind=kind,
            dialect="exact" if kind == PDQ else None,
            quality=None,
            labels=(),
        )

    def _chunks(self, kind: str) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        for number, (of_kind, value, _) in enumerate(self._rows):
            if of_kind == kind:
                row = np.frombuffer(value, np.uint8).reshape(1, FIXED_BYTES[kind])
                yield np.array([number], np.int64), row

    def match(self, *queries: Query) -> list[tuple[Match, ...]]:
        made = iter(range(1, 1_000_000))
        matcher = Matcher(
            KnownIndex.build(self._chunks, change_number=1),
            self,
            largest_threshold_bits=31,
            new_match_id=lambda _: MatchId(UUID(int=next(made))),
        )
        found = matcher.match_many(queries)
        assert not any(each.conflicts for each in found)
        return [each.matches for each in found]


def asked(*urls: str) -> Query:
    return Query(digests=(), urls=tuple(UrlQuery.of(url) for url in urls))


@pytest.mark.parametrize(
    ("listed", "host", "path"),
    [
        ("a.host.example/x/page?b=1", HostPart.EXACT, PathPart.EXACT),
        ("a.host.example/x/page", HostPart.EXACT, PathPart.WITHOUT_QUERY),
        ("a.host.example/x/", HostPart.EXACT, PathPart.PREFIX),
        ("a.host.example/", HostPart.EXACT, PathPart.ROOT),
        ("host.example/x/page?b=1", HostPart.SUFFIX, PathPart.EXACT),
        ("host.example/", HostPart.SUFFIX, PathPart.ROOT),
    ],
)
def test_match_says_which_expression_of_the_url_is_listed(
    listed: str, host: HostPart, path: PathPart
) -> None:
    lists = Lists([url_row("other.example/"), url_row(listed)])
    ((match,),) = lists.match(asked("https://A.host.example:8443/x/page?b=1#top"))
    assert match.kind == URL_SHA256
    assert (match.distance, match.threshold, match.suppressed_by) == (0, 0, None)
    assert match.entry_id == EntryId(UUID(int=1001))
    assert match.url == UrlEvidence(host, path, "https://a.host.example/x/page?b=1")


@pytest.mark.parametrize(
    "url",
    [
        "http://example/",  # the last label alone names no expression
        "http://nothost.example/",
        "http://host.example.other/",
        "http://other.example/host.example/",
        "http://a.host.example/X/page",
    ],
)
def test_url_that_only_looks_alike_meets_nothing(url: str) -> None:
    lists = Lists(
        [url_row("host.example/x/page"), url_row("example/x"), url_row("a.host.example/x/")]
    )
    assert lists.match(asked(url)) == [()]


def test_hash_alone_matches_without_saying_of_which_url_it_is() -> None:
    lists = Lists([url_row("host.example/")])
    value = sha256(b"host.example/").digest()
    ((match,),) = lists.match(single_query(Fingerprint(URL_SHA256, value)))
    assert match.url is None


def test_same_bytes_as_a_digest_of_a_file_are_another_kind() -> None:
    value = sha256(b"host.example/").digest()
    lists = Lists([(SHA256, value, KNOWN)])
    assert lists.match(asked("host.example")) == [()]
    assert Lists([url_row("host.example/")]).match(single_query(Fingerprint(SHA256, value))) == [()]


def test_entry_that_many_urls_meet_is_one_match_by_the_one_that_meets_it_most_exactly() -> None:
    lists = Lists([url_row("host.example/x/")])
    ((match,),) = lists.match(
        asked("http://w.host.example/x/1", "http://host.example/x/2", "http://host.example/x/")
    )
    assert match.url == UrlEvidence(
        HostPart.EXACT, PathPart.EXACT, "http://host.example/x/", times=1, urls=3
    )


def test_hash_that_a_worker_made_up_for_another_url_counts_as_nothing() -> None:
    lists = Lists([url_row("host.example/")])
    forged = UrlQuery("http://other.example/", sha256(b"host.example/").digest())
    assert lists.match(Query(digests=(), urls=(forged,))) == [()]
    none = UrlQuery("mailto:exercise@host.example", forged.digests)
    assert lists.match(Query(digests=(), urls=(none,))) == [()]


def test_harmless_url_suppresses_nothing_and_conflicts_with_nothing() -> None:
    picture = bytes(range(32))
    lists = Lists(
        [
            url_row("host.example/"),
            url_row("host.example/", HARMLESS),
            (PDQ, picture, KNOWN),
            (SHA256, b"\5" * 32, HARMLESS),
        ]
    )
    url = UrlQuery.of("http://host.example/")
    shown = PictureQuery(variants=(picture,), quality=90)
    ((one, two),) = lists.match(Query(digests=(), picture=shown, urls=(url,)))
    assert {one.kind, two.kind} == {URL_SHA256, PDQ}
    assert (one.suppressed_by, two.suppressed_by) == (None, None)
    harmless_file = Query(digests=(Fingerprint(SHA256, b"\5" * 32),), urls=(url,))
    ((match,),) = lists.match(harmless_file)
    assert (match.kind, match.suppressed_by) == (URL_SHA256, None)


_LABEL = st.sampled_from(["a", "b", "c"])
_URL = st.builds(
    lambda labels, path, query: f"http://{'.'.join(labels)}/{'/'.join(path)}{query}",
    st.lists(_LABEL, min_size=1, max_size=7),
    st.lists(_LABEL, max_size=5),
    st.sampled_from(["", "?a", "?b"]),
)


@settings(max_examples=25)
@given(st.lists(_URL, max_size=6), st.lists(st.lists(_URL, max_size=4), max_size=4))
def test_exactly_the_listed_expressions_of_each_file_are_met(
    listed: list[str], files: list[list[str]]
) -> None:
    rows = [expressions(canonical_url(each))[0].text for each in listed]
    found = Lists([url_row(each) for each in rows]).match(*(asked(*urls) for urls in files))
    for urls, matches in zip(files, found, strict=True):
        every = {each.text for url in urls for each in expressions(canonical_url(url))}
        expected = sorted(1000 + at for at, row in enumerate(rows) if row in every)
        assert sorted(match.entry_id.int for match in matches) == expected
