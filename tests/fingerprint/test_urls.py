# ruff: noqa: ISC004, RUF001 - long vectors; letters of other scripts are what is tested
"""URLs in one form, by the published vectors of Safe Browsing version 4 and by properties.

Vectors: the table of "URLs and Hashing" (developers.google.com/safe-browsing/v4/urls-hashing), and those of
`urls_test.go` in google/safebrowsing that do not contradict it (its canonical form leaves the query out, and its
hosts begin with the last seven labels).
"""

import re
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.urls import (
    HOST_SUFFIXES,
    LONGEST_URL_BYTES,
    MOST_EXPRESSIONS,
    URL_RULE,
    canonical_url,
    exact_expression,
    expressions,
)
from rempart.model.urls import HostPart, PathPart

_LONG = (
    "/uploads/%20%20%20%20/.verify/.eBaysecure=updateuserdataxplimnbqmn-xplmvalidateinfoswqpcmlx"
    "=hgplmcx/"
)
PUBLISHED = [
    (b"http://host/%25%32%35", "http://host/%25"),
    (b"http://host/%25%32%35%25%32%35", "http://host/%25%25"),
    (b"http://host/%2525252525252525", "http://host/%25"),
    (b"http://host/asdf%25%32%35asd", "http://host/asdf%25asd"),
    (b"http://host/%%%25%32%35asd%%", "http://host/%25%25%25asd%25%25"),
    (b"http://www.google.com/", "http://www.google.com/"),
    (
        b"http://%31%36%38%2e%31%38%38%2e%39%39%2e%32%36/%2E%73%65%63%75%72%65/"
        b"%77%77%77%2E%65%62%61%79%2E%63%6F%6D/",
        "http://168.188.99.26/.secure/www.ebay.com/",
    ),
    (b"http://195.127.0.11" + _LONG.encode(), "http://195.127.0.11" + _LONG),
    (
        b"http://host%23.com/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A22%252833%252944_55%252B",
        "http://host%23.com/~a!b@c%23d$e%25f^00&11*22(33)44_55+",
    ),
    (b"http://3279880203/blah", "http://195.127.0.11/blah"),
    (b"http://www.google.com/blah/..", "http://www.google.com/"),
    (b"www.google.com/", "http://www.google.com/"),
    (b"www.google.com", "http://www.google.com/"),
    (b"http://www.evil.com/blah#frag", "http://www.evil.com/blah"),
    (b"http://www.GOOgle.com/", "http://www.google.com/"),
    (b"http://www.google.com.../", "http://www.google.com/"),
    (b"http://www.google.com/foo\tbar\rbaz\n2", "http://www.google.com/foobarbaz2"),
    (b"http://www.google.com/q?", "http://www.google.com/q?"),
    (b"http://www.google.com/q?r?", "http://www.google.com/q?r?"),
    (b"http://www.google.com/q?r?s", "http://www.google.com/q?r?s"),
    (b"http://evil.com/foo#bar#baz", "http://evil.com/foo"),
    (b"http://evil.com/foo;", "http://evil.com/foo;"),
    (b"http://evil.com/foo?bar;", "http://evil.com/foo?bar;"),
    (b"http://\x01\x80.com/", "http://%01%80.com/"),
    (b"http://notrailingslash.com", "http://notrailingslash.com/"),
    (b"http://www.gotaport.com:1234/", "http://www.gotaport.com/"),
    (b"  http://www.google.com/  ", "http://www.google.com/"),
    (b"http:// leadingspace.com/", "http://%20leadingspace.com/"),
    (b"http://%20leadingspace.com/", "http://%20leadingspace.com/"),
    (b"%20leadingspace.com/", "http://%20leadingspace.com/"),
    (b"https://www.securesite.com/", "https://www.securesite.com/"),
    (b"http://host.com/ab%23cd", "http://host.com/ab%23cd"),
    (
        b"http://host.com//twoslashes?more//slashes",
        "http://host.com/twoslashes?more//slashes",
    ),
]
FROM_THE_GO_TESTS = [
    (b"http://0x12.0x43.0x44.0x01/", "http://18.67.68.1/"),
    (b"http://012.034.01.055/", "http://10.28.1.45/"),
    (b"http://276.2.3/", "http://20.2.0.3/"),
    (b"http://255.0.0.1/", "http://255.0.0.1/"),
    (b"http://12.0x12.01234/", "http://12.18.2.156/"),
    (b"http://167838211/", "http://10.1.2.3/"),
    (b"http://4294967295/", "http://255.255.255.255/"),
    (b"http://10.192.95.89 xy/", "http://10.192.95.89/"),
    (b"http://1.2.3.00x0/", "http://1.2.3.00x0/"),
    (b"http://123.123.0.0.1/", "http://123.123.0.0.1/"),
    (b"ftp://ftp.myfiles.com/", "ftp://ftp.myfiles.com/"),
    (b"http://some%1Bhost.com/%1B", "http://some%1Bhost.com/%1B"),
    (b"http://www.google.com/q?r?s%3F", "http://www.google.com/q?r?s?"),
    (b"http://www.\xc3\xbcmlat.com/", "http://www.xn--mlat-zra.com/"),
    (b"http://[2001:470:1:18::114]/", "http://[2001:470:1:18::114]/"),
    (
        b"http://[FEDC:BA98:7654:3210:FEDC:BA98:7654:3210]:80/index.html",
        "http://[fedc:ba98:7654:3210:fedc:ba98:7654:3210]/index.html",
    ),
    (b"http://[::192.9.5.5]/ipng", "http://[::192.9.5.5]/ipng"),
    (b"http%3A%2F%2Fwackyurl.com:80/", "http://wackyurl.com/"),
    (b"http://W!eird<>Ho$^.com/", "http://w!eird<>ho$^.com/"),
    (b"http://google.com.:8080/foo.html", "http://google.com/foo.html"),
    (b"http://..google...com/foo.html", "http://google.com/foo.html"),
    (b"http://a.com/foo/.././bar/./../foo.html", "http://a.com/foo.html"),
    (b"http://a.com//a//b///c////", "http://a.com/a/b/c/"),
    (b"www.google.com:8080/foo.html", "http://www.google.com/foo.html"),
    (b"www.google.com:80", "http://www.google.com/"),
]
WITHOUT_HOST = [
    b"", b":", b"/blah", b"#ref", b"/blah#ref", b"?query#ref", b"/blah?query#ref", b"/blah;param", b"http://#ref",
    b"http:///blah#ref", b"http://?query#ref", b"http:///blah?query#ref", b"http:///blah;param",
    b"http:///blah;param?query#ref", b"mailto:exercise@host.example", b":8080/foo.html",
    b"http:www.google.com:8080/foo.html", b"www.google.com:xxyy/foo.html:80",
]  # fmt: skip


@pytest.mark.parametrize(("given_bytes", "expected"), PUBLISHED + FROM_THE_GO_TESTS)
def test_published_vectors_come_out_byte_for_byte(given_bytes: bytes, expected: str) -> None:
    assert canonical_url(given_bytes).text == expected
    assert canonical_url(expected).text == expected


@pytest.mark.parametrize("given_bytes", WITHOUT_HOST)
def test_text_without_a_host_is_refused_by_name(given_bytes: bytes) -> None:
    with pytest.raises(UrlError) as refused:
        canonical_url(given_bytes)
    assert given_bytes.decode() not in refused.value.message or len(given_bytes) < 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "http://a.b.c/1/2.html?param=1/2",
            "a.b.c/1/2.html?param=1/2 a.b.c/1/2.html a.b.c/ a.b.c/1/ "
            "b.c/1/2.html?param=1/2 b.c/1/2.html b.c/ b.c/1/",
        ),
        (
            "http://a.b.c/1/2/3/4/5/",
            "a.b.c/1/2/3/4/5/ a.b.c/ a.b.c/1/ a.b.c/1/2/ a.b.c/1/2/3/ "
            "b.c/1/2/3/4/5/ b.c/ b.c/1/ b.c/1/2/ b.c/1/2/3/",
        ),
        ("http://a.b.c.d.e.f.g/1.html",
         "a.b.c.d.e.f.g/1.html a.b.c.d.e.f.g/ c.d.e.f.g/1.html c.d.e.f.g/ d.e.f.g/1.html d.e.f.g/ "
         "e.f.g/1.html e.f.g/ f.g/1.html f.g/"),
        ("http://a.b.c.d.e.f.g.h.i/", "a.b.c.d.e.f.g.h.i/ e.f.g.h.i/ f.g.h.i/ g.h.i/ h.i/"),
        (
            "http://a.b.c.d.e/1.html",
            "a.b.c.d.e/1.html a.b.c.d.e/ b.c.d.e/1.html b.c.d.e/ c.d.e/1.html c.d.e/ d.e/1.html d.e/",
        ),
        ("http://a.b/?", "a.b/"),
        ("http://[2001:470:1:18::114]/a/b",
         "[2001:470:1:18::114]/a/b [2001:470:1:18::114]/ [2001:470:1:18::114]/a/"),
        ("http://1.2.3.4/a/b", "1.2.3.4/a/b 1.2.3.4/ 1.2.3.4/a/"),
        ("http://b/", "b/"),
        ("http://a.com/a/b/c/d/e.html?123",
         "a.com/a/b/c/d/e.html?123 a.com/a/b/c/d/e.html a.com/ a.com/a/ a.com/a/b/ a.com/a/b/c/"),
    ],
)  # fmt: skip
def test_published_expressions_and_no_others(url: str, expected: str) -> None:
    found = [each.text for each in expressions(canonical_url(url))]
    assert sorted(found) == sorted(expected.split())


def test_published_hash_of_an_expression() -> None:
    found = {
        each.text: each for each in expressions(canonical_url("http://a.b.c/1/2.html?param=1/2"))
    }
    assert (
        found["a.b.c/"].sha256.hex()
        == "f9c142c4c0c9e669e0924b45f5b1b8dd1fdf85d182b674a4ec415b1f58ac2667"
    )


def test_each_expression_says_how_it_was_made() -> None:
    found = {
        each.text: (each.host, each.path)
        for each in expressions(canonical_url("https://a.b.c/1/2.html?p"))
    }
    assert found == {
        "a.b.c/1/2.html?p": (HostPart.EXACT, PathPart.EXACT),
        "a.b.c/1/2.html": (HostPart.EXACT, PathPart.WITHOUT_QUERY),
        "a.b.c/": (HostPart.EXACT, PathPart.ROOT),
        "a.b.c/1/": (HostPart.EXACT, PathPart.PREFIX),
        "b.c/1/2.html?p": (HostPart.SUFFIX, PathPart.EXACT),
        "b.c/1/2.html": (HostPart.SUFFIX, PathPart.WITHOUT_QUERY),
        "b.c/": (HostPart.SUFFIX, PathPart.ROOT),
        "b.c/1/": (HostPart.SUFFIX, PathPart.PREFIX),
    }


def test_scheme_port_user_and_fragment_make_no_other_expression() -> None:
    plain = expressions(canonical_url("http://host.example/a?b"))
    assert expressions(canonical_url("HTTPS://name:secret@HOST.example.:8443/a?b#c")) == plain


def test_the_rule_names_the_number_of_suffixes() -> None:
    assert URL_RULE.endswith(f"host-suffixes={HOST_SUFFIXES}")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("faß.example", "xn--fa-hia.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("b\u0075\u0308cher.example", "xn--bcher-kva.example"),
        ("ＨＯＳＴ．example", "host.example"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("ho\u00adst.example", "host.example"),
    ],
)
def test_other_scripts_are_written_as_browsers_ask_for_them(host: str, expected: str) -> None:
    assert canonical_url(f"http://{host}/").host == expected


@pytest.mark.parametrize(
    "sign", ["\uff0f", "\uff20", "\uff03", "\uff1a", "\u2100", "\uff05", "\u2024", "\u00a0"]
)
def test_letter_that_would_become_a_sign_of_urls_is_left_as_it_is(sign: str) -> None:
    found = canonical_url(f"http://evil{sign}good.example/p")
    assert found.path == "/p"
    assert "%" in found.host
    assert found.host.endswith("good.example")
    assert canonical_url(found.text) == found


def test_url_longer_than_the_limit_is_refused() -> None:
    assert canonical_url(b"http://host/" + b"a" * (LONGEST_URL_BYTES - 12)).host == "host"
    with pytest.raises(UrlError, match="65536"):
        canonical_url(b"http://host/" + b"a" * (LONGEST_URL_BYTES - 11))


HOSTILE = [
    b"http://host/%" + b"25" * 32_000,
    b"http://host/" + b"%" * 65_000,
    b"http://host/" + b"/.." * 20_000,
    b"http://host/" + b"/a" * 30_000,
    b"http://" + b"a." * 500 + b"/",
    b"http://" + "ü".encode() * 500 + b"/",
    b"http://" + ("ü." * 300).encode() + b"/",
    b"http://" + "\ufdfa".encode() * 300 + b"/",
    b"http://" + b"9" * 1000 + b"/",
    b"http://0x" + b"0" * 900 + b"7f000001/",
    b":" * 65_000,
    b"a:" + b"1" * 65_000,
    b"http://host" + b":80" * 300 + b"/",
    b"http://" + b"[" * 1000,
    b"http://" + b"user@" * 13_000 + b"host/",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_url_raises_nothing_but_its_name(url: bytes) -> None:
    try:
        made = expressions(canonical_url(url))
    except UrlError:
        made = ()
    assert len(made) <= MOST_EXPRESSIONS


def test_one_megabyte_is_refused_unread() -> None:
    with pytest.raises(UrlError):
        canonical_url(b"http://host/%25" * 70_000)


_PIECES = st.sampled_from(
    [b"%", b"25", b"%25", b"2F", b"/", b"//", b".", b"..", b"/../", b"?", b"#", b"@", b":", b":80", b"[", b"]", b" ",
     b"\t", b"http://", b"a", b"B", b"0x7f", b"1", b"012", b"xn--", "ü".encode(), "．".encode(), "／".encode(),
     "ß".encode(), b"\x80", b"\\", b"\x00", b"%00", b"-", b"_"]
)  # fmt: skip
_URLS = st.one_of(
    st.binary(max_size=60).map(lambda tail: b"http://h" + tail),
    st.lists(_PIECES, max_size=14).map(b"".join),
    st.lists(_PIECES, max_size=14).map(lambda pieces: b"http://" + b"".join(pieces)),
    st.text(max_size=40).map(lambda text: text.encode(errors="surrogatepass")),
)
_WRITTEN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[!-\"$-~])+")


@settings(max_examples=50)
@given(_URLS)
@example(b"http://.[a]/")
@example(b"http://a:80./")
@example("．[a]/".encode())
def test_canonical_form_is_its_own_canonical_form(url: bytes) -> None:
    try:
        found = canonical_url(url)
    except UrlError:
        return
    assert _WRITTEN.fullmatch(found.text)
    assert canonical_url(found.text) == found
    made = expressions(found)
    assert made[0] == exact_expression(found)
    assert len({each.text for each in made}) == len(made) <= MOST_EXPRESSIONS
    assert made[0].sha256 == sha256(made[0].text.encode()).digest()


@settings(max_examples=30)
@given(st.text(max_size=30))
def test_text_and_its_bytes_are_the_same_url(text: str) -> None:
    def read(given_url: str | bytes) -> str | None:
        try:
            return canonical_url(given_url).text
        except UrlError:
            return None

    url = "http://host.example/" + text
    assert read(url) == read(url.encode(errors="surrogatepass"))
