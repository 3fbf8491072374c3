# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""URLs are found in text as people and programs write it, in every encoding, whatever stands around them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.fingerprint import url_finding
from rempart.fingerprint.url_finding import (
    FoundUrls,
    UrlFinder,
    find_urls,
    finder_for,
    holds_clear_text,
)
from rempart.fingerprint.urls import canonical_url, expressions


def found_in(text: str, encoding: str = "utf-8") -> dict[str, int]:
    found = find_urls([text.encode(encoding)])
    assert found.is_complete
    return {each.url: each.times for each in found.urls}


A, B = "http://a.example/b", "https://c.example/?d=e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"See {A}.", {A}),
        (f"See {A}, or {B}; not both!", {A, B}),
        (f"({A}) [{B}]", {A, B}),
        (f"{A}/f_(g)", {A + "/f_(g)"}),
        (f"<a href='{A}'>x</a><a href=\"{B}\">y</a>", {A, B}),
        (f'<img src="{A}?x=1&amp;y=2">', {A + "?x=1&y=2"}),
        (f"&quot;{A}&quot;", {A}),
        (f"&lt;{A}&gt;", {A}),
        (f"[text]({A})**{B}**", {A, B}),
        (f"{A},{B}", {A, B}),
        (f"{A},;|{B}", {A, B}),
        ("10:00;http://a.example;Title", {"http://a.example/"}),
        (
            "www.a.example,Title,1/2 http://b.example|x",
            {"http://www.a.example/", "http://b.example/"},
        ),
        ("http://a.example\u67e5,\u8c22", {"http://a.example/", "http://a.xn--example-j46o/"}),
        ("www.a.example\u67e5", {"http://www.a.example/", "http://www.a.xn--example-j46o/"}),
        ("http://a.example,me@b.example,1", {"http://a.example/", "http://b.example,1/"}),
        ("http://me;you:secret@a.example/b", {A}),
        ("http://a.example/b,c;d|e", {"http://a.example/b,c;d|e"}),
        (f"url({A})", {A}),
        (f'{{"u":"{A}"}}'.replace("/", "\\/"), {A}),
        (f'{{"u":"{A}\\n{B}"}}', {A, B}),
        (f"{B}{A}", {B + A, A}),
        (f"https://host.example/?u={A}", {f"https://host.example/?u={A}", A}),
        ("HTTP://A.EXAMPLE:80/b", {A}),
        ("www.a.example/x WWW.B.EXAMPLE", {"http://www.a.example/x", "http://www.b.example/"}),
        ("http://www.a.example/", {"http://www.a.example/"}),
        ("ftp://a.example/f", {"ftp://a.example/f"}),
        ("http://user:secret@a.example/b#c", {A}),
        ("http://[2001:db8::1]/x", {"http://[2001:db8::1]/x"}),
        ("http://a.example/%62", {A}),
        (f"«{A}» “{B}”", {A, B}),
        (f"看{A}，{B}。", {A, B}),
        (f"{A}谢谢", {A, A + "%E8%B0%A2%E8%B0%A2"}),
        ("http://www.ümlat.example/é", {"http://www.xn--mlat-zra.example/%C3%A9"}),
        (f"\ufeff{A}", {A}),
        ("mailto:x@www.a.example xwww.a.example a://b http:// http:///x www. ://", set()),
        ("javascript://a.example", set()),
    ],
)
def test_url_ends_where_its_text_ends_it(text: str, expected: set[str]) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le"):
        assert set(found_in(text, encoding)) == expected, encoding
    assert set(found_in("\ufeff" + text, "utf-16-be")) == expected


def test_legacy_encoding_leads_to_the_same_url() -> None:
    text = "Zum Bild: http://www.ümlat.example/straße, bitte"
    assert found_in(text, "latin-1") == found_in(text)


def test_url_is_found_between_bytes_that_are_no_text() -> None:
    noise = random.Random(5).randbytes(500)
    content = noise + b"\0\1" + A.encode() + b"\0" + noise + B.encode("utf-16-le") + b"\0\0" + noise
    found = {each.url for each in find_urls([content]).urls}
    assert {A, B} <= found


def test_each_url_comes_once_with_its_number_and_its_hashes() -> None:
    found = find_urls([f"{A} {B} {A}. {A}#top".encode()])
    assert [(each.url, each.times) for each in found.urls] == [(A, 3), (B, 1)]
    for each in found.urls:
        made = expressions(canonical_url(each.url))
        assert each.digests == b"".join(expression.sha256 for expression in made)


def test_of_an_endless_url_the_beginning_still_leads_to_its_host() -> None:
    found = find_urls([b"http://a.example/b/" + b"c" * 100_000])
    assert [each.url[:19] for each in found.urls] == ["http://a.example/b/"]


_PIECES = st.sampled_from(
    [A, B, " ", ".", "'", '"', "(", ")", "\n", "é", "谢", "\\/", "://", "www.", "http", ",", "x" * 50, "\0",
     "&amp;", "%"]
)  # fmt: skip


@settings(max_examples=30)
@given(
    st.lists(_PIECES, max_size=30).map("".join),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
    st.integers(1, 40),
)
def test_pieces_of_any_length_give_what_the_whole_gives(
    text: str, encoding: str, step: int
) -> None:
    content = text.encode(encoding, "replace")
    pieces = [content[at : at + step] for at in range(0, len(content), step)]
    assert find_urls(pieces) == find_urls([content])


def test_url_across_the_border_of_large_pieces_is_found_once() -> None:
    content = b"x" * 70_000 + b" " + A.encode() + b" " + b"y" * 70_000
    for border in range(70_000, 70_030):
        assert [each.times for each in find_urls([content[:border], content[border:]]).urls] == [1]


def test_more_urls_than_are_kept_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b" ".join(b"http://h%d.example/" % number for number in range(20))
    monkeypatch.setattr(url_finding, "MOST_URLS", 5)
    found = find_urls([text])
    assert (len(found.urls), found.is_complete) == (5, False)
    monkeypatch.undo()
    monkeypatch.setattr(url_finding, "MOST_BYTES", 300)
    assert not find_urls([text]).is_complete


def test_known_urls_go_on_being_counted_when_the_limit_is_exactly_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(url_finding, "MOST_URLS", 2)
    found = find_urls([f"{A} {B} {A}".encode()])
    assert found.is_complete
    assert [each.times for each in found.urls] == [2, 1]


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything(content: bytes) -> None:
    for around in (content, b"http://" + content, b"h\0t\0t\0p\0:\0/\0/\0" + content):
        assert isinstance(find_urls([around]), FoundUrls)


@pytest.mark.parametrize("piece", [b"http://www.", b"://", b"http://a ", b"h\0t\0t\0p\0:\0/\0/\0"])
def test_hostile_repetition_holds_little(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_finding, "MOST_WORK", 20_000)
    finder = UrlFinder()
    for _ in range(20):
        finder.feed(piece * 8000)
    assert len(finder.found().urls) < 2000


def test_urls_within_urls_are_followed_a_few_deep() -> None:
    nested = "".join(f"http://h{at}.example/?u=" for at in range(30))
    hosts = [each.url.split("/")[2] for each in find_urls([f"{nested} {A}".encode()]).urls]
    assert hosts == [*(f"h{at}.example" for at in range(17)), "a.example"]


def test_mail_is_read_as_it_stands_and_with_its_quoting_undone() -> None:
    mail = b"http://a.example/b?c=\r\nd http://a.exam=\r\nple/e?f=3Dg http://h.example/?i=3D1"
    whole = finder_for("message/rfc822")
    whole.feed(mail)
    urls = {each.url for each in whole.found().urls}
    assert {"http://a.example/b?c=", "http://a.example/e?f=g", "http://h.example/?i=1"} <= urls
    for border in range(len(mail)):
        pieces = finder_for("message/rfc822")
        pieces.feed(mail[:border])
        pieces.feed(mail[border:])
        assert {each.url for each in pieces.found().urls} == urls


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (None, True),
        ("text/plain", True),
        ("message/rfc822", True),
        ("application/pdf", True),
        ("application/x-vmdk", True),
        ("application/x-lz4", False),
        ("image/jpeg", False),
        ("application/zip", False),
    ],
)
def test_pictures_and_packed_content_are_not_looked_through(
    media_type: str | None, *, expected: bool
) -> None:
    assert holds_clear_text(media_type) is expected


def test_url_that_grows_too_long_by_its_escapes_still_leads_to_its_host() -> None:
    (found,) = find_urls([b"http://a.example/b/" + "\u0800".encode() * 4000]).urls[:1]
    assert found.url.startswith("http://a.example/b/%E0%A0%80")
    assert len(found.url) <= url_finding.LONGEST_KEPT
