"""Fetching of URLs: what a caller must not be able to make this node do."""

import asyncio
import datetime as dt
import gzip
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hma.fetch_world import Behaviour, StandInNames, answer, endless, host, redirect, silent

from rempart.node.hma.addresses import is_public, parse_literal
from rempart.node.hma.errors import FetchFailedError, FetchRefusedError, FetchTooLargeError
from rempart.node.hma.fetch_rules import FetchRules
from rempart.node.hma.fetching import MediaFetcher

pytestmark = pytest.mark.enable_socket

_LIMIT = 100_000
_NAMES = StandInNames({"media.example": [["127.0.0.1"]]})
_NO_NAMES = StandInNames({})


def _rules(*hosts: str, loopback: bool = True, seconds: float = 5) -> FetchRules:
    return FetchRules(hosts=hosts, loopback=loopback, limit_bytes=_LIMIT, seconds=seconds)


@dataclass(frozen=True)
class _Got:
    content: bytes
    media_type: str | None


async def _whole(fetcher: MediaFetcher, url: str) -> _Got:
    parts: list[bytes] = []
    fetched = await fetcher.fetch(url, parts.append)
    return _Got(b"".join(parts), fetched.media_type)


def _fetch(url: str, rules: FetchRules, names: StandInNames = _NO_NAMES) -> _Got:
    return asyncio.run(_whole(MediaFetcher(rules, resolve=names), url))


def _fetch_from(behaviour: Behaviour, *, seconds: float = 5, path: str = "/a.jpg") -> _Got:
    async def run() -> _Got:
        async with host(behaviour) as there:
            fetcher = MediaFetcher(_rules("media.example", seconds=seconds), resolve=_NAMES)
            return await _whole(fetcher, f"http://media.example:{there.port}{path}")

    return asyncio.run(run())


# Addresses

_CLOSED = [
    "127.0.0.1", "127.255.0.9", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1",
    "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "100::1", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", _CLOSED)
def test_address_that_is_not_public_is_refused_whatever_name_leads_to_it(address: str) -> None:
    names = StandInNames({"media.example": [[address]]})
    with pytest.raises(FetchRefusedError, match="not a public one"):
        _fetch("http://media.example/a.jpg", _rules("media.example", loopback=False), names)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
)
def test_public_address_is_public(address: str) -> None:
    literal = parse_literal(address)
    assert literal is not None
    assert is_public(literal)


@settings(max_examples=50)
@given(st.ip_addresses())
def test_no_address_is_public_that_the_standard_library_calls_special(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_multicast, address.is_loopback, address.is_link_local))


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    names = StandInNames({"media.example": [["93.184.216.34", "10.0.0.1"]]})
    with pytest.raises(FetchRefusedError):
        _fetch("http://media.example/", _rules("media.example", loopback=False), names)


def test_loopback_is_refused_without_the_setting_even_where_the_host_is_allowed() -> None:
    with pytest.raises(FetchRefusedError):
        _fetch("http://127.0.0.1/", _rules("127.0.0.1", loopback=False))


def test_the_setting_for_loopback_opens_no_other_private_address() -> None:
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.1"):
        names = StandInNames({"media.example": [[address]]})
        with pytest.raises(FetchRefusedError):
            _fetch("http://media.example/", _rules("media.example"), names)


# URLs


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://0177.0.0.1/",
        "http://127.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:0:0:1]/", "http://[fe80::1%25eth0]/", "http://169.254.169.254/latest/",
        "http://localhost/", "http://LOCALHOST./", "http://127.0.0.1.:80/", "http://other.example/",
        "http://media.example.evil.example/", "http://evilmedia.example/", "http://evil.example/media.example",
        "http://evil.example?@media.example", "http://evil.example#media.example", "http://evil.example;media.example/",
        "http://media.example%2eevil.example/",
    ],
)  # fmt: skip
def test_host_that_is_not_allowed_is_never_asked_for(url: str) -> None:
    names = StandInNames({})
    with pytest.raises(FetchRefusedError):
        _fetch(url, _rules("media.example", loopback=True), names)
    assert names.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example@evil.example/", "http://media.example:80@evil.example/", "http://user:word@media.example/",
        "http://media.example\\@evil.example/", "ftp://media.example/", "file:///etc/passwd", "gopher://media.example/",
        "data:image/png;base64,AAAA", "//media.example/", "/a.jpg", "", "media.example/a.jpg", "http://",
        "http:///a.jpg", "http://media.example:99999999/", "http://media\t.example/", "http://media.example:8a/",
        "unix:///run/socket", "http://[::1/", "javascript:1", "http://media.example/" + "a" * 9000,
    ],
)  # fmt: skip
def test_url_that_hides_another_host_or_scheme_is_refused(url: str) -> None:
    names = StandInNames(
        {"media.example": [["93.184.216.34"]], "evil.example": [["93.184.216.34"]]}
    )
    with pytest.raises(FetchRefusedError):
        _fetch(url, _rules("media.example"), names)
    assert names.asked == []


@pytest.mark.parametrize(
    ("entry", "host_name", "expected"),
    [
        ("*.example", "a.example", "allowed"), ("*.example", "a.b.example", "allowed"),
        ("*.example", "example", "refused"), ("*.example", "evilexample", "refused"),
        ("media.example", "media.example", "allowed"), ("media.example", "a.media.example", "refused"),
    ],
)  # fmt: skip
def test_a_star_takes_what_is_below_a_name_and_nothing_else(
    entry: str, host_name: str, expected: str
) -> None:
    assert _rules(entry).allow(host_name) is (expected == "allowed")


def test_without_a_host_in_the_settings_nothing_is_fetched() -> None:
    names = StandInNames({"media.example": [["93.184.216.34"]]})
    with pytest.raises(FetchRefusedError, match="does not fetch from that host"):
        _fetch("http://media.example/", _rules(), names)


def test_public_host_is_asked_on_the_scheme_s_own_port_only() -> None:
    names = StandInNames({"media.example": [["93.184.216.34"]]})
    with pytest.raises(FetchRefusedError, match="port"):
        _fetch("http://media.example:6379/", _rules("media.example"), names)


def test_name_without_an_address_fails() -> None:
    every: tuple[dict[str, list[list[str]]], ...] = (
        {},
        {"media.example": [[]]},
        {"media.example": [["not an address"]]},
    )
    for answers in every:
        with pytest.raises(FetchFailedError):
            _fetch("http://media.example/", _rules("media.example"), StandInNames(answers))


# Connections


def test_allowed_media_comes_back_whole_and_nothing_of_ours_is_sent() -> None:
    async def run() -> tuple[_Got, bytes]:
        async with host(answer(b"\xff\xd8media", headers=["Set-Cookie: a=b"])) as there:
            fetcher = MediaFetcher(_rules("media.example"), resolve=_NAMES)
            url = f"http://media.example:{there.port}/a%20b.jpg?x=1#part"
            await _whole(fetcher, url)
            return await _whole(fetcher, url), there.heads[1]

    got, head = asyncio.run(run())
    assert got == _Got(content=b"\xff\xd8media", media_type="image/jpeg")
    assert head.startswith(b"GET /a%20b.jpg?x=1 HTTP/1.1\r\n")
    lower = head.lower()
    assert b"host: media.example:" in lower
    assert b"cookie" not in lower
    assert b"authorization" not in lower


def test_rebinding_name_is_resolved_once_and_the_connection_stays_with_the_judged_address() -> None:
    names = StandInNames({"media.example": [["127.0.0.2"], ["127.0.0.1"]]})

    async def run() -> tuple[_Got, int]:
        async with (
            host(answer(b"first"), address="127.0.0.2") as judged,
            host(answer(b"trap"), address="127.0.0.1", port=judged.port) as trap,
        ):
            fetcher = MediaFetcher(_rules("media.example"), resolve=names)
            got = await _whole(fetcher, f"http://media.example:{judged.port}/")
            return got, len(trap.heads)

    got, trapped = asyncio.run(run())
    assert got.content == b"first"
    assert trapped == 0
    assert names.asked == ["media.example"]


def test_rebinding_between_two_hops_is_judged_again() -> None:
    names = StandInNames({"media.example": [["127.0.0.1"], ["10.0.0.1"]]})

    async def run() -> None:
        async with host(redirect("/again")) as there:
            await _whole(
                MediaFetcher(_rules("media.example"), resolve=names),
                f"http://media.example:{there.port}/",
            )

    with pytest.raises(FetchRefusedError, match="not a public one"):
        asyncio.run(run())
    assert names.asked == ["media.example", "media.example"]


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]/", "http://other.example/",
        "file:///etc/passwd", "http://user@media.example/", "//169.254.169.254/", "ftp://media.example/", "http://2130706433/",
    ],
)  # fmt: skip
def test_redirect_to_what_is_not_allowed_is_refused(target: str) -> None:
    with pytest.raises(FetchRefusedError):
        _fetch_from(redirect(target))


def test_redirects_end_after_three() -> None:
    async def hops(head: bytes, writer: asyncio.StreamWriter) -> None:
        left = int(head.split(b" ")[1][1:])
        await (redirect(f"/{left - 1}") if left else answer(b"end"))(head, writer)

    assert _fetch_from(hops, path="/3").content == b"end"
    with pytest.raises(FetchFailedError, match="more than 3"):
        _fetch_from(hops, path="/4")


def test_unreachable_first_address_gives_way_to_the_second_judged_one() -> None:
    names = StandInNames({"media.example": [["127.0.0.3", "127.0.0.1"]]})

    async def run() -> _Got:
        async with host(answer(b"second")) as there:
            fetcher = MediaFetcher(_rules("media.example"), resolve=names)
            return await _whole(fetcher, f"http://media.example:{there.port}/")

    assert asyncio.run(run()).content == b"second"


@pytest.mark.parametrize(
    "behaviour",
    [
        endless(),
        endless(
            head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            part=b"10000\r\n" + b"x" * 65536 + b"\r\n",
        ),
        answer(b"x" * (_LIMIT + 1)),
        answer(b"x" * (_LIMIT + 1), length=None),
        answer(b"", length=10**18),
    ],
    ids=["endless", "endless-chunks", "large", "large-without-length", "announced-huge"],
)  # fmt: skip
def test_body_beyond_the_limit_is_given_up(behaviour: Behaviour) -> None:
    with pytest.raises(FetchTooLargeError):
        _fetch_from(behaviour)


def test_parts_are_handed_over_while_they_arrive_and_never_more_than_the_limit() -> None:
    parts: list[int] = []

    async def run() -> None:
        async with host(endless()) as there:
            fetcher = MediaFetcher(_rules("media.example"), resolve=_NAMES)
            await fetcher.fetch(
                f"http://media.example:{there.port}/", lambda part: parts.append(len(part))
            )

    with pytest.raises(FetchTooLargeError):
        asyncio.run(run())
    assert 0 < sum(parts) <= _LIMIT


def test_body_of_exactly_the_limit_is_taken() -> None:
    assert len(_fetch_from(answer(b"x" * _LIMIT)).content) == _LIMIT


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(gzip.compress(b"\0" * 10_000_000), headers=["Content-Encoding: gzip"]),
        answer(b"abc", length=100),
        answer(b"", status="404 Not Found"),
        answer(b"", status="206 Partial Content"),
        answer(b"", status="302 Found"),
        answer(b"", headers=["X: " + "a" * 200_000]),
        endless(head=b"HTTP/1.1 200 OK\r\n", part=b"X-More: " + b"a" * 65536 + b"\r\n"),
        endless(head=b"", part=b"\0\1\2" * 10_000),
    ],
    ids=["gzip-bomb", "short-body", "404", "206", "no-location", "large-head", "endless-head", "no-http"],
)  # fmt: skip
def test_answer_that_is_not_plain_media_is_refused(behaviour: Behaviour) -> None:
    with pytest.raises(FetchFailedError):
        _fetch_from(behaviour)


def test_slow_answer_is_given_up_when_its_time_is_over() -> None:
    with pytest.raises(FetchFailedError, match=r"within 0\.2 seconds"):
        _fetch_from(silent, seconds=0.2)


def test_time_counts_over_all_hops_and_the_name_server() -> None:
    async def never(name: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return [name, str(port)]

    with pytest.raises(FetchFailedError, match="within"):
        asyncio.run(
            _whole(
                MediaFetcher(_rules("media.example", seconds=0.05), resolve=never),
                "http://media.example/",
            )
        )


def test_closed_port_is_told_without_the_address() -> None:
    async def closed_port() -> int:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        return port

    port = asyncio.run(closed_port())
    with pytest.raises(FetchFailedError) as caught:
        _fetch(f"http://media.example:{port}/", _rules("media.example"), _NAMES)
    assert "127.0.0.1" not in str(caught.value)


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


@pytest.mark.parametrize("name", ["media.example", "other.example"])
def test_tls_checks_the_name_of_the_url_though_the_address_is_pinned(
    tmp_path: Path, name: str
) -> None:
    certificate, private = _certificate(tmp_path, name)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, private)
    seen: list[str | None] = []
    server.sni_callback = lambda _socket, asked, _context: seen.append(asked)

    async def run() -> _Got:
        async with host(answer(b"sealed"), tls=server) as there:
            trust = ssl.create_default_context(cafile=str(certificate))
            fetcher = MediaFetcher(_rules("media.example"), resolve=_NAMES, trust=trust)
            return await _whole(fetcher, f"https://media.example:{there.port}/")

    if name == "media.example":
        assert asyncio.run(run()).content == b"sealed"
    else:
        with pytest.raises(FetchFailedError):
            asyncio.run(run())
    assert seen == ["media.example"]
