"""Fingerprints of URLs: one canonical form, and the hashes of the expressions that a list may hold.

The rules are those that Safe Browsing version 4 published ("URLs and Hashing"). Two programs agree on a hash only if
they agree on every byte of the canonical form and on which expressions they make: `URL_RULE` names both.

A hash of a URL is pseudonymous only: whoever guesses the URL can make the same hash.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from rempart.fingerprint._url_host import canonical_host
from rempart.fingerprint.errors import UrlError
from rempart.model.fingerprint import URL_SHA256, Fingerprint
from rempart.model.urls import HostPart, PathPart

LONGEST_URL_BYTES: Final = 65_536
"""A longer text is refused as a URL."""

LONGEST_HOST_BYTES: Final = 1024
"""A longer host is refused; no name that can be resolved has more than 253."""

HOST_SUFFIXES: Final = 4
"""Most hosts that are made from a name by leaving out leading labels, besides the name itself."""

SUFFIX_LABELS: Final = 5
"""How many of a name's last labels they begin with."""

PATH_PREFIXES: Final = 4
"""Most paths that end in a slash, the root among them, besides the path itself with and without its query."""

MOST_EXPRESSIONS: Final = (1 + HOST_SUFFIXES) * (2 + PATH_PREFIXES)
"""Most expressions of one URL."""

URL_RULE: Final = f"safe-browsing-urls/4;host-suffixes={HOST_SUFFIXES}"
"""Which rule made a hash, with the one number in which published programs differ; kept as a hash's `software`."""

_TOO_LONG: Final = f"it has more than {LONGEST_URL_BYTES} bytes"
_HOST_TOO_LONG: Final = f"its host has more than {LONGEST_HOST_BYTES} bytes"
_NO_HOST: Final = "it names no host"
_NO_END: Final = "its host is an address that does not end"
_NO_PORT: Final = "what follows its host is no port"
_HINT: Final = "Give a URL with a host, such as http://host.example/path."
_LINE_SIGNS: Final = b"\t\r\n"
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_PERCENT: Final = ord("%")
_ESCAPE_CHARS: Final = 3
_SCHEME: Final = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://")
_NO_HOST_AND_PORT: Final = re.compile(rb"[^/?@\[]*:(?![0-9]*(?:[/?]|\Z))")
_PORT: Final = re.compile(rb":[0-9]*\Z")
_WRITTEN: Final = tuple(
    bytes([value]) if 0x20 < value < 0x7F and value not in b"#%" else b"%%%02X" % value  # noqa: PLR2004 - printable ASCII
    for value in range(256)
)
_NEEDS_ESCAPE: Final = re.compile(rb"[^!-\"$&-~]")


@dataclass(frozen=True, slots=True)
class CanonicalUrl:
    """A URL in its one written form.

    Attributes:
        host: name, dotted decimal address, or literal in brackets.
        path: begins with a slash.
        query: without its question mark; absent where there is none, which is not the same as an empty one.
        is_address: whether the host is an address, of which no part means anything.
    """

    scheme: str
    host: str
    path: str
    query: str | None
    is_address: bool

    @property
    def text(self) -> str:
        """The URL as one text: printable ASCII."""
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{self.host}{self.path}{query}"


@dataclass(frozen=True, slots=True)
class Expression:
    """One host and path that a list may hold, and how it was made from the URL."""

    text: str
    host: HostPart
    path: PathPart

    @property
    def sha256(self) -> bytes:
        """The hash by which lists name it."""
        return sha256(self.text.encode()).digest()

    def fingerprint(self) -> Fingerprint:
        """Return the hash as a fingerprint that says by which rule it was made."""
        return Fingerprint(URL_SHA256, self.sha256, software=URL_RULE)


def canonical_url(text: str | bytes) -> CanonicalUrl:
    """Return the canonical form of a URL; the canonical form of a canonical form is itself.

    Without a scheme `http` is meant. Fragment, user, password and port are left out.

    Args:
        text: as it was found; bytes may be in any encoding that ASCII is a part of.

    Raises:
        UrlError: it has no host, names no host (`mailto:`), has something else than a port after its host, or is
            too long.
    """
    received = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(received) > LONGEST_URL_BYTES:
        raise _refused(_TOO_LONG)
    trimmed = received.strip(b" ").translate(None, _LINE_SIGNS).partition(b"#")[0]
    scheme, authority, path, query = _split(_unescaped(trimmed))
    host, is_address = canonical_host(_without_user_and_port(authority))
    if not host or (host.startswith(b"[") and not is_address):
        raise _refused(_NO_HOST)
    return CanonicalUrl(
        scheme=scheme.lower().decode(),
        host=_escaped(host),
        path=_escaped(_resolved(path)),
        query=None if query is None else _escaped(query),
        is_address=is_address,
    )


def exact_expression(url: CanonicalUrl) -> Expression:
    """Return the expression that says this URL and, where it ends in a slash, whatever lies below."""
    query = f"?{url.query}" if url.query else ""
    return Expression(f"{url.host}{url.path}{query}", HostPart.EXACT, PathPart.EXACT)


def expressions(url: CanonicalUrl) -> tuple[Expression, ...]:
    """Return every expression under which a list may hold a URL, the exact one first: at most 30."""
    return tuple(
        Expression(host + path, host_part, path_part)
        for host, host_part in _hosts(url)
        for path, path_part in _paths(url)
    )


def _split(url: bytes) -> tuple[bytes, bytes, bytes, bytes | None]:
    """Return scheme, authority, path and query."""
    scheme = b"http"
    rest = url
    found = _SCHEME.match(url)
    if found is not None:
        scheme, rest = found[1], url[found.end() :]
    elif _NO_HOST_AND_PORT.match(url):
        raise _refused(_NO_HOST)
    before, mark, query = rest.partition(b"?")
    authority, slash, path = before.partition(b"/")
    return scheme, authority, slash + path, query if mark else None


def _without_user_and_port(authority: bytes) -> bytes:
    host = authority.rpartition(b"@")[2]
    if len(host) > LONGEST_HOST_BYTES:
        raise _refused(_HOST_TOO_LONG)
    host = _PORT.sub(b"", host).strip(b".")
    if host.startswith(b"["):
        if not host.endswith(b"]") or host.count(b"]") != 1:
            raise _refused(_NO_END)
        return host
    if b":" in host:
        raise _refused(_NO_PORT)
    return host


def _unescaped(url: bytes) -> bytes:
    """Return bytes without percent-escapes, also those that come about by undoing others.

    The order in which escapes are undone makes no difference to what is left, so that one pass is enough; repeated
    passes would take a time that grows with the square of a hostile text.
    """
    start = url.find(b"%")
    if start < 0:
        return url
    done = bytearray(url[:start])
    for value in url[start:]:
        done.append(value)
        while (
            len(done) >= _ESCAPE_CHARS
            and done[-3] == _PERCENT
            and done[-1] in _HEX
            and done[-2] in _HEX
        ):
            done[-3:] = (int(done[-2:], 16),)
    return bytes(done)


def _escaped(part: bytes) -> str:
    if _NEEDS_ESCAPE.search(part):
        part = b"".join([_WRITTEN[value] for value in part])
    return part.decode("ascii")


def _resolved(path: bytes) -> bytes:
    """Return a path without empty, `.` and `..` steps; it begins with a slash, and ends with one if it did."""
    steps: list[bytes] = []
    every = path.split(b"/")
    for step in every:
        if step == b"..":
            del steps[-1:]
        elif step not in {b"", b"."}:
            steps.append(step)
    ends_in_folder = every[-1] in {b"", b".", b".."}
    return b"/" + b"".join(step + b"/" for step in steps[:-1]) + _last(steps, ends_in_folder)


def _last(steps: list[bytes], ends_in_folder: bool) -> bytes:  # noqa: FBT001 - reads as a statement
    if not steps:
        return b""
    return steps[-1] + b"/" if ends_in_folder else steps[-1]


def _hosts(url: CanonicalUrl) -> list[tuple[str, HostPart]]:
    labels = [] if url.is_address else url.host.split(".")
    first = max(1, len(labels) - SUFFIX_LABELS)
    starts = range(first, len(labels) - 1)[:HOST_SUFFIXES]
    suffixes = [(".".join(labels[start:]), HostPart.SUFFIX) for start in starts]
    return [(url.host, HostPart.EXACT), *suffixes]


def _paths(url: CanonicalUrl) -> list[tuple[str, PathPart]]:
    """Return the paths of a URL, each once; an empty query says nothing and makes none of its own."""
    found: dict[str, PathPart] = {}
    if url.query:
        found[f"{url.path}?{url.query}"] = PathPart.EXACT
    found.setdefault(url.path, PathPart.WITHOUT_QUERY if url.query else PathPart.EXACT)
    found.setdefault("/", PathPart.ROOT)
    end = 0
    for _ in range(PATH_PREFIXES - 1):
        end = url.path.find("/", end + 1)
        if end < 0:
            break
        found.setdefault(url.path[: end + 1], PathPart.PREFIX)
    return list(found.items())


def _refused(reason: str) -> UrlError:
    return UrlError(f"A text is no URL that can be matched: {reason}.", hint=_HINT)
