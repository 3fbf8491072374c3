"""Find the URLs in the bytes of a file: text in UTF-8, UTF-16 or a legacy encoding, or any other content.

A URL is found by `http://`, `https://`, `ftp://` (also with slashes as JSON escapes them) or `www.`; a host without
any of these is not. It ends where text ends it, see `_url_text`. What was found is canonical, each URL once.
"""

import codecs
import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rempart.fingerprint._url_text import ends_within, readings
from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.urls import canonical_url, expressions

MOST_URLS: Final = 50_000
"""Different URLs that are kept of one file."""

MOST_BYTES: Final = 16 << 20
"""Bytes of all of them together with their hashes."""

MOST_WORK: Final = 16_000_000
"""Signs of URLs in one file that are looked at; one that begins a URL counts `_WORK_OF_A_URL` and by its length."""

LONGEST_FOUND: Final = 4096
"""Characters of a URL that are read; of a longer one the beginning, which still leads to its host and folders."""

LONGEST_KEPT: Final = 8192
"""Characters of a URL in canonical form; of a longer one the beginning is taken."""

_MOST_CHARS_OF_A_CHAR: Final = 12
"""Four bytes of UTF-8, each percent-escaped."""
_LOOK_BACK: Final = 16
_LONGEST_REMEMBERED: Final = 256
_USUAL_CHARS: Final = 256
_WORK_OF_A_URL: Final = 16
_CHARS_OF_A_WORK: Final = 16
_PIECE: Final = 1 << 16
_SCHEME_CHARS: Final = 5
_MOST_WITHIN: Final = 16
"""Further URLs that are looked for within one: the address of a page that leads on, or what follows without a sign."""
_WAITING: Final = 2 * LONGEST_FOUND + _LOOK_BACK
_SCHEME: Final = re.compile(r"(?:https?|ftp)\Z", re.IGNORECASE)
_WORD: Final = re.compile(r"[0-9A-Za-z_@./-]\Z")
_MAIL: Final = "message/rfc822"
_DISKS: Final = frozenset(
    f"application/x-{kind}" for kind in ("cpio", "vmdk", "vhd", "vhdx", "qcow")
)
_CLEAR: Final = _DISKS | {
    *(_MAIL, "image/svg+xml", "application/pdf", "application/x-ole-storage"),
    *("application/vnd.ms-tnef", "application/x-windows-thumbcache"),
}
_NARROW: Final = (b"://", rb":\/\/", b"www.", b"WWW.")
_WIDE: Final = (b":\0/\0/", b":\0\\\0/\0\\\0/", b"w\0w\0w\0.", b"W\0W\0W\0.")
_RUN: Final = re.compile(rb"[^\x00-\x20\x7f\"<>`]+")


@dataclass(frozen=True, slots=True)
class FoundUrl:
    """One URL of a file.

    Attributes:
        url: in canonical form.
        digests: the hash of each of its expressions, 32 bytes, one behind the other.
        times: how often it stands there.
    """

    url: str
    digests: bytes
    times: int


@dataclass(frozen=True, slots=True)
class FoundUrls:
    """The URLs of a file, in the order of their first places; `is_complete` tells whether no limit was reached."""

    urls: tuple[FoundUrl, ...]
    is_complete: bool = True


def find_urls(chunks: Iterable[bytes]) -> FoundUrls:
    """Return the URLs in the bytes of a file."""
    finder = UrlFinder()
    for chunk in chunks:
        finder.feed(chunk)
    return finder.found()


def warm_up() -> None:
    """Load the codecs that finding URLs uses, which are files that a sandboxed worker could not open later."""
    text = "http://www.\u00fc.example/\u00fc"
    for encoding in ("utf-8", "utf-16-le", "utf-16", "latin-1"):
        find_urls([text.encode(encoding)])
    find_urls([codecs.BOM_UTF16_BE + text.encode("utf-16-be")])


def holds_clear_text(media_type: str | None) -> bool:
    """Tell whether content of a type may hold URLs that are not packed, encoded or drawn."""
    return media_type is None or media_type.startswith("text/") or media_type in _CLEAR


def finder_for(media_type: str | None) -> "UrlFinder | MailUrlFinder":
    """Return what finds URLs in content of a type."""
    return MailUrlFinder() if media_type == _MAIL else UrlFinder()


class UrlFinder:
    """Takes a file piece by piece; holds little more than one piece and what it found."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held = b""
        self._done = 0
        self._size = 0
        self._counts: dict[str, int] = {}
        self._digests: dict[str, bytes] = {}
        self._urls: dict[str, str | None] = {}
        self._work_left = MOST_WORK
        self._end_of_last = 0
        self._within_last = 0
        self._is_full = False
        self._is_big_endian: bool | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, of any length."""
        if self._is_big_endian is None and chunk:
            self._is_big_endian = chunk.startswith(codecs.BOM_UTF16_BE)
        if not self._is_full:
            self._held += chunk
            if len(self._held) >= _PIECE + _WAITING:
                self._search(len(self._held) - _WAITING)

    def found(self) -> FoundUrls:
        """Return what was found; the end of the file is reached."""
        self._search(len(self._held))
        urls = (FoundUrl(url, self._digests[url], times) for url, times in self._counts.items())
        return FoundUrls(tuple(urls), is_complete=not self._is_full)

    def _search(self, end: int) -> None:
        """Look at every place before an offset that was not looked at yet, and let go of what lies before it."""
        if end <= self._done:
            return
        for offset, sign in self._signs(self._done, end):
            self._work_left -= 1
            if self._is_full or self._work_left < 0:
                self._is_full = True
                break
            self._look(offset, sign)
        keep = max(0, end - _LOOK_BACK)
        self._held = self._held[keep:]
        self._done = end - keep
        self._end_of_last -= keep

    def _signs(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the signs of URLs that begin between two offsets, in their order."""
        wide = _WIDE if self._held.find(b"\0", start) >= 0 else ()
        return heapq.merge(*(self._occurrences(sign, start, end) for sign in (*_NARROW, *wide)))

    def _occurrences(self, sign: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        # One sign cannot begin twice within itself, so that going on behind it misses none.
        offset = self._held.find(sign, start)
        while 0 <= offset < end:
            yield offset, sign
            offset = self._held.find(sign, offset + len(sign))

    def _look(self, offset: int, sign: bytes) -> None:
        """Take what stands at a sign, if it is a URL; of those within another only a few."""
        is_within = offset < self._end_of_last
        if is_within and self._within_last >= _MOST_WITHIN:
            return
        first, encoding = (offset, "") if sign in _NARROW else self._wide(offset, len(sign))
        width = 2 if encoding else 1
        begin = first - width * min(first // width, _SCHEME_CHARS + 1)
        back = self._held[begin:first].decode(encoding or "latin-1", "replace")
        scheme = _scheme(back) if b":" in sign else ""
        if scheme is None or (not scheme and _WORD.search(back) is not None):
            return
        behind = self._wide_run(first, encoding) if encoding else self._narrow_run(first)
        if not scheme and not behind[len("www.") :][:1].isalnum():
            return
        self._work_left -= _WORK_OF_A_URL + len(behind) // _CHARS_OF_A_WORK
        self._within_last = self._within_last + 1 if is_within else 0
        longest = self._count(scheme + behind, back[: len(back) - len(scheme)][-1:])
        if not is_within:
            self._end_of_last = first + width * (longest - len(scheme))

    def _narrow_run(self, first: int) -> str:
        """Return the text from an offset on in UTF-8, or in the usual encoding of one byte."""
        run = _RUN.match(self._held, first, first + LONGEST_FOUND)
        found = b"" if run is None else run[0]
        try:
            return found.decode()
        except UnicodeDecodeError:
            return _cut_or_legacy(found)

    def _wide(self, offset: int, length: int) -> tuple[int, str]:
        """Return where the first character of a sign in UTF-16 begins, and the order of its bytes.

        Of text in ASCII either order gives the same.
        """
        is_little = self._held[offset + length : offset + length + 1] == b"\0"
        if (is_little and not self._is_big_endian) or not offset:
            return offset, "utf-16-le"
        return offset - 1, "utf-16-be"

    def _wide_run(self, first: int, encoding: str) -> str:
        """Return the text from an offset on in UTF-16: a piece that most URLs are shorter than, where that will do."""
        text = self._held[first : first + 2 * _USUAL_CHARS].decode(encoding, "replace")
        if ends_within(text):
            return text
        return self._held[first : first + 2 * LONGEST_FOUND].decode(encoding, "replace")

    def _count(self, text: str, before: str) -> int:
        """Count what a text may be the URL of; return how many of its characters belong to that."""
        seen: set[str] = set()
        longest = 0
        for reading in readings(text, before):
            longest = max(longest, len(reading))
            url = self._understood(reading)
            if url is not None and url not in seen:
                seen.add(url)
                self._counts[url] = self._counts.get(url, 0) + 1
        return longest

    def _understood(self, reading: str) -> str | None:
        """Return the canonical form of a URL that is kept."""
        known = self._urls.get(reading)
        if known is not None or reading in self._urls:
            return known
        try:
            url = canonical_url(reading)
            if len(url.text) > LONGEST_KEPT:
                url = canonical_url(reading[: LONGEST_KEPT // _MOST_CHARS_OF_A_CHAR])
        except UrlError:
            self._remember(reading, None)
            return None
        if url.text not in self._digests:
            if len(self._digests) >= MOST_URLS or self._size >= MOST_BYTES:
                self._is_full = True
                return None
            digests = b"".join(each.sha256 for each in expressions(url))
            self._digests[url.text] = digests
            self._size += len(url.text) + len(digests)
        self._remember(reading, url.text)
        return url.text

    def _remember(self, reading: str, url: str | None) -> None:
        if len(self._urls) < MOST_URLS and len(reading) <= _LONGEST_REMEMBERED:
            self._urls[reading] = url


class MailUrlFinder:
    """Takes a message piece by piece, as it stands and with quoted-printable undone: any part may be in it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._as_it_stands = UrlFinder()
        self._undone = UrlFinder()
        self._held = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, of any length."""
        self._as_it_stands.feed(chunk)
        held = self._held + chunk
        cut = len(held) - 2 if b"=" in held[-2:] else len(held)
        self._held = held[cut:]
        self._undone.feed(_without_quoting(held[:cut]))

    def found(self) -> FoundUrls:
        """Return what was found; the end of the message is reached."""
        self._undone.feed(_without_quoting(self._held))
        plain, undone = self._as_it_stands.found(), self._undone.found()
        kept: dict[str, FoundUrl] = {}
        room = MOST_BYTES
        for each in (*undone.urls, *plain.urls):
            if each.url not in kept:
                room -= len(each.url) + len(each.digests)
            if room < 0 or len(kept) >= MOST_URLS:
                return FoundUrls(tuple(kept.values()), is_complete=False)
            kept[each.url] = each
        return FoundUrls(tuple(kept.values()), plain.is_complete and undone.is_complete)


def _without_quoting(text: bytes) -> bytes:
    """Undo what quoted-printable does to a URL: lines that are broken, and the sign that it quotes with."""
    return text.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"=3D", b"=")


def _cut_or_legacy(run: bytes) -> str:
    """Return a run that is no UTF-8: as such where only its last character was cut, else in the usual encoding."""
    for cut in range(1, 4) if len(run) == LONGEST_FOUND else ():
        try:
            return run[:-cut].decode()
        except UnicodeDecodeError:
            continue
    return run.decode("cp1252", "replace")


def _scheme(back: str) -> str | None:
    """Return the scheme that a text ends with; None where it is none that is looked for."""
    found = _SCHEME.search(back)
    return None if found is None else found[0]
