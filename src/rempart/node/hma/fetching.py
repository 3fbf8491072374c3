"""Fetch one medium from a URL that a caller names, without becoming the caller's hand inside our network.

Off unless the operator allows hosts. The name is resolved once for each hop, every address of the answer must be
public, and the connection goes to that address: a second answer of the name server is never asked for. Redirects
are followed by hand and judged in the same way.
"""

import asyncio
import ssl
from functools import cached_property
from typing import Final

import httpx

from rempart.node.hma.addresses import Address, is_loopback, is_public, parse_literal
from rempart.node.hma.errors import FetchFailedError, FetchRefusedError, FetchTooLargeError
from rempart.node.hma.fetch_rules import Fetched, FetchRules, Resolver, Sink, resolve_by_system

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_MOST_ADDRESSES_TRIED: Final = 2
_LONGEST_URL: Final = 8192
_LARGEST_PORT: Final = 65_535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_OK: Final = 200


class MediaFetcher:
    """Fetches media under rules; holds nothing between two fetches, neither connections nor cookies."""

    def __init__(
        self,
        rules: FetchRules,
        *,
        resolve: Resolver = resolve_by_system,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Set the rules.

        Args:
            rules: what the operator allows.
            resolve: gives the addresses of a host.
            trust: whose certificates are believed; absent means the public authorities.
        """
        self._rules = rules
        self._resolve = resolve
        self._given_trust = trust

    async def fetch(self, url: str, into: Sink) -> Fetched:
        """Hand over what stands at a URL, and return what is said of it; nothing of it is kept here.

        Args:
            url: of the medium.
            into: takes the body as it was sent, never more than the limit; what it took of a body that is then
                refused is for the caller to throw away.

        Raises:
            FetchRefusedError: the rules do not allow it.
            FetchFailedError: the other side does not give it within time, or not as plain bytes.
            FetchTooLargeError: it is larger than the limit.
        """
        try:
            async with asyncio.timeout(self._rules.seconds):
                return await self._follow(_parsed(url), into)
        except TimeoutError as error:
            msg = f"The media did not arrive within {self._rules.seconds:g} seconds."
            raise FetchFailedError(msg, hint="Post the media itself.") from error

    async def _follow(self, url: httpx.URL, into: Sink) -> Fetched:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._hop(url, into)
            if isinstance(answer, Fetched):
                return answer
            url = _parsed(answer)
        msg = f"The URL leads on more than {_MOST_REDIRECTS} times."
        raise FetchFailedError(msg, hint="Name the URL at the end of the chain.")

    async def _hop(self, url: httpx.URL, into: Sink) -> Fetched | str:
        """Hand over what stands at a URL, or return the URL that it leads to.

        The second address is tried where no connection to the first came about, so that nothing is handed over twice.
        """
        first, *others = await self._judged(url)
        try:
            try:
                return await self._ask(url, first, into)
            except httpx.ConnectError:
                if not others:
                    raise
                return await self._ask(url, others[0], into)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            msg = f"The host did not give the media ({type(error).__name__})."
            raise FetchFailedError(msg, hint="Try the URL, or post the media itself.") from error

    async def _judged(self, url: httpx.URL) -> list[Address]:
        """Return the addresses to connect to, all of which the rules allow."""
        host, port = _host(url), url.port or _DEFAULT_PORTS[url.scheme]
        if not self._rules.allow(host):
            msg = "This node does not fetch from that host."
            raise FetchRefusedError(msg, hint="Name the host in the setting fetch_hosts.")
        literal = parse_literal(host)
        if literal is not None:
            addresses = [literal]
        else:
            addresses = await self._resolved(host, port)
        if not all(self._may_ask(each, url) for each in addresses):
            msg = "The host's address or port is not a public one."
            raise FetchRefusedError(msg, hint="Post the media itself.")
        return addresses[:_MOST_ADDRESSES_TRIED]

    async def _resolved(self, host: str, port: int) -> list[Address]:
        try:
            answers = await self._resolve(host, port)
        except OSError as error:
            msg = "The host has no address."
            raise FetchFailedError(msg, hint="Check the URL.") from error
        found = [parse_literal(each) for each in dict.fromkeys(answers)]
        addresses = [each for each in found if each is not None]
        if not addresses or len(addresses) < len(found):
            msg = "The host has no address."
            raise FetchFailedError(msg, hint="Check the URL.")
        return addresses

    def _may_ask(self, address: Address, url: httpx.URL) -> bool:
        if self._rules.loopback and is_loopback(address):
            return True
        return is_public(address) and url.port in {None, _DEFAULT_PORTS[url.scheme]}

    async def _ask(self, url: httpx.URL, address: Address, into: Sink) -> Fetched | str:
        """Send one request to one address; the name stands in `Host` and in the TLS handshake."""
        host = _host(url)
        client = httpx.AsyncClient(
            verify=self._trust, trust_env=False, follow_redirects=False, timeout=self._rules.seconds
        )
        headers = {"Host": _authority(url), "Accept": "*/*", "Accept-Encoding": "identity"}
        extensions = {"sni_hostname": host} if url.scheme == "https" else {}
        pinned = url.copy_with(host=str(address), fragment=None)
        async with (
            client,
            client.stream("GET", pinned, headers=headers, extensions=extensions) as response,
        ):
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return str(url.join(response.headers["location"]))
            return await self._body(response, into)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whose certificates are believed; read once, because reading them all takes a while."""
        return self._given_trust or httpx.create_ssl_context(trust_env=False)

    async def _body(self, response: httpx.Response, into: Sink) -> Fetched:
        if response.status_code != _OK:
            msg = f"The host answered with status {response.status_code}."
            raise FetchFailedError(msg, hint="Check the URL.")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            msg = "The host sent the media compressed, which was not asked for."
            raise FetchFailedError(msg, hint="Post the media itself.")
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._rules.limit_bytes:
            raise self._too_large()
        size = 0
        async for part in response.aiter_raw():
            size += len(part)
            if size > self._rules.limit_bytes:
                raise self._too_large()
            into(part)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(media_type or None)

    def _too_large(self) -> FetchTooLargeError:
        msg = f"The media has more than {self._rules.limit_bytes} bytes."
        return FetchTooLargeError(msg, hint="Fetch smaller media, or raise fetch_bytes.")


def _parsed(text: str) -> httpx.URL:
    """Return a URL whose every part this module reads as the connection does."""
    try:
        url = httpx.URL(text) if len(text) <= _LONGEST_URL else None
    except (httpx.InvalidURL, ValueError, TypeError):
        url = None
    if url is None or url.scheme not in _DEFAULT_PORTS or not _has_place(url):
        msg = "That is not a URL of a medium on the web."
        raise FetchRefusedError(msg, hint="Give an http or https URL.")
    if url.userinfo:
        msg = "The URL names a user, which this node never sends."
        raise FetchRefusedError(msg, hint="Give a URL without a user and password.")
    return url


def _has_place(url: httpx.URL) -> bool:
    return bool(_host(url)) and (url.port is None or 0 < url.port <= _LARGEST_PORT)


def _host(url: httpx.URL) -> str:
    """Return the host as the name server is asked: in ASCII, lower case, without a final dot."""
    return url.raw_host.decode("ascii").lower().rstrip(".").strip("[]")


def _authority(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")
